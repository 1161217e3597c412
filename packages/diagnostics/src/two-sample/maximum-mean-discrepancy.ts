import { checkCount } from '../numerics/check-count.js';
import { normalSurvival } from '../numerics/incomplete-gamma.js';
import { joinPoints, type Points, readPoints, squaredDistance } from '../numerics/points.js';
import {
  type PairSums,
  type PermutationOptions,
  pairStatistics,
  type ResamplingTest,
  resamplingTest,
} from './permutation-test.js';
import { type KernelOptions, type RadialKernel, radialKernel } from './radial-kernel.js';

/** Options of {@link linearMaximumMeanDiscrepancy}. */
export interface LinearDiscrepancyOptions extends KernelOptions {
  /** Number of coordinates of each point. */
  readonly dimension: number;
}

/** Options of {@link maximumMeanDiscrepancy}. */
export interface DiscrepancyOptions extends LinearDiscrepancyOptions {
  /**
   * `unbiased`, the default, leaves out the pairs of a point with itself and may be negative; `biased` keeps them, is never
   * negative, and is 0 for equal samples.
   */
  readonly estimator?: 'unbiased' | 'biased';
}

/** Options of {@link maximumMeanDiscrepancyTest}. */
export interface DiscrepancyTestOptions extends DiscrepancyOptions, PermutationOptions {}

/** An estimate with its asymptotic standard error and one-sided p-value. */
export interface NormalTest {
  /** The estimate. */
  readonly statistic: number;
  /** Its standard error. */
  readonly standardError: number;
  /** The probability of an estimate at least as large when the samples have one distribution, from the normal limit. */
  readonly pValue: number;
}

interface Samples {
  readonly points: Points;
  readonly sizes: readonly [number, number];
  readonly kernel: RadialKernel;
}

function readSamples(
  where: string,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: LinearDiscrepancyOptions,
): Samples {
  const [first, second] = [
    readPoints(where, 'x', x, options.dimension, 2),
    readPoints(where, 'y', y, options.dimension, 2),
  ];
  const points = joinPoints(first, second);
  return { points, sizes: [first.count, second.count], kernel: radialKernel(where, options, () => points) };
}

function estimate(where: string, [n, m]: readonly [number, number], estimator: string): (sums: PairSums) => number {
  if (estimator === 'unbiased') {
    return ({ within, withinOther, between }) =>
      (2 * within) / (n * (n - 1)) + (2 * withinOther) / (m * (m - 1)) - (2 * between) / (n * m);
  }
  if (estimator !== 'biased') {
    throw new RangeError(
      `${where}: expected the estimator 'unbiased' or 'biased', got '${estimator}'. Choose one of them.`,
    );
  }
  return ({ within, withinOther, between }) =>
    (2 * within + n) / (n * n) + (2 * withinOther + m) / (m * m) - (2 * between) / (n * m);
}

function statistics(
  where: string,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: DiscrepancyOptions,
  relabel?: { readonly permutations: number; readonly seed: number },
): Float64Array {
  const { points, sizes, kernel } = readSamples(where, x, y, options);
  return pairStatistics(
    sizes,
    (i, j) => kernel.value(squaredDistance(points, i, points, j)),
    estimate(where, sizes, options.estimator ?? 'unbiased'),
    relabel && { where, ...relabel },
  );
}

/**
 * The squared maximum mean discrepancy: how far apart two samples are, as a kernel sees them.
 *
 * ```math
 * \mathrm{MMD}^2 = \mathbb{E}\, k(X, X') + \mathbb{E}\, k(Y, Y') - 2\, \mathbb{E}\, k(X, Y)
 * ```
 *
 * It is 0 only when the distributions are equal. `unbiased` is the estimate of lemma 6 of the reference (a U-statistic),
 * `biased` that of its equation 5 (a V-statistic). The default kernel is the inverse multiquadric with the median distance
 * of all points; several bandwidths are averaged. Cost: order `(n + m)^2` kernels; memory: order `n + m`. For long streams
 * there is {@link linearMaximumMeanDiscrepancy}; without a kernel to choose, `energyDistance`.
 *
 * @param x - the first sample, flat and row-major, of shape `[n, dimension]`, at least two points
 * @param y - the second sample, of shape `[m, dimension]`
 * @param options - dimension, kernel, bandwidths and estimator
 * @returns the squared discrepancy, without unit; NaN when a coordinate is NaN
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit, a sample has fewer than two points, or a bandwidth is not positive
 * @example
 * ```ts
 * maximumMeanDiscrepancy([0, 1, 2, 3], [5, 6, 7, 8], { dimension: 1, kernel: 'rbf', bandwidths: [1, 4] });
 * ```
 * @see Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, https://jmlr.org/papers/v13/gretton12a.html
 */
