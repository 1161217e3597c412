import {
  add,
  EbmError,
  type Key,
  matMul,
  mul,
  normal,
  reshape,
  sizeOf,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { cholesky, invertLower } from './cholesky.js';
import { checkedEventShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';

/** Which Gaussian: its mean, and at most one of covariance, diagonal and scale. */
export interface GaussianOptions {
  /** The mean over the flattened event; its length is the number of dimensions. */
  readonly mean: ArrayLike<number>;
  /** The covariance matrix over the flattened event, one array for each row. */
  readonly covariance?: readonly ArrayLike<number>[];
  /** The variances, when the dimensions are independent. */
  readonly diagonal?: ArrayLike<number>;
  /** One standard deviation for all dimensions; 1 unless given. */
  readonly scale?: number;
  /** The shape of one state; `[mean.length]` unless given. */
  readonly eventShape?: readonly number[];
}

/** The quadratic form of a Gaussian over rows `[n, d]` of centred states. */
interface QuadraticForm {
  readonly covariance: Float64Array;
  readonly logDeterminant: number;
  /** $`\tfrac12 d^T \Sigma^{-1} d`$, `[n]`. */
  readonly energy: (centred: Tensor) => Tensor;
  /** $`\Sigma^{-1} d`$. */
  readonly gradient: (centred: Tensor) => Tensor;
  /** Rows of standard normal vectors to rows of centred states. */
  readonly colour: (z: Tensor) => Tensor;
}

const halfSquares = (z: Tensor): Tensor => mul(sum(square(z), 1), 0.5);

function independent(where: string, variances: ArrayLike<number>): QuadraticForm {
  const values = Array.from(variances, (v) => checkedPositive(where, 'every variance', v));
  const whiten = (x: Tensor): Tensor => mul(x, tensor(values.map((v) => 1 / Math.sqrt(v))));
  return {
    covariance: diagonalMatrix(values),
    logDeterminant: values.reduce((total, v) => total + Math.log(v), 0),
    energy: (d) => halfSquares(whiten(d)),
    gradient: (d) => whiten(whiten(d)),
    colour: (z) => mul(z, tensor(values.map(Math.sqrt))),
  };
}

/** The largest sum of the sizes of a row. */
function rowNorm(matrix: Float64Array, size: number): number {
  const sums = Array.from({ length: size }, (_, i) =>
    matrix.subarray(i * size, (i + 1) * size).reduce((s, x) => s + Math.abs(x), 0),
  );
  return Math.max(...sums);
}

/** $`M^T M`$ of a lower triangular matrix. */
function gram(lower: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let k = 0; k < size; k++)
    for (let i = 0; i <= k; i++)
      for (let j = 0; j <= k; j++)
        product[i * size + j] =
          (product[i * size + j] as number) + (lower[k * size + i] as number) * (lower[k * size + j] as number);
  return product;
}

/**
 * Up to this condition number energy and gradient share one product with $`\Sigma^{-1}`$; beyond, its rounding in float32 would be felt in the
 * energy, and states are whitened first, $`z = L^{-1} d`$ with $`\Sigma = L L^T`$, which loses half the digits and costs two products.
 */
const mostCondition = 1e4;

function correlated(where: string, rows: readonly ArrayLike<number>[], size: number): QuadraticForm {
  if (rows.length !== size || rows.some((row) => row.length !== size))
    throw new EbmError(
      'argument',
      `${where}: expected a covariance of ${size} rows of ${size} numbers, got rows of ${rows.map((row) => row.length).join(', ')}.`,
    );
  const covariance = Float64Array.from(rows.flatMap((row) => Array.from(row)));
  const lower = cholesky(where, covariance, size);
  const inverse = invertLower(lower, size);
  const precision = gram(inverse, size);
  const isTame = rowNorm(covariance, size) * rowNorm(precision, size) <= mostCondition;
  const times = (x: Tensor): Tensor => matMul(x, tensor(precision, [size, size]));
  const whiten = (x: Tensor): Tensor => matMul(x, tensor(inverse, [size, size]), { transposeB: true });
  return {
    covariance,
    logDeterminant:
      2 * Array.from({ length: size }, (_, i) => Math.log(lower[i * size + i] as number)).reduce((a, b) => a + b, 0),
    energy: isTame ? (d) => mul(sum(mul(d, times(d)), 1), 0.5) : (d) => halfSquares(whiten(d)),
    gradient: isTame ? times : (d) => matMul(whiten(d), tensor(inverse, [size, size])),
    colour: (z) => matMul(z, tensor(lower, [size, size]), { transposeB: true }),
  };
}

function quadraticForm(where: string, options: GaussianOptions, size: number): QuadraticForm {
  const { covariance, diagonal, scale } = options;
  if ([covariance, diagonal, scale].filter((given) => given !== undefined).length > 1)
    throw new EbmError('argument', `${where}: give at most one of covariance, diagonal and scale.`);
  if (covariance) return correlated(where, covariance, size);
  if (diagonal && diagonal.length !== size)
    throw new EbmError('argument', `${where}: expected a diagonal of ${size} variances, got ${diagonal.length}.`);
  const variance = checkedPositive(where, 'scale', scale ?? 1) ** 2;
  return independent(where, diagonal ?? Array.from({ length: size }, () => variance));
}

/**
 * A multivariate normal distribution: $`E(x) = \tfrac12 (x - \mu)^T \Sigma^{-1} (x - \mu)`$, so that $`\log Z = \tfrac12 \log \det 2 \pi \Sigma`$.
 * Everything about it is exact: normaliser, moments, gradient and independent draws.
 *
 * @param options - The mean and the covariance.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. With a covariance matrix, energy and
 * gradient take one product with a square matrix together (two where its condition number is above 10,000).
 * @throws EbmError when a variance is not positive, the covariance is not symmetric positive definite, or sizes disagree.
 *
 * @example
 * ```ts
 * const target = gaussian({ mean: [1, -1], covariance: [[1, 0.9], [0.9, 1]] });
 * const { energy, logZ } = target;
 * ```
 */
export function gaussian(options: GaussianOptions): ExactEnergy {
  const mean = Float64Array.from(options.mean);
  const size = mean.length;
  if (size === 0 || !mean.every(Number.isFinite))
    throw new EbmError(
      'argument',
      `gaussian: expected a mean of at least one finite number, got [${mean.join(', ')}].`,
    );
  const eventShape = checkedEventShape('gaussian', options.eventShape, size);
  const { covariance, logDeterminant, energy, gradient, colour } = quadraticForm('gaussian', options, size);
  const centred = (where: string, x: Tensor): Tensor => sub(flatStates(where, x, eventShape), tensor(mean));
  return {
    energy: (x) => scopedTree(() => energy(centred('gaussian.energy', x))),
    gradient: (x) => scopedTree(() => reshape(gradient(centred('gaussian.gradient', x)), x.shape)),
    support: 'continuous',
    logZ: 0.5 * (size * Math.log(2 * Math.PI) + logDeterminant),
    mean,
    covariance,
    eventShape,
    draw: (key: Key, count: number) =>
      scopedTree(() =>
        reshape(add(colour(normal(key, [count, sizeOf(eventShape)])), tensor(mean)), [count, ...eventShape]),
      ),
  };
}
