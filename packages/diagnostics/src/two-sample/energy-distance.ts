import { checkCount } from '../numerics/check-count.js';
import { allFinite, joinPoints, readPoints, squaredDistance } from '../numerics/points.js';
import {
  type PairSums,
  type PermutationOptions,
  pairStatistics,
  type ResamplingTest,
  resamplingTest,
} from './permutation-test.js';

/** Options of {@link energyDistance}. */
export interface EnergyDistanceOptions {
  /** Number of coordinates of each point. */
  readonly dimension: number;
}

/** Options of {@link energyDistanceTest}. */
export interface EnergyDistanceTestOptions extends EnergyDistanceOptions, PermutationOptions {}

/** The distance from sums of distances. Its square is never negative but for rounding, which must not reach the root. */
function distanceOfSums(n: number, m: number): (sums: PairSums) => number {
  return ({ within, withinOther, between }) =>
    Math.sqrt(Math.max((2 * between) / (n * m) - (2 * within) / (n * n) - (2 * withinOther) / (m * m), 0));
}

/** In one dimension the distance is $`\sqrt{2 \int (F - G)^2}`$ of the distribution functions, which sorting gives. */
function distanceOfNumbers(x: Float64Array, y: Float64Array): number {
  x.sort();
  y.sort();
  let [i, j] = [0, 0];
  let last = 0;
  let integral = 0;
  while (i < x.length || j < y.length) {
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity);
    const apart = i / x.length - j / y.length;
    if (i + j > 0) integral += apart * apart * (next - last);
    while (i < x.length && x[i] === next) i++;
    while (j < y.length && y[j] === next) j++;
    last = next;
  }
  return Math.sqrt(2 * integral);
}

/**
 * The energy distance of two samples: a distance between distributions that needs no kernel to choose.
 *
 * ```math
 * D = \sqrt{2\, \mathbb{E} \lVert X - Y \rVert - \mathbb{E} \lVert X - X' \rVert - \mathbb{E} \lVert Y - Y' \rVert}
 * ```
 *
 * with the expectations over the two empirical distributions, pairs of a point with itself included: never negative, 0
 * only for equal samples, a metric, and biased upwards for finite samples. In one dimension it equals SciPy's
 * `energy_distance`, which is also the root (other authors call the square the energy distance). Cost: order `n log n` in
 * one dimension; order `(n + m)^2` distances and no matrix otherwise.
 *
 * @param x - the first sample, flat and row-major, of shape `[n, dimension]`
 * @param y - the second sample, of shape `[m, dimension]`
 * @param options - the dimension
 * @returns a distance, in the square root of the unit of the points; NaN when a coordinate is NaN or infinite
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit or a sample is empty
 * @example
 * ```ts
 * energyDistance([0, 1], [2, 3], { dimension: 1 }); // the root of 3
 * ```
 * @see Székely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018
 */
export function energyDistance(x: ArrayLike<number>, y: ArrayLike<number>, options: EnergyDistanceOptions): number {
  const [first, second] = [
    readPoints('energyDistance', 'x', x, options.dimension),
    readPoints('energyDistance', 'y', y, options.dimension),
  ];
  if (!allFinite(first) || !allFinite(second)) return Number.NaN;
  if (options.dimension === 1) return distanceOfNumbers(first.values, second.values);
  const points = joinPoints(first, second);
  return pairStatistics(
    [first.count, second.count],
    (i, j) => Math.sqrt(squaredDistance(points, i, points, j)),
    distanceOfSums(first.count, second.count),
  )[0] as number;
}

/**
 * Tests whether two samples have one distribution, by the energy distance and random relabellings.
 *
 * The p-value is exact for independent points, as that of `maximumMeanDiscrepancyTest`, and there is no kernel to choose.
 * Cost: order `(n + m)^2 * permutations` additions; memory: order `(n + m) * permutations`.
 *
 * @param x - the first sample, flat and row-major, of shape `[n, dimension]`
 * @param y - the second sample, of shape `[m, dimension]`
 * @param options - the dimension, the number of permutations and a seed
 * @returns the energy distance, its p-value, and the relabelled ones
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit, a sample is empty, or an option is out of range
 * @example
 * ```ts
 * const { pValue } = energyDistanceTest(generated, data, { dimension: 2, permutations: 499, seed: 1 });
 * ```
 * @see Székely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018
 */
export function energyDistanceTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: EnergyDistanceTestOptions,
): ResamplingTest {
  const where = 'energyDistanceTest';
  const { dimension, permutations = 999, seed } = options;
  checkCount(where, 'permutations', permutations);
  const [first, second] = [readPoints(where, 'x', x, dimension), readPoints(where, 'y', y, dimension)];
  const points = joinPoints(first, second);
  return resamplingTest(
    pairStatistics(
      [first.count, second.count],
      (i, j) => Math.sqrt(squaredDistance(points, i, points, j)),
      distanceOfSums(first.count, second.count),
      { where, permutations, seed },
    ),
  );
}
