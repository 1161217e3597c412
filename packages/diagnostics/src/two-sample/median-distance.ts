import { type Points, readPoints, squaredDistance } from '../numerics/points.js';
import { medianOfSorted } from '../numerics/quantile.js';

/** Most points whose pairs are looked at. */
const MOST_POINTS = 1000;

/**
 * The median distance of pairs of points, which is what {@link medianDistance} computes.
 *
 * @param points - at least two points
 * @returns the median; NaN when a coordinate is NaN
 */
export function medianDistanceOf(points: Points): number {
  const used = Math.min(points.count, MOST_POINTS);
  const index = (i: number) => Math.floor((i * points.count) / used);
  const squares = new Float64Array((used * (used - 1)) / 2);
  let place = 0;
  for (let i = 0; i < used; i++) {
    for (let j = 0; j < i; j++) squares[place++] = squaredDistance(points, index(i), points, index(j));
  }
  squares.sort();
  return Number.isNaN(squares[squares.length - 1]) ? Number.NaN : medianOfSorted(squares.map(Math.sqrt));
}

/**
 * The median Euclidean distance of all pairs of points: the usual choice for the bandwidth of a kernel.
 *
 * Of more than 1000 points, 1000 at equal steps of the index are used. Cost: order `n^2` up to 1000 points, and no more
 * beyond.
 *
 * @param x - the points, flat and row-major, of shape `[count, dimension]`, at least two
 * @param options - `dimension`, the number of coordinates of each point
 * @returns a distance, in the unit of the coordinates; 0 when most points coincide; NaN when a coordinate is NaN
 * @throws TypeError when `x` is not a flat array of numbers
 * @throws RangeError when the dimension does not fit or there are fewer than two points
 * @example
 * ```ts
 * const h = medianDistance(draws, { dimension: 2 });
 * maximumMeanDiscrepancy(draws, data, { dimension: 2, bandwidths: [h / 2, h, 2 * h] });
 * ```
 * @see Gretton, Borgwardt, Rasch, Schölkopf and Smola 2012, section 8, https://jmlr.org/papers/v13/gretton12a.html
 */
export function medianDistance(x: ArrayLike<number>, options: { readonly dimension: number }): number {
  return medianDistanceOf(readPoints('medianDistance', 'x', x, options.dimension, 2));
}
