import { checkCount } from '../numerics/check-count.js';
import { type Points, readPoints, squaredDistance } from '../numerics/points.js';
import { type RandomStream, randomStream } from '../numerics/random-stream.js';
import { type ResamplingTest, resamplingTest } from './permutation-test.js';
import { quadraticForms } from './quadratic-forms.js';
import { type KernelOptions, type RadialKernel, radialKernel } from './radial-kernel.js';

/** Options of {@link kernelSteinDiscrepancy}. */
export interface SteinDiscrepancyOptions extends KernelOptions {
  /** Number of coordinates of each point. */
  readonly dimension: number;
  /**
   * `unbiased`, the default, leaves out the pairs of a point with itself (U-statistic) and may be negative; `biased` keeps
   * them (V-statistic) and is never negative.
   */
  readonly estimator?: 'unbiased' | 'biased';
}

/** Options of {@link kernelSteinDiscrepancyTest}. */
export interface SteinTestOptions extends SteinDiscrepancyOptions {
  /** Number of random sign sequences; 999 by default. The smallest p-value is `1 / (resamplings + 1)`. */
  readonly resamplings?: number;
  /**
   * Probability that the sign changes from one point to the next: 0.5, the default, for independent points; about one over
   * the autocorrelation time, and at most 0.5, for the draws of a chain in their order.
   */
  readonly flipProbability?: number;
  /** A whole number that fixes the signs. */
  readonly seed: number;
}

/** The Stein kernel of two points of the sample. */
function steinKernel(points: Points, scores: Points, kernel: RadialKernel): (i: number, j: number) => number {
  const { values, dimension } = points;
  return (i, j) => {
    let product = 0;
    let slope = 0;
    for (let axis = 0; axis < dimension; axis++) {
      const score = scores.values[i * dimension + axis] as number;
      const other = scores.values[j * dimension + axis] as number;
      const apart = (values[i * dimension + axis] as number) - (values[j * dimension + axis] as number);
      product += score * other;
      slope += (score - other) * apart;
    }
    const square = squaredDistance(points, i, points, j);
    const first = kernel.first(square);
    return product * kernel.value(square) - 2 * first * (slope + dimension) - 4 * kernel.second(square) * square;
  };
}

/** Signs that are 1 for the sample itself (column 0) and change at random from point to point in every other column. */
function signs(count: number, columns: number, flip: number, random: RandomStream): Float64Array {
  const weights = new Float64Array(count * columns).fill(1);
  for (let b = 1; b < columns; b++) {
    let sign = random() < 0.5 ? 1 : -1;
    for (let i = 0; i < count; i++) {
      if (i > 0 && random() < flip) sign = -sign;
      weights[i * columns + b] = sign;
    }
  }
  return weights;
}

function statistics(
  where: string,
  samples: ArrayLike<number>,
  scores: ArrayLike<number>,
  options: SteinDiscrepancyOptions,
  weightsOf: (count: number) => Float64Array,
): Float64Array {
  const { dimension, estimator = 'unbiased' } = options;
  const points = readPoints(where, 'samples', samples, dimension, 2);
  const slopes = readPoints(where, 'scores', scores, dimension, 2);
  if (slopes.count !== points.count) {
    throw new RangeError(
      `${where}: expected the scores of ${points.count} points, got ${slopes.count}. ` +
        'Give the gradient of log p, which is minus that of the energy, at every point.',
    );
  }
  if (estimator !== 'unbiased' && estimator !== 'biased') {
    throw new RangeError(
      `${where}: expected the estimator 'unbiased' or 'biased', got '${String(estimator)}'. Choose one.`,
    );
  }
  const n = points.count;
  const pair = steinKernel(
    points,
    slopes,
    radialKernel(where, options, () => points),
  );
  const { forms } = quadraticForms(n, pair, weightsOf(n));
  if (estimator === 'unbiased') return forms.map((form) => (2 * form) / (n * (n - 1)));
  let diagonal = 0;
  for (let i = 0; i < n; i++) diagonal += pair(i, i);
  return forms.map((form) => (2 * form + diagonal) / (n * n));
}

