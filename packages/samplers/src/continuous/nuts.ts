import type { ContinuousEnergy } from '@ebmkit/energy';
import { EbmError, jitWhile, type Key, type TensorLike, type Tree } from '@ebmkit/tensor';
import { type AdaptableKernel, isAdaptableMetric, type StepSettings } from '../adaptation/adaptable.js';
import { checkTimeStep } from '../hamiltonian/arguments.js';
import { identityMetric, type Metric } from '../hamiltonian/metric.js';
import { checkIntegrator, leapfrog, type SplittingIntegrator } from '../hamiltonian/splitting-integrator.js';
import { checkContinuous, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Transition } from '../kernel/kernel.js';
import { startGradient } from './langevin.js';
import { goesOn, grow, open } from './nuts/growth.js';
import type { Dynamics } from './nuts/leaf.js';
import { infoOf, type NutsInfo } from './nuts/nuts-info.js';

export type { NutsInfo } from './nuts/nuts-info.js';

/** How the no-U-turn sampler moves. */
export interface NutsOptions<X extends Tree> {
  /** The step size $`\varepsilon`$ of the integrator, in units of a length of the target where masses are 1: a positive number, or a scalar tensor. */
  readonly stepSize: TensorLike;
  /** The most doublings of a trajectory, a whole number from 1 to 20; 10 unless given, for at most 1,023 steps of the integrator. */
  readonly maxTreeDepth?: number;
  /** The kinetic energy; unit masses unless given. */
  readonly metric?: Metric<X>;
  /** The scheme of a step; `leapfrog` unless given. */
  readonly integrator?: SplittingIntegrator;
}

/** More doublings than anyone waits for: a million steps of the integrator. */
const mostDoublings = 20;

function checkDepth(maxTreeDepth: number): void {
  if (!Number.isInteger(maxTreeDepth) || maxTreeDepth < 1 || maxTreeDepth > mostDoublings)
    throw new EbmError(
      'argument',
      `nuts: maxTreeDepth must be a whole number from 1 to ${mostDoublings}, got ${maxTreeDepth}. Each doubling doubles the longest trajectory.`,
    );
}

/**
 * The no-U-turn sampler: Hamiltonian Monte Carlo that finds the length of its trajectories by itself. It doubles a trajectory, forward or
 * backward in time as a coin falls, until it, or one of the halves, quarters, … of its last doubling, makes a U-turn; the new
 * point is one of its leaves, drawn with probability proportional to
 *
 * ```math
 * e^{-H(x, p)}, \qquad H(x, p) = E(x) + \tfrac12 p^\top M^{-1} p,
 * ```
 *
 * within a doubling, and preferring the latest doubling over what was before, with probability $`\min(1, w_{new} / w_{old})`$.
 * Exact: the target is invariant for every step size. A step costs one gradient for each leaf, $`2^{d} - 1`$ or fewer for $`d`$
 * doublings; chains move together, so a batch costs as much as its longest trajectory. The step size is right when
 * `acceptanceProbability` is about 0.8; `warmUp` finds it, and the metric. For trajectories of a fixed length see `hmc`.
 *
 * Where the energy error passes 1,000 or is not finite the trajectory ends and the step reports `diverged`: with a fine step size this
 * marks regions of high curvature that the chain cannot enter. The step reads a flag every eight leaves, so it is `eager`; what it
 * computes is compiled in three programs, which `clear` frees.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size, most doublings, metric and integrator.
 * @returns A kernel over positions `[chains, ...event]`, which `warmUp` can adapt.
 * @throws EbmError when the step size is not positive, the depth is out of range or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = nuts(gaussian({ mean: [0, 0] }), { stepSize: 0.8 });
 * ```
 * @see Hoffman and Gelman, "The No-U-Turn Sampler", 2014, https://arxiv.org/abs/1111.4246; Betancourt, "A conceptual introduction to
 * Hamiltonian Monte Carlo", 2017, appendix A, https://arxiv.org/abs/1701.02434
 */
export function nuts<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, maxTreeDepth = 10, metric = identityMetric<X>(), integrator = leapfrog }: NutsOptions<NoInfer<X>>,
): AdaptableKernel<X, GradientState<X>, NutsInfo> {
  checkContinuous('nuts', target);
  checkTimeStep('nuts', stepSize);
  checkDepth(maxTreeDepth);
  checkIntegrator('nuts', integrator);
  const [mass, metricOf] = isAdaptableMetric(metric) ? [metric.mass, metric.withMass] : [null, () => metric];
  const dynamicsOf = (settings: StepSettings): Dynamics<X> => ({
    target,
    metric: metricOf(settings.mass),
    integrator,
    stepSize: settings.stepSize,
  });
  const transit = jitWhile({
    begin: (key: Key, state: GradientState<X>, settings: StepSettings) =>
      open(key, dynamicsOf(settings), state, maxTreeDepth),
    goesOn: (growth) => goesOn(growth, maxTreeDepth),
    round: (key, growth, _, settings) => grow(key, dynamicsOf(settings), growth),
    end: ({ trajectory }): Transition<GradientState<X>, NutsInfo> => {
      const { position, energy, gradient } = trajectory.candidate;
      return { state: { position, energy, gradient }, info: infoOf(trajectory, maxTreeDepth) };
    },
  });
  const step = (key: Key, state: GradientState<X>) => transit(key, state, { stepSize, mass });
  const { clear } = transit;
  const kernel = defineKernel<X, GradientState<X>, NutsInfo>({
    init: (start) => startGradient('nuts', target, start),
    step: Object.assign(step, { clear }),
    eager: true,
    clear,
  });
  return { ...kernel, stepWith: transit };
}
