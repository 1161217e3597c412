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

/** How to go from a standard normal vector to a centred draw and back: the covariance is $`L L^T`$. */
interface Whitening {
  readonly covariance: Float64Array;
  readonly logDeterminant: number;
  /** Rows `[n, d]` of centred states to rows of standard normal vectors, $`z = L^{-1} d`$. */
  readonly whiten: (centred: Tensor) => Tensor;
  /** The transpose of `whiten`. */
  readonly unwhiten: (z: Tensor) => Tensor;
  /** Rows of standard normal vectors to rows of centred states, $`d = L z`$. */
  readonly colour: (z: Tensor) => Tensor;
}

function independent(where: string, variances: ArrayLike<number>): Whitening {
  const values = Array.from(variances, (v) => checkedPositive(where, 'every variance', v));
  const whiten = (x: Tensor): Tensor => mul(x, tensor(values.map((v) => 1 / Math.sqrt(v))));
  return {
    covariance: diagonalMatrix(values),
    logDeterminant: values.reduce((total, v) => total + Math.log(v), 0),
    whiten,
    unwhiten: whiten,
    colour: (z) => mul(z, tensor(values.map(Math.sqrt))),
  };
}

function correlated(where: string, rows: readonly ArrayLike<number>[], size: number): Whitening {
  if (rows.length !== size || rows.some((row) => row.length !== size))
    throw new EbmError(
      'argument',
      `${where}: expected a covariance of ${size} rows of ${size} numbers, got rows of ${rows.map((row) => row.length).join(', ')}.`,
    );
  const covariance = Float64Array.from(rows.flatMap((row) => Array.from(row)));
  const lower = cholesky(where, covariance, size);
  const inverse = invertLower(lower, size);
  return {
    covariance,
    logDeterminant:
      2 * Array.from({ length: size }, (_, i) => Math.log(lower[i * size + i] as number)).reduce((a, b) => a + b, 0),
    whiten: (x) => matMul(x, tensor(inverse, [size, size]), { transposeB: true }),
    unwhiten: (z) => matMul(z, tensor(inverse, [size, size])),
    colour: (z) => matMul(z, tensor(lower, [size, size]), { transposeB: true }),
  };
}

function whiteningOf(where: string, options: GaussianOptions, size: number): Whitening {
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
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. A covariance matrix costs one product with
 * a square matrix for an energy and two for a gradient.
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
  const { covariance, logDeterminant, whiten, unwhiten, colour } = whiteningOf('gaussian', options, size);
  const whitened = (where: string, x: Tensor): Tensor => whiten(sub(flatStates(where, x, eventShape), tensor(mean)));
  return {
    energy: (x) => scopedTree(() => mul(sum(square(whitened('gaussian.energy', x)), 1), 0.5)),
    gradient: (x) => scopedTree(() => reshape(unwhiten(whitened('gaussian.gradient', x)), x.shape)),
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
