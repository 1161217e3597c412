import { checkCount } from '../numerics/check-count.js';
import { type KdTree, kdTree, neighbourSquare } from '../numerics/k-d-tree.js';
import { allFinite, joinPoints, type Points, readPoints } from '../numerics/points.js';

/** Options of {@link knnKullbackLeibler} and {@link knnJensenShannon}. */
export interface KnnDivergenceOptions {
  /** Number of coordinates of each point. */
  readonly dimension: number;
  /** Which nearest neighbour measures the density; 5 by default. More neighbours: less noise, more bias. */
  readonly neighbours?: number;
}

const rowOf = ({ values, dimension }: Points, i: number) => values.subarray(i * dimension, (i + 1) * dimension);

/** The estimate of $`D(P \Vert Q)`$ from points of P, a tree over them, and a tree over points of Q. */
function divergence(points: Points, own: KdTree, other: KdTree, k: number): number {
  let sum = 0;
  for (let i = 0; i < points.count; i++) {
    const row = rowOf(points, i);
    sum += Math.log(neighbourSquare(other, row, k) / neighbourSquare(own, row, k, i)) / 2;
  }
  return (points.dimension * sum) / points.count + Math.log(other.points.count / (points.count - 1));
}

/** Every second point, from `start` on, of as many as `most`. */
function everySecond({ values, count, dimension }: Points, start: number, most: number): Points {
  const kept = Math.min(Math.floor((count - start + 1) / 2), most);
  const rows = new Float64Array(kept * dimension);
  for (let i = 0; i < kept; i++) {
    const from = (start + 2 * i) * dimension;
    rows.set(values.subarray(from, from + dimension), i * dimension);
  }
  return { values: rows, count: kept, dimension };
}

/**
 * The Kullback-Leibler divergence of two distributions, estimated from samples by nearest neighbours.
 *
 * ```math
 * \hat D(P \Vert Q) = \frac{d}{n} \sum_{i=1}^n \log \frac{\nu_k(x_i)}{\rho_k(x_i)} + \log \frac{m}{n - 1}
 * ```
 *
 * with the distances $`\rho_k`$ and $`\nu_k`$ from a point of `x` to its k-th nearest neighbour among the others of `x`, and
 * among `y`. Consistent for densities, with a bias that falls slowly with `n` in many dimensions; it may come out negative.
 * Points that coincide (k of them) make it infinite or NaN: add noise to data on a grid. Cost: a k-d tree, order
 * `(n + m) log(n + m)` in few dimensions, up to order `n (n + m)` in many.
 *
 * @param x - points of P, flat and row-major, of shape `[n, dimension]`, more than `neighbours`
 * @param y - points of Q, of shape `[m, dimension]`, at least `neighbours`
 * @param options - the dimension and the number of neighbours
 * @returns the divergence in nats; NaN when a coordinate is NaN or infinite
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit or a sample has too few points
 * @example
 * ```ts
 * const nats = knnKullbackLeibler(data, generated, { dimension: 2 });
 * ```
 * @see Wang, Kulkarni and Verdú 2009, doi:10.1109/TIT.2009.2016060
 */
export function knnKullbackLeibler(x: ArrayLike<number>, y: ArrayLike<number>, options: KnnDivergenceOptions): number {
  const { dimension, neighbours = 5 } = options;
  checkCount('knnKullbackLeibler', 'neighbours', neighbours);
  const first = readPoints('knnKullbackLeibler', 'x', x, dimension, neighbours + 1);
  const second = readPoints('knnKullbackLeibler', 'y', y, dimension, neighbours);
  if (!allFinite(first) || !allFinite(second)) return Number.NaN;
  return divergence(first, kdTree(first), kdTree(second), neighbours);
}

/**
 * The Jensen-Shannon divergence of two distributions, estimated from samples by nearest neighbours.
 *
 * ```math
 * \mathrm{JS} = \tfrac12 D(P \Vert M) + \tfrac12 D(Q \Vert M), \quad M = \tfrac12 (P + Q)
 * ```
 *
 * Each divergence is that of {@link knnKullbackLeibler}. The points of even index of both samples, as many of one as of
 * the other, serve as the sample of M for the points of odd index, and the other way round; the result is the mean of both.
 * The divergence lies between 0 (equal) and $`\log 2`$ (disjoint); the estimate may leave these bounds by its error.
 * Symmetric. Cost: as for {@link knnKullbackLeibler}.
 *
 * @param x - independent points of P, flat and row-major, of shape `[n, dimension]`, at least `2 neighbours + 2`
 * @param y - independent points of Q, of shape `[m, dimension]`, as many at least
 * @param options - the dimension and the number of neighbours
 * @returns the divergence in nats; NaN when a coordinate is NaN or infinite
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit or a sample has too few points
 * @example
 * ```ts
 * const bits = knnJensenShannon(data, generated, { dimension: 2 }) / Math.LN2;
 * ```
 * @see Pérez-Cruz 2008, doi:10.1109/ISIT.2008.4595271
 */
export function knnJensenShannon(x: ArrayLike<number>, y: ArrayLike<number>, options: KnnDivergenceOptions): number {
  const where = 'knnJensenShannon';
  const { dimension, neighbours = 5 } = options;
  checkCount(where, 'neighbours', neighbours);
  const samples = [
    readPoints(where, 'x', x, dimension, 2 * neighbours + 2),
    readPoints(where, 'y', y, dimension, 2 * neighbours + 2),
  ] as const;
  if (!samples.every(allFinite)) return Number.NaN;
  let sum = 0;
  for (const start of [0, 1]) {
    const [first, second] = samples.map((points) => everySecond(points, 1 - start, points.count)) as [Points, Points];
    const most = Math.min(...samples.map(({ count }) => Math.floor((count - start + 1) / 2)));
    const mixture = joinPoints(everySecond(samples[0], start, most), everySecond(samples[1], start, most));
    const tree = kdTree(mixture);
    for (const points of [first, second]) sum += divergence(points, kdTree(points), tree, neighbours) / 4;
  }
  return sum;
}
