import type { ContinuousEnergy } from '@ebmkit/energy';
import { add, mul, sub, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';
import { kineticEnergy, type Metric } from '../../hamiltonian/metric.js';
import { integrate, type PhasePoint, type SplittingIntegrator } from '../../hamiltonian/splitting-integrator.js';

/** A point of a trajectory with its velocity $`M^{-1} p`$. */
export type Leaf<X extends Tree> = PhasePoint<X> & {
  /** The velocities, of the shape of the position. */
  readonly velocity: X;
};

/** The energies of the point that a trajectory began at, `[chains]` each. */
export type StartEnergy = {
  /** Its energy $`E`$. */
  readonly energy: Tensor;
  /** Its kinetic energy $`K`$. */
  readonly kinetic: Tensor;
};

/** What moves along a trajectory. */
export interface Dynamics<X extends Tree> {
  /** The energy. */
  readonly target: ContinuousEnergy<X>;
  /** The kinetic energy. */
  readonly metric: Metric<X>;
  /** The scheme of a step. */
  readonly integrator: SplittingIntegrator;
  /** The size of a step, a number or a scalar. */
  readonly stepSize: TensorLike;
}

/** A point of phase space as a leaf. */
export function leafOf<X extends Tree>(metric: Metric<X>, point: PhasePoint<X>): Leaf<X> {
  return { ...point, velocity: metric.velocity(point.momentum) };
}

/** The leaf after another, in the direction `[chains]` of each chain: 1 forward in time, −1 backward. */
export function leap<X extends Tree>(
  { target, metric, integrator, stepSize }: Dynamics<X>,
  { position, momentum, energy, gradient }: Leaf<X>,
  direction: Tensor,
): Leaf<X> {
  const point = { position, momentum, energy, gradient };
  return leafOf(metric, integrate(target, metric, integrator, point, mul(direction, stepSize)));
}

/**
 * How much the total energy at a leaf exceeds that at the start, $`H - H_0`$, `[chains]`. The two parts are subtracted each for
 * itself, so that large energies lose fewer digits.
 */
export function energyErrorOf<X extends Tree>({ momentum, velocity, energy }: Leaf<X>, start: StartEnergy): Tensor {
  return add(sub(energy, start.energy), sub(kineticEnergy(momentum, velocity), start.kinetic));
}
