import { type Points, readPoints } from '../numerics/points.js';
import { symmetricEigenvalues } from '../numerics/symmetric-eigenvalues.js';

/** Options of {@link frechetDistance}. */
export interface FrechetDistanceOptions {
  /** Number of features of each point. */
  readonly dimension: number;
}

/** Mean and covariance of a sample. */
export interface MeanAndCovariance {
  /** The mean of each feature. */
  readonly mean: ArrayLike<number>;
  /** The covariance matrix, flat and row-major, of shape `[dimension, dimension]`. */
  readonly covariance: ArrayLike<number>;
}

/** Mean and covariance with divisor `count - 1`. */
function momentsOf({ values, count, dimension }: Points): MeanAndCovariance {
  const mean = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) {
    mean[i % dimension] = (mean[i % dimension] as number) + (values[i] as number) / count;
  }
  const covariance = new Float64Array(dimension * dimension);
  const centred = new Float64Array(dimension);
  for (let i = 0; i < count; i++) {
    for (let a = 0; a < dimension; a++) centred[a] = (values[i * dimension + a] as number) - (mean[a] as number);
    for (let a = 0; a < dimension; a++) {
      const scaled = (centred[a] as number) / (count - 1);
      for (let b = 0; b <= a; b++) {
        covariance[a * dimension + b] = (covariance[a * dimension + b] as number) + scaled * (centred[b] as number);
      }
    }
  }
  for (let a = 0; a < dimension; a++) {
    for (let b = 0; b < a; b++) covariance[b * dimension + a] = covariance[a * dimension + b] as number;
  }
  return { mean, covariance };
}

/** The Cholesky factor $`L`$ of a positive semi-definite matrix, as rows of $`L^\top`$; negligible pivots count as 0. */
function choleskyRows(matrix: Float64Array, n: number): Float64Array {
  const rows = new Float64Array(n * n);
  const rest = matrix.slice();
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, rest[i * n + i] as number);
  for (let k = 0; k < n; k++) {
    const pivot = rest[k * n + k] as number;
    if (pivot <= n * Number.EPSILON * largest) continue;
    const root = Math.sqrt(pivot);
    for (let j = k; j < n; j++) rows[k * n + j] = (rest[k * n + j] as number) / root;
    for (let i = k + 1; i < n; i++) {
      const factor = rows[k * n + i] as number;
      for (let j = i; j < n; j++) rest[i * n + j] = (rest[i * n + j] as number) - factor * (rows[k * n + j] as number);
    }
  }
  return rows;
}

/** The product $`R\, C\, R^\top`$ of an upper triangular and a symmetric matrix. */
function sandwich(upper: Float64Array, symmetric: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n);
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let k = i; k < n; k++) {
      const factor = upper[i * n + k] as number;
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) + factor * (symmetric[k * n + j] as number);
    }
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = j; k < n; k++) sum += (row[k] as number) * (upper[j * n + k] as number);
      product[i * n + j] = sum;
    }
  }
  return product;
}

/**
 * The squared Fréchet distance of two normal distributions, from their means and covariances.
 *
 * The same as {@link frechetDistance} when the moments of a sample are known already, such as those of a reference data set.
 * The eigenvalues of $`C_1 C_2`$ are found as those of the symmetric $`L^\top C_2 L`$ with $`C_1 = L L^\top`$, so that
 * singular covariances need no added noise. Cost: about $`4 d^3`$ multiplications.
 *
 * @param first - mean and covariance of one distribution
 * @param second - mean and covariance of the other, of the same dimension
 * @returns the squared distance, in the squared unit of the features; NaN when a number is not finite
 * @throws RangeError when the sizes do not fit
 * @see Dowson and Landau 1982, doi:10.1016/0047-259X(82)90077-X
 */
export function frechetDistanceOfMoments(first: MeanAndCovariance, second: MeanAndCovariance): number {
  const n = first.mean.length;
  const sizes = [second.mean.length, Math.sqrt(first.covariance.length), Math.sqrt(second.covariance.length)];
  if (n === 0 || sizes.some((size) => size !== n)) {
    throw new RangeError(
      `frechetDistanceOfMoments: expected two means of length d and two flat covariances of length d * d, ` +
        `got ${n}, ${second.mean.length}, ${first.covariance.length} and ${second.covariance.length} numbers. ` +
        'Give both in one dimension.',
    );
  }
  const [one, other] = [new Float64Array(first.covariance), new Float64Array(second.covariance)];
  let distance = 0;
  for (let i = 0; i < n; i++) {
    distance += ((first.mean[i] as number) - (second.mean[i] as number)) ** 2;
    distance += (one[i * n + i] as number) + (other[i * n + i] as number);
  }
  if (!Number.isFinite(distance)) return Number.NaN;
  // Rounding makes eigenvalues that are 0 slightly negative, whose roots would be NaN.
  for (const value of symmetricEigenvalues(sandwich(choleskyRows(one, n), other, n), n)) {
    distance -= 2 * Math.sqrt(Math.max(value, 0));
  }
  return distance;
}

/**
 * The squared Fréchet distance of two samples of features, each seen as a normal distribution (with Inception features,
 * the FID).
 *
 * ```math
 * \lVert \mu_1 - \mu_2 \rVert^2 + \mathrm{tr}\left( C_1 + C_2 - 2 (C_1 C_2)^{1/2} \right)
 * ```
 *
 * the squared 2-Wasserstein distance of the two normal distributions. It sees means and covariances only, and is biased
 * upwards for few points: compare equal numbers. Equal to the usual code with `scipy.linalg.sqrtm`. Cost: order
 * $`(n + m) d^2 + d^3`$.
 *
 * @param x - the features of the first sample, flat and row-major, of shape `[n, dimension]`, at least two points
 * @param y - the features of the second sample, of shape `[m, dimension]`
 * @param options - the number of features
 * @returns the squared distance, in the squared unit of the features; NaN when a feature is not finite
 * @throws TypeError when a sample is not a flat array of numbers
 * @throws RangeError when the dimension does not fit or a sample has fewer than two points
 * @example
 * ```ts
 * const fid = frechetDistance(featuresOfData, featuresOfSamples, { dimension: 64 });
 * ```
 * @see Heusel, Ramsauer, Unterthiner, Nessler and Hochreiter 2017, arXiv:1706.08500
 */
export function frechetDistance(x: ArrayLike<number>, y: ArrayLike<number>, options: FrechetDistanceOptions): number {
  return frechetDistanceOfMoments(
    momentsOf(readPoints('frechetDistance', 'x', x, options.dimension, 2)),
    momentsOf(readPoints('frechetDistance', 'y', y, options.dimension, 2)),
  );
}
