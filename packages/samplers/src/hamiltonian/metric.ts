import { type Key, mapTree, mul, type Tensor, type Tree } from '@ebmkit/tensor';
import { normalLike, sumOverEvents } from '../kernel/position.js';

/**
 * The kinetic energy of Hamiltonian samplers: momenta are normal with the mass matrix $`M`$ for a covariance, and positions move with
 * the velocity $`M^{-1} p`$. A good $`M^{-1}`$ is the covariance of the target.
 *
 * @typeParam X - The positions: trees of tensors `[chains, ...event]`.
 */
export interface Metric<X extends Tree = Tree> {
  /** Momenta $`p \sim N(0, M)`$ in the shape of a position. */
  readonly draw: (key: Key, like: X) => X;
  /** The velocities $`M^{-1} p`$, of the shape of the momenta. */
  readonly velocity: (momentum: X) => X;
}

/** The kinetic energies $`\frac12 p^\top M^{-1} p`$ of momenta, `[chains]`, given their velocities $`M^{-1} p`$. */
export function kineticEnergy<X extends Tree>(momentum: X, velocity: X): Tensor {
  return mul(sumOverEvents(mapTree((p, v) => mul(p, v), momentum, velocity)), 0.5);
}

/**
 * The metric of unit masses, $`M = I`$: momenta are standard normal and velocities equal them.
 *
 * @returns A metric for positions of any structure.
 *
 * @example
 * ```ts
 * const kernel = hmc(target, { stepSize: 0.1, leapfrogSteps: 10, metric: identityMetric() });
 * ```
 */
export function identityMetric<X extends Tree>(): Metric<X> {
  return { draw: normalLike, velocity: (momentum) => momentum };
}
