/** The scores of two classes, of which the higher ones should be those of the positives. */
export interface ScoredClasses {
  /**
   * Scores of the positives. To judge an energy as a detector, take the data as positives with minus the energy as score, or
   * the outliers as positives with the energy as score.
   */
  readonly positives: ArrayLike<number>;
  /** Scores of the negatives. */
  readonly negatives: ArrayLike<number>;
}

/** How many of each class score at least each threshold. */
export interface CumulativeCounts {
  /** The different scores, in decreasing order. */
  readonly thresholds: Float64Array;
  /** Number of positives with at least that score. */
  readonly truePositives: Float64Array;
  /** Number of negatives with at least that score. */
  readonly falsePositives: Float64Array;
}

/**
 * Counts both classes from the highest score down, equal scores together. Cost: two sorts.
 *
 * @param where - name of the calling function, which starts the error message
 * @param scores - the scores of both classes
 * @returns the counts; undefined when a score is NaN
 * @throws RangeError when a class is empty
 */
export function cumulativeCounts(where: string, scores: ScoredClasses): CumulativeCounts | undefined {
  const positives = new Float64Array(scores.positives).sort();
  const negatives = new Float64Array(scores.negatives).sort();
  if (positives.length === 0 || negatives.length === 0) {
    throw new RangeError(
      `${where}: expected scores of both classes, got ${positives.length} positives and ${negatives.length} negatives. ` +
        'Pass { positives, negatives } with at least one score each.',
    );
  }
  let [i, j] = [positives.length - 1, negatives.length - 1];
  if (Number.isNaN(positives[i]) || Number.isNaN(negatives[j])) return undefined;
  const [thresholds, truePositives, falsePositives]: [number[], number[], number[]] = [[], [], []];
  while (i >= 0 || j >= 0) {
    const threshold = Math.max(positives[i] ?? -Infinity, negatives[j] ?? -Infinity);
    while (i >= 0 && positives[i] === threshold) i--;
    while (j >= 0 && negatives[j] === threshold) j--;
    thresholds.push(threshold);
    truePositives.push(positives.length - 1 - i);
    falsePositives.push(negatives.length - 1 - j);
  }
  return {
    thresholds: Float64Array.from(thresholds),
    truePositives: Float64Array.from(truePositives),
    falsePositives: Float64Array.from(falsePositives),
  };
}