export function maximumMeanDiscrepancy(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: DiscrepancyOptions,
): number {
  return statistics('maximumMeanDiscrepancy', x, y, options)[0] as number;
}

/**
 * Tests whether two samples have one distribution, by the maximum mean discrepancy and random relabellings.
 *
 * Under the hypothesis all relabellings of the points are equally likely, so that the p-value is exact for independent
 * points: it is at most $`\alpha`$ with probability at most $`\alpha`$. The draws of one chain are not independent; thin
 * them by their autocorrelation time. Each kernel is evaluated once and serves all relabellings. Cost: order
 * `(n + m)^2 * permutations` additions; memory: order `(n + m) * permutations`.
 *
 * @param x - the first sample, flat and row-major, of shape `[n, dimension]`, at least two points
 * @param y - the second sample, of shape `[m, dimension]`
 * @param options - as for {@link maximumMeanDiscrepancy}, with the number of permutations and a seed
 * @returns the squared discrepancy, its p-value, and the relabelled ones
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit, a sample has fewer than two points, or an option is out of range
 * @example
 * ```ts
 * const { pValue } = maximumMeanDiscrepancyTest(generated, data, { dimension: 2, permutations: 499, seed: 1 });
 * ```
 * @see Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, https://jmlr.org/papers/v13/gretton12a.html
 */
export function maximumMeanDiscrepancyTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: DiscrepancyTestOptions,
): ResamplingTest {
  const { permutations = 999, seed } = options;
  checkCount('maximumMeanDiscrepancyTest', 'permutations', permutations);
  return resamplingTest(statistics('maximumMeanDiscrepancyTest', x, y, options, { permutations, seed }));
}

/**
 * The squared maximum mean discrepancy from disjoint pairs of neighbours, in linear time.
 *
 * The mean of $`k(x, x') + k(y, y') - k(x, y') - k(x', y)`$ over pairs of consecutive points: unbiased, noisier than
 * {@link maximumMeanDiscrepancy}, and normal for many pairs, which gives the p-value without resampling. Points left over
 * when the samples differ in length are not used. Cost: order `n`, and a bandwidth from at most 1000 points.
 *
 * @param x - the first sample, flat and row-major, of shape `[n, dimension]`, of independent points, at least four
 * @param y - the second sample, of shape `[m, dimension]`
 * @param options - dimension, kernel and bandwidths
 * @returns the estimate, its standard error, and the p-value of equal distributions
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit, a sample has fewer than four points, or a bandwidth is not positive
 * @example
 * ```ts
 * const { statistic, standardError } = linearMaximumMeanDiscrepancy(generated, data, { dimension: 784 });
 * ```
 * @see Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, section 6, https://jmlr.org/papers/v13/gretton12a.html
 */
export function linearMaximumMeanDiscrepancy(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: LinearDiscrepancyOptions,
): NormalTest {
  const where = 'linearMaximumMeanDiscrepancy';
  const { points, sizes, kernel } = readSamples(where, x, y, options);
  const pairs = Math.floor(Math.min(sizes[0], sizes[1]) / 2);
  if (pairs < 2) {
    throw new RangeError(`${where}: expected at least 4 points in each sample, got ${sizes.join(' and ')}. Draw more.`);
  }
  const between = (i: number, j: number) => kernel.value(squaredDistance(points, i, points, j));
  let mean = 0;
  let squares = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const [a, b] = [2 * pair, 2 * pair + 1];
    const [c, d] = [sizes[0] + a, sizes[0] + b];
    const value = between(a, b) + between(c, d) - between(a, d) - between(b, c);
    const deviation = value - mean;
    mean += deviation / (pair + 1);
    squares += deviation * (value - mean);
  }
  const standardError = Math.sqrt(squares / (pairs - 1) / pairs);
  return { statistic: mean, standardError, pValue: normalSurvival(mean / standardError) };
}
