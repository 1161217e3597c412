import { randomStream, shuffle } from '../numerics/random-stream.js';
import { quadraticForms } from './quadratic-forms.js';

/** Options of a permutation test. */
export interface PermutationOptions {
  /** Number of random relabellings of the points; 999 by default. The smallest p-value is `1 / (permutations + 1)`. */
  readonly permutations?: number;
  /** A whole number that fixes the relabellings. */
  readonly seed: number;
}

/** A test by comparison with the statistic of data made under the hypothesis. */
export interface ResamplingTest {
  /** The statistic of the data. */
  readonly statistic: number;
  /** The share of statistics, that of the data among them, which are at least that of the data. NaN when that is NaN. */
  readonly pValue: number;
  /** The statistic of each resampling, in the order in which they were made. */
  readonly resampled: Float64Array;
}

/** Sums of a symmetric function over the pairs within and between two samples. */
export interface PairSums {
  /** Sum over the pairs of two different points of the first sample, each pair once. */
  readonly within: number;
  /** Sum over the pairs of two different points of the second sample, each pair once. */
  readonly withinOther: number;
  /** Sum over the pairs with one point of each sample. */
  readonly between: number;
}

/**
 * The share of statistics at least as large as the first, itself among them.
 *
 * @param statistics - the statistic of the data, then the resampled ones
 * @returns the test
 */
export function resamplingTest(statistics: Float64Array): ResamplingTest {
  const statistic = statistics[0] as number;
  const atLeast = statistics.reduce((count, value) => count + (value >= statistic ? 1 : 0), 0);
  return {
    statistic,
    pValue: Number.isNaN(statistic) ? Number.NaN : atLeast / statistics.length,
    resampled: statistics.slice(1),
  };
}

/**
 * The statistic of two samples, and of random relabellings of their points.
 *
 * @param sizes - number of points of the first and of the second sample, whose indices follow each other
 * @param pair - the symmetric function of two indices
 * @param statistic - the statistic from the sums of the function over pairs
 * @param relabel - number of relabellings and seed; without it, the samples alone
 * @returns the statistic of the samples, then that of each relabelling
 */
export function pairStatistics(
  sizes: readonly [number, number],
  pair: (i: number, j: number) => number,
  statistic: (sums: PairSums) => number,
  relabel?: { readonly where: string; readonly permutations: number; readonly seed: number },
): Float64Array {
  const count = sizes[0] + sizes[1];
  const columns = 1 + (relabel?.permutations ?? 0);
  const labels = new Uint8Array(count).fill(1, 0, sizes[0]);
  const weights = new Float64Array(count * columns);
  const random = relabel ? randomStream(relabel.where, relabel.seed) : undefined;
  for (let b = 0; b < columns; b++) {
    if (b > 0 && random) shuffle(random, labels);
    for (let i = 0; i < count; i++) weights[i * columns + b] = labels[i] as number;
  }
  const { forms, degrees } = quadraticForms(count, pair, weights);
  const total = degrees.reduce((sum, degree) => sum + degree, 0) / 2;
  return forms.map((within, b) => {
    let labelled = 0;
    for (let i = 0; i < count; i++) labelled += (weights[i * columns + b] as number) * (degrees[i] as number);
    return statistic({ within, between: labelled - 2 * within, withinOther: total - labelled + within });
  });
}
