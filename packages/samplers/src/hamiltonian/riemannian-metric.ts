import {
  add,
  div,
  type Key,
  log,
  mapTree,
  mul,
  ShapeError,
  sqrt,
  square,
  type Tensor,
  type Tree,
} from '@ebmkit/tensor';
import { normalLike, sumOverEvents } from '../kernel/position.js';
import { flattenEvents, unflattenEvents } from './flat-event.js';
import { choleskyColumns, lowerTimes, pivotOf, solveLower, solveUpper } from './tensor-cholesky.js';

/**
 * The kinetic energy of Riemannian samplers, whose mass matrix $`G(x)`$ depends on the position:
 * $`K(x, p) = \tfrac12 p^\top G(x)^{-1} p + \tfrac12 \log \det G(x)`$.
 *
 * @typeParam X - The positions: trees of tensors `[chains, ...event]`.
 */
export interface RiemannianMetric<X extends Tree = Tree> {
  /** Momenta $`p \sim N(0, G(x))`$ in the shape of the position. */
  readonly draw: (key: Key, position: X) => X;
  /** The velocities $`G(x)^{-1} p`$, of the shape of the momenta. */
  readonly velocity: (position: X, momentum: X) => X;
  /** The kinetic energies $`K(x, p)`$, `[chains]`, differentiable in the position. */
  readonly kineticEnergy: (position: X, momentum: X) => Tensor;
}

/**
 * A Riemannian metric whose tensor $`G(x)`$ is diagonal. Elementwise, for any number of dimensions. For correlated coordinates see
 * `denseRiemannianMetric`.
 *
 * @param diagonal - The diagonal of $`G`$ at a position, positive, of the shape of the position and in ops that can be differentiated. In units
 * of one over the square of a length of the target: curvatures, or a Fisher information.
 * @returns A metric for `rmhmc`.
 *
 * @example
 * ```ts
 * const steepAwayFromZero = diagonalRiemannianMetric((x: Tensor) => add(mul(square(x), 3), 1));
 * ```
 * @see Girolami and Calderhead, "Riemann manifold Langevin and Hamiltonian Monte Carlo methods", 2011,
 * https://doi.org/10.1111/j.1467-9868.2010.00765.x
 */
export function diagonalRiemannianMetric<X extends Tree>(diagonal: (position: X) => X): RiemannianMetric<X> {
  return {
    draw: (key, position) => mapTree((z, g) => mul(z, sqrt(g)), normalLike(key, position), diagonal(position)),
    velocity: (position, momentum) => mapTree((p, g) => div(p, g), momentum, diagonal(position)),
    kineticEnergy: (position, momentum) => {
      const terms = mapTree((p, g) => add(div(square(p), g), log(g)), momentum, diagonal(position));
      return mul(sumOverEvents(terms), 0.5);
    },
  };
}

/**
 * A Riemannian metric whose tensor $`G(x)`$ is a full matrix over the flattened event. It is factorised in ordinary ops, one column after
 * the other, at each place where it is needed: meant for up to about 20 dimensions. Where `G` is diagonal
 * `diagonalRiemannianMetric` does the same for less.
 *
 * @param matrix - $`G`$ at a position, `[chains, size, size]`, symmetric and positive definite, in ops that can be differentiated. Trees are
 * flattened and joined in the order of `tensorsOf`. A matrix that is not positive definite makes the chain's energies NaN, so that the move is refused and
 * reported.
 * @returns A metric for `rmhmc`.
 * @throws ShapeError, at the first use, when the matrix has another shape.
 *
 * @example
 * ```ts
 * const constant = denseRiemannianMetric((x: Tensor) => broadcastTo(tensor([[2, 1], [1, 2]]), [x.shape[0] ?? 0, 2, 2]));
 * ```
 * @see Girolami and Calderhead, "Riemann manifold Langevin and Hamiltonian Monte Carlo methods", 2011,
 * https://doi.org/10.1111/j.1467-9868.2010.00765.x
 */
export function denseRiemannianMetric<X extends Tree>(matrix: (position: X) => Tensor): RiemannianMetric<X> {
  const factorAt = (position: X, size: number): Tensor[] => {
    const g = matrix(position);
    if (g.shape.length !== 3 || g.shape[1] !== size || g.shape[2] !== size)
      throw new ShapeError(
        `denseRiemannianMetric: expected a metric [chains, ${size}, ${size}] over the flattened event, got [${g.shape.join(', ')}].`,
      );
    return choleskyColumns(g);
  };
  const at = (position: X, vector: X) => {
    const rows = flattenEvents(vector);
    return { rows, columns: factorAt(position, rows.shape[1] as number) };
  };
  return {
    draw: (key, position) => {
      const { rows, columns } = at(position, normalLike(key, position));
      return unflattenEvents(lowerTimes(columns, rows), position);
    },
    velocity: (position, momentum) => {
      const { rows, columns } = at(position, momentum);
      return unflattenEvents(solveUpper(columns, solveLower(columns, rows)), momentum);
    },
    kineticEnergy: (position, momentum) => {
      const { rows, columns } = at(position, momentum);
      const squares = mul(sumOverEvents(square(solveLower(columns, rows))), 0.5);
      return add(squares, logDeterminant(columns));
    },
  };
}

/** Half of $`\log \det G`$, from the pivots of its factor, `[chains]`. */
function logDeterminant(columns: readonly Tensor[]): Tensor {
  return columns.map((column) => sumOverEvents(log(pivotOf(column)))).reduce((a, b) => add(a, b));
}