/**
 * The squared kernel Stein discrepancy: how far samples are from a distribution of which only the score is known.
 *
 * ```math
 * \mathrm{KSD}^2 = \mathbb{E}\left[ s^\top s' k + s^\top \nabla_{x'} k + s'^\top \nabla_x k
 *   + \mathrm{tr}\, \nabla_x \nabla_{x'} k \right], \quad s = \nabla \log p(x) = -\nabla E(x)
 * ```
 *
 * No normaliser and no sample of the distribution is needed. The default kernel is the inverse multiquadric with the median
 * distance of the samples. For distantly dissipative distributions small values then mean weak convergence; with `rbf` they
 * need not, in three dimensions and more. The discrepancy hardly sees the weights of modes that are far apart. Cost: order
 * `n^2` kernels; memory: order `n`. With a sample of the distribution at hand, use `maximumMeanDiscrepancy`.
 *
 * @param samples - the points to judge, flat and row-major, of shape `[n, dimension]`, at least two
 * @param scores - the scores of the distribution at the points, minus the gradient of the energy, of shape `[n, dimension]`
 * @param options - dimension, kernel, bandwidths and estimator
 * @returns the squared discrepancy, in the squared unit of the scores; NaN when a number is NaN
 * @throws TypeError when an array is not flat
 * @throws RangeError when shapes do not fit, there are fewer than two points, or a bandwidth is not positive
 * @example
 * ```ts
 * const samples = [-1.2, -0.3, 0.4, 1.1];
 * const scores = samples.map((x) => -x); // of the standard normal distribution
 * kernelSteinDiscrepancy(samples, scores, { dimension: 1 });
 * ```
 * @see Gorham and Mackey 2017, arXiv:1703.01717
 */
export function kernelSteinDiscrepancy(
  samples: ArrayLike<number>,
  scores: ArrayLike<number>,
  options: SteinDiscrepancyOptions,
): number {
  const ones = (count: number) => new Float64Array(count).fill(1);
  return statistics('kernelSteinDiscrepancy', samples, scores, options, ones)[0] as number;
}

/**
 * Tests whether samples come from the distribution with the given score, by the wild bootstrap.
 *
 * The pairs of the Stein kernel are multiplied by random signs, which keeps the spread that the statistic has under the
 * hypothesis and removes its mean. The level is right for many points (about 50 suffice for a normal distribution), not
 * exact for few. Signs that change rarely keep the dependence of a chain. Cost: order `n^2 * resamplings`
 * additions; memory: order `n * resamplings`.
 *
 * @param samples - the points to judge, flat and row-major, of shape `[n, dimension]`, at least two
 * @param scores - the scores of the distribution at the points, of shape `[n, dimension]`
 * @param options - as for {@link kernelSteinDiscrepancy}, with the number of resamplings, the flip probability and a seed
 * @returns the squared discrepancy, its p-value, and the resampled ones
 * @throws TypeError when an array is not flat
 * @throws RangeError when shapes do not fit, there are fewer than two points, or an option is out of range
 * @example
 * ```ts
 * const { pValue } = kernelSteinDiscrepancyTest(samples, scores, { dimension: 2, resamplings: 499, seed: 1 });
 * ```
 * @see Chwialkowski, Strathmann and Gretton 2016, arXiv:1602.02964
 */
export function kernelSteinDiscrepancyTest(
  samples: ArrayLike<number>,
  scores: ArrayLike<number>,
  options: SteinTestOptions,
): ResamplingTest {
  const where = 'kernelSteinDiscrepancyTest';
  const { resamplings = 999, flipProbability = 0.5, seed } = options;
  checkCount(where, 'resamplings', resamplings);
  if (!(flipProbability > 0 && flipProbability <= 0.5)) {
    throw new RangeError(
      `${where}: expected a flip probability above 0 and at most 0.5, got ${flipProbability}. Use 0.5 for independent points.`,
    );
  }
  const random = randomStream(where, seed);
  return resamplingTest(
    statistics(where, samples, scores, options, (count) => signs(count, 1 + resamplings, flipProbability, random)),
  );
}
