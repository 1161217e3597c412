import { matMul, ShapeError, type Tensor, type Tree, tensor } from '@ebmkit/tensor';
import { normalLike } from '../kernel/position.js';
import { flattenEvents, unflattenEvents } from './flat-event.js';
import type { Metric } from './metric.js';
import { choleskyOf, invertLower, squareMatrix, transposed } from './positive-definite.js';

/** A dense mass matrix, ready for use: what adaptation computes. */
export interface DenseMass {
  /** $`M^{-1}`$ over the flattened event, symmetric, `[size, size]`. */
  readonly inverseMass: Tensor;
  /** A matrix $`F`$ with $`F F^\top = M`$, `[size, size]`: $`L^{-\top}`$ where $`M^{-1} = L L^\top`$. */
  readonly factor: Tensor;
}

/** The numbers of a dense mass matrix, row by row: $`M^{-1}`$, and $`F`$ with $`F F^\top = M`$. */
export interface DenseMassNumbers {
  /** $`M^{-1}`$. */
  readonly inverseMass: Float64Array;
  /** $`F = L^{-\top}`$, upper triangular. */
  readonly factor: Float64Array;
  /** The number of rows. */
  readonly size: number;
}

/** Factorises an inverse mass matrix in float64; throws unless it is symmetric and positive definite. */
export function factoriseInverseMass(where: string, rows: readonly ArrayLike<number>[]): DenseMassNumbers {
  const [inverseMass, size] = [squareMatrix(where, 'inverseMass', rows), rows.length];
  const lower = choleskyOf(where, 'inverseMass', inverseMass, size);
  return { inverseMass, factor: transposed(invertLower(lower, size), size), size };
}

/**
 * The metric of a full mass matrix $`M`$ over the flattened event: momenta are $`p = L^{-\top} z`$ with $`M^{-1} = L L^\top`$ and standard normal $`z`$, so
 * that their covariance is $`M`$; velocities are $`M^{-1} p`$. The best $`M^{-1}`$ is the covariance of the target: then HMC moves as on an
 * isotropic one. One product with a `size × size` matrix for each momentum and each velocity; where coordinates are not
 * correlated `diagonalMetric` does the same for less. Positions that are trees are flattened and joined in the order of `tensorsOf`.
 *
 * @param inverseMass - The rows of $`M^{-1}`$, symmetric and positive definite. It is factorised once, in float64.
 * @returns A metric for positions whose event has as many numbers as the matrix has rows.
 * @throws EbmError when the matrix is not square, symmetric and positive definite; ShapeError, at the first use, when the event is of
 * another size.
 *
 * @example
 * ```ts
 * const kernel = hmc(target, { stepSize: 0.5, leapfrogSteps: 8, metric: denseMetric([[1, 0.9], [0.9, 1]]) });
 * ```
 * @see Neal, "MCMC using Hamiltonian dynamics", 2011, section 4.1, https://arxiv.org/abs/1206.1901
 */
export function denseMetric<X extends Tree = Tree>(inverseMass: readonly ArrayLike<number>[]): Metric<X> {
  const { inverseMass: matrix, factor, size } = factoriseInverseMass('denseMetric', inverseMass);
  return metricOf('denseMetric', size, () => ({
    inverseMass: tensor(matrix, [size, size]),
    factor: tensor(factor, [size, size]),
  }));
}

/**
 * The metric of a full mass matrix that is given by tensors, which may be traced: so a step is compiled once while adaptation goes
 * on changing the matrix. Otherwise as `denseMetric`. That the two tensors belong together is not checked.
 *
 * @param mass - $`M^{-1}`$ and a matrix $`F`$ with $`F F^\top = M`$, both float32 `[size, size]`, borrowed.
 * @returns A metric for positions whose event has `size` numbers.
 * @throws ShapeError when the tensors are not square matrices of one size, or, at the first use, when the event is of another size.
 *
 * @example
 * ```ts
 * const metric = denseMetricFrom({ inverseMass: tensor([[4, 0], [0, 1]]), factor: tensor([[0.5, 0], [0, 1]]) });
 * ```
 */
export function denseMetricFrom<X extends Tree = Tree>(mass: DenseMass): Metric<X> {
  const shapes = [mass.inverseMass.shape, mass.factor.shape];
  const size = shapes[0]?.[0] ?? 0;
  if (shapes.some((shape) => shape.length !== 2 || shape[0] !== size || shape[1] !== size))
    throw new ShapeError(
      `denseMetricFrom: expected inverseMass and factor [size, size], got [${mass.inverseMass.shape.join(', ')}] and [${mass.factor.shape.join(', ')}]. Give both over the flattened event.`,
    );
  return metricOf('denseMetricFrom', size, () => mass);
}

function metricOf<X extends Tree>(where: string, size: number, massOf: () => DenseMass): Metric<X> {
  const rowsOf = (x: X): Tensor => {
    const rows = flattenEvents(x);
    if (rows.shape[1] !== size)
      throw new ShapeError(
        `${where}: expected positions of ${size} numbers for each chain, as many as the matrix has rows, got ${rows.shape[1]}. Give the matrix over the flattened event.`,
      );
    return rows;
  };
  return {
    draw: (key, like) =>
      unflattenEvents(matMul(rowsOf(normalLike(key, like)), massOf().factor, { transposeB: true }), like),
    velocity: (momentum) => unflattenEvents(matMul(rowsOf(momentum), massOf().inverseMass), momentum),
  };
}
