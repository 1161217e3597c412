import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  abs,
  add,
  exp,
  isTensor,
  type Key,
  mapTree,
  mod,
  mul,
  neg,
  split,
  sqrt,
  square,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  uniform,
  where,
} from '@ebmkit/tensor';
import { checkTimeStep, checkWithin } from '../hamiltonian/arguments.js';
import { type HamiltonianInfo, testEnergy } from '../hamiltonian/hamiltonian-info.js';
import { identityMetric, type Metric } from '../hamiltonian/metric.js';
import { checkIntegrator, consecutive, leapfrog, type PhasePoint } from '../hamiltonian/splitting-integrator.js';
import { followTrajectory } from '../hamiltonian/trajectory.js';
import { checkedCount } from '../kernel/checked-count.js';
import { checkContinuous } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { chainsOf, chooseChains } from '../kernel/position.js';
import type { HmcOptions } from './hmc.js';
import { startGradient } from './langevin.js';

/** How generalised Hamiltonian Monte Carlo moves. */
export interface GeneralisedHmcOptions<X extends Tree> extends Omit<HmcOptions<X>, 'leapfrogSteps'> {
  /**
   * The share $`\alpha`$ of the momentum that a step keeps, from 0 (all drawn anew: `hmc`) up to but below 1; a scalar tensor may be traced.
   * To forget momenta over a time $`\tau`$ whatever the step size take $`e^{-\varepsilon / \tau}`$.
   */
  readonly persistence: TensorLike;
  /** Steps of the integrator in each move, a whole number of at least 1; 1 unless given. */
  readonly leapfrogSteps?: number;
  /**
   * Where given, the number that the acceptance probability is compared to is not drawn anew but moves by this $`\delta`$ on a circle of
   * length 2, from 0 up to but below 2, so that rejections come in clusters and the momentum goes on for longer between them.
   * Neal takes 0.03. A scalar tensor may be traced.
   */
  readonly thresholdShift?: TensorLike;
}

/** What generalised Hamiltonian Monte Carlo keeps from step to step. */
export type GeneralisedHmcState<X extends Tree> = PhasePoint<X> & {
  /** The threshold $`u`$ in (-1, 1) of the acceptance test, `[chains]`; only with `thresholdShift`. */
  readonly threshold?: Tensor;
};

/** Part of the old momentum and part of a new one, $`\alpha p + \sqrt{1 - \alpha^2} \xi`$, which keeps $`N(0, M)`$. */
export function refreshMomentum<X extends Tree>(metric: Metric<X>, key: Key, momentum: X, persistence: TensorLike): X {
  const share = isTensor(persistence) ? sqrt(sub(1, square(persistence))) : Math.sqrt(1 - persistence ** 2);
  return mapTree((p, xi) => add(mul(p, persistence), mul(xi, share)), momentum, metric.draw(key, momentum));
}

/**
 * Generalised (guided) Hamiltonian Monte Carlo: renews only part of the momentum, $`p \leftarrow \alpha p + \sqrt{1 - \alpha^2} \xi`$ with $`\xi \sim N(0, M)`$, follows a short trajectory,
 * accepts its end as `hmc` does, and turns the momentum round where it is refused. So chains go on in one direction over many cheap
 * moves. Exact for every choice of the options. One gradient for each leapfrog step.
 *
 * A refusal undoes the way made, so acceptance must be high, 0.9 or more. With `thresholdShift` the test uses Neal's persistent
 * threshold: accept where $`|u| < e^{-\Delta H}`$, then $`u \leftarrow u e^{\Delta H}`$; before every step $`u \leftarrow u + \delta`$ on the circle [-1, 1). For momenta drawn anew see
 * `hmc`; for the same dynamics without a test, and without exactness, see `underdampedLangevin`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size and persistence; number of steps, metric, integrator and shift of the threshold.
 * @returns A kernel over positions `[chains, ...event]` whose state carries the momentum. `init` draws it from its key.
 * @throws EbmError when an option is out of its range or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = generalisedHmc(gaussian({ mean: [0, 0] }), { stepSize: 0.3, persistence: 0.9, thresholdShift: 0.03 });
 * ```
 * @see Horowitz, "A generalized guided Monte Carlo algorithm", 1991, https://doi.org/10.1016/0370-2693(91)90812-5
 * @see Neal, "Non-reversibly updating a uniform [0,1] value for Metropolis accept/reject decisions", 2020,
 * https://arxiv.org/abs/2001.11950
 */
export function generalisedHmc<X extends Tree>(
  target: ContinuousEnergy<X>,
  options: GeneralisedHmcOptions<X>,
): Kernel<X, GeneralisedHmcState<X>, HamiltonianInfo> {
  const { stepSize, persistence, leapfrogSteps = 1, thresholdShift } = options;
  const { metric = identityMetric<X>(), integrator = leapfrog } = options;
  checkContinuous('generalisedHmc', target);
  checkTimeStep('generalisedHmc', stepSize);
  checkWithin('generalisedHmc', 'persistence', persistence, 0, 1);
  checkedCount('generalisedHmc', 'leapfrogSteps', leapfrogSteps, 1);
  checkIntegrator('generalisedHmc', integrator);
  if (thresholdShift !== undefined) checkWithin('generalisedHmc', 'thresholdShift', thresholdShift, 0, 2);
  const scheme = consecutive(integrator, leapfrogSteps);
  return defineKernel<X, GeneralisedHmcState<X>, HamiltonianInfo>({
    init: (start, key) => {
      const state = startGradient('generalisedHmc', target, start);
      const [momentumKey, thresholdKey] = split(key, 2);
      const momentum = metric.draw(momentumKey, state.position);
      if (thresholdShift === undefined) return { ...state, momentum };
      const chains = chainsOf('generalisedHmc', start);
      return { ...state, momentum, threshold: sub(mul(uniform(thresholdKey, [chains]), 2), 1) };
    },
    step: (key, { threshold, ...state }) => {
      const [momentumKey, acceptKey] = split(key, 2);
      const momentum = refreshMomentum(metric, momentumKey, state.momentum, persistence);
      const start = { ...state, momentum };
      const { end, energyError } = followTrajectory(target, metric, scheme, start, stepSize);
      const turned = { ...start, momentum: mapTree((p) => neg(p), momentum) };
      if (threshold === undefined || thresholdShift === undefined) {
        const info = testEnergy(energyError, uniform(acceptKey, [chainsOf('generalisedHmc', state.position)]));
        return { state: chooseChains(info.accepted, end, turned), info };
      }
      const shifted = sub(mod(add(add(threshold, thresholdShift), 1), 2), 1);
      const info = testEnergy(energyError, abs(shifted));
      const next = where(info.accepted, mul(shifted, exp(energyError)), shifted);
      return { state: { ...chooseChains(info.accepted, end, turned), threshold: next }, info };
    },
  });
}
