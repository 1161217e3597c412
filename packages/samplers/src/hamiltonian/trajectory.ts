import type { ContinuousEnergy } from '@ebmkit/energy';
import { add, sub, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';
import { kineticEnergy, type Metric } from './metric.js';
import { integrate, type PhasePoint, type SplittingIntegrator } from './splitting-integrator.js';

/** Where a trajectory ended, and how well it kept its energy. */
export type Trajectory<X extends Tree> = {
  /** The last point. */
  readonly end: PhasePoint<X>;
  /** The total energy at the end less that at the start, `[chains]`. */
  readonly energyError: Tensor;
};

/** Follows Hamilton's equations from a point and measures the error of the energy, $`H(x', p') - H(x, p)`$. */
export function followTrajectory<X extends Tree>(
  target: ContinuousEnergy<X>,
  metric: Metric<X>,
  integrator: SplittingIntegrator,
  start: PhasePoint<X>,
  stepSize: TensorLike,
): Trajectory<X> {
  const kinetic = ({ momentum }: PhasePoint<X>): Tensor => kineticEnergy(momentum, metric.velocity(momentum));
  const before = kinetic(start);
  const end = integrate(target, metric, integrator, start, stepSize);
  return { end, energyError: add(sub(end.energy, start.energy), sub(kinetic(end), before)) };
}
