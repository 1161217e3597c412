import { cumulativeCounts, type ScoredClasses } from './scored-classes.js';

/** A receiver operating characteristic, one entry per threshold, from the strictest to the laxest. */
export interface RocCurve {
  /** The thresholds: `Infinity`, then every different score in decreasing order. */
  readonly thresholds: Float64Array;
  /** Share of the negatives that score at least the threshold. */
  readonly falsePositiveRate: Float64Array;
  /** Share of the positives that score at least the threshold. */
  readonly truePositiveRate: Float64Array;
}

/**
 * The receiver operating characteristic: which share of negatives one must accept to accept a share of positives.
 *
 * Equal scores form one step, as they cannot be told apart. Equal to scikit-learn's
 * `roc_curve(drop_intermediate=False)`. Cost: two sorts.
 *
 * @param scores - the scores of both classes
 * @returns the curve, from (0, 0) to (1, 1); one entry of NaN when a score is NaN
 * @throws RangeError when a class is empty
 * @example
 * ```ts
 * const { falsePositiveRate, truePositiveRate } = rocCurve({ positives: [3, 2, 2], negatives: [1, 2] });
 * ```
 * @see Fawcett 2006, doi:10.1016/j.patrec.2005.10.010
 */
export function rocCurve(scores: ScoredClasses): RocCurve {
  const counts = cumulativeCounts('rocCurve', scores);
  if (!counts) {
    const undefinedRate = () => Float64Array.of(Number.NaN);
    return { thresholds: undefinedRate(), falsePositiveRate: undefinedRate(), truePositiveRate: undefinedRate() };
  }
  return {
    thresholds: startingWith(Infinity, counts.thresholds),
    falsePositiveRate: startingWith(0, counts.falsePositives).map((count) => count / scores.negatives.length),
    truePositiveRate: startingWith(0, counts.truePositives).map((count) => count / scores.positives.length),
  };
}

function startingWith(first: number, rest: Float64Array): Float64Array {
  const all = new Float64Array(rest.length + 1).fill(first);
  all.set(rest, 1);
  return all;
}

/**
 * The area under the receiver operating characteristic: the probability that a positive scores above a negative.
 *
 * Equal scores count one half: the Mann-Whitney statistic over the number of pairs, one half for scores without
 * information. Equal to scikit-learn's `roc_auc_score`. It does not depend on how frequent the classes are; {@link aupr}
 * does. Cost: two sorts.
 *
 * @param scores - the scores of both classes
 * @returns a probability; NaN when a score is NaN
 * @throws RangeError when a class is empty
 * @example
 * ```ts
 * auroc({ positives: [3, 2, 2], negatives: [1, 2] }); // 5 / 6
 * ```
 * @see Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747
 */
export function auroc(scores: ScoredClasses): number {
  const counts = cumulativeCounts('auroc', scores);
  if (!counts) return Number.NaN;
  const { truePositives, falsePositives } = counts;
  let doubled = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const before = i > 0 ? i - 1 : -1;
    const width = (falsePositives[i] as number) - (falsePositives[before] ?? 0);
    doubled += width * ((truePositives[i] as number) + (truePositives[before] ?? 0));
  }
  return doubled / (2 * scores.positives.length * scores.negatives.length);
}

/**
 * The area under the precision-recall curve, as the average precision.
 *
 * $`\sum_i (R_i - R_{i-1}) P_i`$ over the thresholds, with recall `R` (the share of positives accepted) and precision `P`
 * (the share of positives among what is accepted); no interpolation, which would be optimistic. Equal to scikit-learn's
 * `average_precision_score`. Scores without information give the share of positives. Cost: two sorts.
 *
 * @param scores - the scores of both classes
 * @returns a number between 0 and 1; NaN when a score is NaN
 * @throws RangeError when a class is empty
 * @example
 * ```ts
 * aupr({ positives: [3, 2, 2], negatives: [1, 2] }); // (1 + 3 / 4 * 2) / 3
 * ```
 * @see Davis and Goadrich 2006, doi:10.1145/1143844.1143874
 */
export function aupr(scores: ScoredClasses): number {
  const counts = cumulativeCounts('aupr', scores);
  if (!counts) return Number.NaN;
  let area = 0;
  counts.truePositives.forEach((accepted, i) => {
    const gained = accepted - (counts.truePositives[i - 1] ?? 0);
    area += (gained * accepted) / (accepted + (counts.falsePositives[i] as number));
  });
  return area / scores.positives.length;
}

/**
 * The false positive rate at the strictest threshold that accepts at least 95% of the positives (FPR95).
 *
 * In work on out-of-distribution detection the positives are the data. No interpolation: the value is an entry of
 * {@link rocCurve}. Cost: two sorts.
 *
 * @param scores - the scores of both classes
 * @returns the share of negatives that are accepted; NaN when a score is NaN
 * @throws RangeError when a class is empty
 * @example
 * ```ts
 * const score = (energies: Float32Array) => energies.map((energy) => -energy);
 * falsePositiveRateAt95({ positives: score(energiesOfData), negatives: score(energiesOfOutliers) });
 * ```
 * @see Liu, Wang, Owens and Li 2020, arXiv:2010.03759
 */
export function falsePositiveRateAt95(scores: ScoredClasses): number {
  const counts = cumulativeCounts('falsePositiveRateAt95', scores);
  if (!counts) return Number.NaN;
  const first = counts.truePositives.findIndex((count) => count / scores.positives.length >= 0.95);
  return (counts.falsePositives[first] as number) / scores.negatives.length;
}
