import { checkCount } from '../numerics/check-count.js';
import { inverseNormalCdf } from '../numerics/inverse-normal-cdf.js';
import { allFinite, type Points, readPoints } from '../numerics/points.js';
import { type RandomStream, randomStream } from '../numerics/random-stream.js';

/** Options of {@link slicedWasserstein}. */
export interface SlicedWassersteinOptions {
  /** Number of coordinates of each point. */
  readonly dimension: number;
  /** The exponent `p` of the distance: 1, the default, or 2. */
  readonly order?: 1 | 2;
  /** Number of random directions; 128 by default. One dimension needs none. */
  readonly projections?: number;
  /** A whole number that fixes the directions. */
  readonly seed: number;
}

/** The integral of $`|F^{-1} - G^{-1}|^p`$ of two sorted samples; cuts are whole multiples of `1 / (n m)`. */
function transportCost(x: Float64Array, y: Float64Array, order: number): number {
  const [n, m] = [x.length, y.length];
  let [i, j] = [0, 0];
  let from = 0;
  let cost = 0;
  while (i < n && j < m) {
    const [endX, endY] = [(i + 1) * m, (j + 1) * n];
    const to = Math.min(endX, endY);
    const apart = Math.abs((x[i] as number) - (y[j] as number));
    cost += (to - from) * (order === 1 ? apart : apart * apart);
    if (endX === to) i++;
    if (endY === to) j++;
    from = to;
  }
  return cost / (n * m);
}

/** The coordinates of points along a direction, sorted. */
function projected({ values, count, dimension }: Points, direction: Float64Array): Float64Array {
  const along = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let axis = 0; axis < dimension; axis++) {
      sum += (values[i * dimension + axis] as number) * (direction[axis] as number);
    }
    along[i] = sum;
  }
  return along.sort();
}

function randomDirection(random: RandomStream, dimension: number): Float64Array {
  const direction = new Float64Array(dimension).map(() => inverseNormalCdf(random()));
  const length = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  return direction.map((value) => value / length);
}

/**
 * The sliced Wasserstein distance: the cost of moving one sample onto the other, averaged over random directions.
 *
 * ```math
 * \mathrm{SW}_p = \left( \mathbb{E}_\theta \int_0^1 | F_\theta^{-1}(u) - G_\theta^{-1}(u) |^p \, du \right)^{1/p}
 * ```
 *
 * with the quantile functions of the two samples along a direction $`\theta`$, uniform on the sphere. In one dimension it is
 * the Wasserstein distance itself, exact, and for `order: 1` equal to SciPy's `wasserstein_distance`. In more dimensions it
 * is an average over `projections` directions and at most the Wasserstein distance. Cost: order
 * `projections * (n + m) (dimension + log(n + m))`.
 *
 * @param x - the first sample, flat and row-major, of shape `[n, dimension]`
 * @param y - the second sample, of shape `[m, dimension]`
 * @param options - dimension, order, number of directions and seed
 * @returns a distance, in the unit of the points; NaN when a coordinate is NaN or infinite
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit, a sample is empty, or an option is out of range
 * @example
 * ```ts
 * slicedWasserstein([0, 1, 3], [5, 6, 8], { dimension: 1, seed: 0 }); // 5
 * ```
 * @see Bonneel, Rabin, Peyré and Pfister 2015, doi:10.1007/s10851-014-0506-3
 */
export function slicedWasserstein(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: SlicedWassersteinOptions,
): number {
  const where = 'slicedWasserstein';
  const { dimension, order = 1, projections = 128, seed } = options;
  checkCount(where, 'projections', projections);
  if (![1, 2].includes(order)) {
    throw new RangeError(`${where}: expected the order 1 or 2, got ${order}. Choose one of them.`);
  }
  const random = randomStream(where, seed);
  const [first, second] = [readPoints(where, 'x', x, dimension), readPoints(where, 'y', y, dimension)];
  if (!allFinite(first) || !allFinite(second)) return Number.NaN;
  const directions = dimension === 1 ? 1 : projections;
  let cost = 0;
  for (let slice = 0; slice < directions; slice++) {
    const direction = dimension === 1 ? Float64Array.of(1) : randomDirection(random, dimension);
    cost += transportCost(projected(first, direction), projected(second, direction), order) / directions;
  }
  return cost ** (1 / order);
}
