/** Options of {@link conformalThreshold}. */
export interface ConformalOptions {
  /** The probability with which a new point must be accepted, between 0 and 1, such as 0.95. */
  readonly coverage: number;
}

/** The scores in increasing order; a NaN among them, which comes last, spoils every conclusion. */
function sortedScores(where: string, scores: ArrayLike<number>): Float64Array {
  if (scores.length === 0) {
    throw new RangeError(
      `${where}: expected at least one calibration score, got none. Score points not used in training.`,
    );
  }
  return new Float64Array(scores).sort();
}

/**
 * The threshold that a new point of the same distribution stays below with a guaranteed probability.
 *
 * The $`\lceil (n + 1)\, c \rceil`$-th smallest of `n` calibration scores. If the calibration points and the new point are
 * exchangeable (independent draws of one distribution, say), a new score is at most the threshold with a probability of at
 * least the coverage `c`, and at most $`c + 1 / (n + 1)`$ without ties, for every `n`, whatever the score is worth; the
 * probability is over both the calibration and the new point. With too few scores the threshold is `Infinity`: nothing
 * can be refused. Cost: one sort.
 *
 * @param scores - scores of points that were not used in training, higher for stranger points, such as energies
 * @param options - the coverage
 * @returns the threshold, in the unit of the scores: accept a point whose score is at most that; NaN when a score is NaN
 * @throws RangeError when there is no score or the coverage is not between 0 and 1
 * @example
 * ```ts
 * const threshold = conformalThreshold(energiesOfHeldOutData, { coverage: 0.95 });
 * const isStrange = energyOfNewPoint > threshold;
 * ```
 * @see Vovk, Gammerman and Shafer 2005, doi:10.1007/b106715; Lei and others 2018, doi:10.1080/01621459.2017.1307116
 */
export function conformalThreshold(scores: ArrayLike<number>, options: ConformalOptions): number {
  const { coverage } = options;
  if (!(coverage > 0 && coverage < 1)) {
    throw new RangeError(
      `conformalThreshold: expected a coverage strictly between 0 and 1, got ${coverage}. Write 95% as 0.95.`,
    );
  }
  const ordered = sortedScores('conformalThreshold', scores);
  const n = ordered.length;
  if (Number.isNaN(ordered[n - 1])) return Number.NaN;
  // The product is a whole number for the usual coverages; its rounding error must not cost a rank.
  const rank = Math.max(Math.ceil((n + 1) * coverage - 1e-12 * (n + 1)), 1);
  return rank > n ? Infinity : (ordered[rank - 1] as number);
}

/**
 * Conformal p-values: how unusual each new score is among the calibration scores.
 *
 * $`(1 + \#\{i : s_i \ge s\}) / (n + 1)`$. For a new point exchangeable with the calibration points the p-value is at most
 * $`\alpha`$ with probability at most $`\alpha`$. Refusing where it is at most $`\alpha`$ is refusing above the
 * {@link conformalThreshold} of coverage $`1 - \alpha`$, up to ties. P-values of several points share the calibration
 * scores and are not independent. Cost: one sort, and a bisection for each score.
 *
 * @param calibration - scores of points that were not used in training, higher for stranger points
 * @param scores - the new scores
 * @returns one p-value for each new score, from `1 / (n + 1)` to 1; NaN for a NaN score, all NaN for a NaN calibration score
 * @throws RangeError when there is no calibration score
 * @example
 * ```ts
 * conformalPValues([1, 2, 3], [2.5, 9]); // [0.5, 0.25]
 * ```
 * @see Bates, Candès, Lei, Romano and Sesia 2023, doi:10.1214/22-AOS2244
 */
export function conformalPValues(calibration: ArrayLike<number>, scores: ArrayLike<number>): Float64Array {
  const ordered = sortedScores('conformalPValues', calibration);
  const n = ordered.length;
  const isSpoilt = Number.isNaN(ordered[n - 1]);
  return new Float64Array(scores).map((score) => {
    if (isSpoilt || Number.isNaN(score)) return Number.NaN;
    let [low, high] = [0, n];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ordered[middle] as number) < score) low = middle + 1;
      else high = middle;
    }
    return (1 + n - low) / (n + 1);
  });
}
