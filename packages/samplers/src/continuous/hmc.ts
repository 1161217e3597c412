import type { ContinuousEnergy } from '@ebmkit/energy';
import { split, type TensorLike, type Tree, uniform } from '@ebmkit/tensor';
import { checkTimeStep } from '../hamiltonian/arguments.js';
import { type HamiltonianInfo, testEnergy } from '../hamiltonian/hamiltonian-info.js';
import { identityMetric, type Metric } from '../hamiltonian/metric.js';
import {
  checkIntegrator,
  consecutive,
  leapfrog,
  type SplittingIntegrator,
} from '../hamiltonian/splitting-integrator.js';
import { followTrajectory } from '../hamiltonian/trajectory.js';
import { checkedCount } from '../kernel/checked-count.js';
import { checkContinuous, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { chainsOf, chooseChains } from '../kernel/position.js';
import { startGradient } from './langevin.js';

/** How Hamiltonian Monte Carlo moves. */
export interface HmcOptions<X extends Tree> {
  /**
   * The step size $`\varepsilon`$ of the integrator, in units of a length of the target (of a standard deviation where the metric is that of
   * the target): a positive number, or a scalar tensor, which may be traced. The leapfrog is stable below 2.
   */
  readonly stepSize: TensorLike;
  /** Steps of the integrator in each trajectory, a whole number of at least 1. */
  readonly leapfrogSteps: number;
  /** The kinetic energy; `identityMetric()` unless given. */
  readonly metric?: Metric<NoInfer<X>>;
  /** The scheme that follows the trajectory; `leapfrog` unless given. */
  readonly integrator?: SplittingIntegrator;
}

/**
 * Hamiltonian Monte Carlo: draws momenta $`p \sim N(0, M)`$, follows Hamilton's equations for `leapfrogSteps` steps of size `stepSize`, and accepts
 * the end $`(x', p')`$ for each chain on its own with probability
 *
 * ```math
 * \min\left(1, e^{H(x, p) - H(x', p')}\right), \qquad H(x, p) = E(x) + \tfrac12 p^\top M^{-1} p
 * ```
 *
 * Exact: the target is invariant for every step size, length and metric. One gradient for each leapfrog step. The step size is right
 * when about 0.65 of the moves are accepted, up to 0.9 on hard targets. With one leapfrog step it is `mala` of step size
 * $`\varepsilon^2 / 2`$; `generalisedHmc` keeps part of the momentum from step to step.
 * A trajectory that ends at an energy that is not finite, or more than 1000 above the start, is refused and reported in `info.diverged`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size and number of steps; metric and integrator.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when an option is out of its range or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = hmc(gaussian({ mean: [0, 0] }), { stepSize: 0.3, leapfrogSteps: 5 });
 * ```
 * @see Neal, "MCMC using Hamiltonian dynamics", 2011, https://arxiv.org/abs/1206.1901
 */
export function hmc<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, leapfrogSteps, metric = identityMetric(), integrator = leapfrog }: HmcOptions<X>,
): Kernel<X, GradientState<X>, HamiltonianInfo> {
  checkContinuous('hmc', target);
  checkTimeStep('hmc', stepSize);
  checkedCount('hmc', 'leapfrogSteps', leapfrogSteps, 1);
  checkIntegrator('hmc', integrator);
  const scheme = consecutive(integrator, leapfrogSteps);
  return defineKernel<X, GradientState<X>, HamiltonianInfo>({
    init: (start) => startGradient('hmc', target, start),
    step: (key, state) => {
      const [momentumKey, acceptKey] = split(key, 2);
      const momentum = metric.draw(momentumKey, state.position);
      const { end, energyError } = followTrajectory(target, metric, scheme, { ...state, momentum }, stepSize);
      const info = testEnergy(energyError, uniform(acceptKey, [chainsOf('hmc', state.position)]));
      const { position, energy, gradient } = end;
      return { state: chooseChains(info.accepted, { position, energy, gradient }, state), info };
    },
  });
}
