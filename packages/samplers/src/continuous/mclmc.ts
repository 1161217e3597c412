import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  div,
  expm1,
  isTensor,
  type Key,
  logicalNot,
  mapTree,
  mul,
  neg,
  split,
  sqrt,
  type TensorLike,
  type Tree,
  uniform,
} from '@ebmkit/tensor';
import { checkPositive, checkTimeStep } from '../hamiltonian/arguments.js';
import { eventSizeOf } from '../hamiltonian/flat-event.js';
import { type HamiltonianInfo, staysBounded, testEnergy } from '../hamiltonian/hamiltonian-info.js';
import { drawDirection, followIsokinetic, isokineticSize, unitMomentum } from '../hamiltonian/isokinetic.js';
import { identityMetric, type Metric } from '../hamiltonian/metric.js';
import {
  checkIntegrator,
  consecutive,
  mcLachlan,
  type PhasePoint,
  type SplittingIntegrator,
} from '../hamiltonian/splitting-integrator.js';
import { checkedCount } from '../kernel/checked-count.js';
import { checkContinuous, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { chainsOf, chooseChains } from '../kernel/position.js';
import { startGradient } from './langevin.js';

/** How microcanonical Langevin Monte Carlo moves. */
export interface MclmcOptions<X extends Tree> {
  /**
   * The step size $`\varepsilon`$, the way that a step makes, in units of a length of the target: a positive number, or a scalar tensor, which may be
   * traced. It grows as the root of the number of dimensions.
   */
  readonly stepSize: TensorLike;
  /**
   * The way $`L`$ after which the direction is forgotten, in the same units: a positive number, or a scalar tensor, which may be traced. About
   * the root of the sum of the variances of the target.
   */
  readonly decoherenceLength: TensorLike;
  /** What unit length means; `identityMetric()` unless given. */
  readonly metric?: Metric<NoInfer<X>>;
  /** The scheme that follows the dynamics; `mcLachlan` unless given. */
  readonly integrator?: SplittingIntegrator;
}

/** How adjusted microcanonical sampling moves. */
export interface AdjustedMclmcOptions<X extends Tree> extends Omit<MclmcOptions<X>, 'decoherenceLength'> {
  /** Steps of the integrator in each trajectory, a whole number of at least 1. */
  readonly integrationSteps: number;
}

/** Perturbs directions so that they are forgotten over the length $`L`$: $`u \leftarrow (u + \nu z) / |u + \nu z|`$ with $`\nu^2 = (e^{2 \varepsilon / L} - 1) / d`$. */
function refreshDirection<X extends Tree>(
  metric: Metric<X>,
  key: Key,
  direction: X,
  stepSize: TensorLike,
  decoherenceLength: TensorLike,
): X {
  const size = eventSizeOf(direction);
  const noise =
    isTensor(stepSize) || isTensor(decoherenceLength)
      ? sqrt(mul(expm1(mul(div(stepSize, decoherenceLength), 2)), 1 / size))
      : Math.sqrt(Math.expm1((2 * stepSize) / decoherenceLength) / size);
  const perturbed = mapTree((u, z) => add(u, mul(z, noise)), direction, metric.draw(key, direction));
  return unitMomentum(metric, perturbed);
}

/**
 * Microcanonical Langevin Monte Carlo: moves with unit velocity along the isokinetic dynamics of the energy, whose positions are
 * distributed as $`e^{-E(x)}`$, and perturbs the direction a little after each step,
 *
 * ```math
 * \dot x = u, \qquad \dot u = -\frac{1}{d - 1} (I - u u^\top) \nabla E(x), \qquad u \leftarrow \frac{u + \nu z}{|u + \nu z|}, \quad \nu^2 = \frac{e^{2 \varepsilon / L} - 1}{d}
 * ```
 *
 * Biased: there is no test, and the stationary distribution differs from the target by $`O(\varepsilon^2)`$; the mean square of `info.energyError`
 * divided by the number of dimensions tells how much (5e-4 is usual). Two gradients for each step with `mcLachlan`, one with
 * `leapfrog`. Made for many dimensions; at least 2. For the same dynamics without bias see `adjustedMclmc`.
 * A step to an energy or gradient that is not finite, or whose energy error is above 1000, is refused, its direction turned round,
 * and reported in `info.diverged`.
 *
 * With a metric the dynamics runs in the coordinates in which $`M`$ is the identity: momenta have $`p^\top M^{-1} p = 1`$, velocities are $`M^{-1} p`$.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size and decoherence length; metric and integrator.
 * @returns A kernel over positions `[chains, ...event]` whose state carries the direction as its momentum. `init` draws it from its key.
 * @throws EbmError when an option is out of its range, the energy is over discrete states, or a position has less than 2 numbers.
 *
 * @example
 * ```ts
 * const kernel = mclmc(gaussian({ mean: new Float64Array(100) }), { stepSize: 2, decoherenceLength: 10 });
 * ```
 * @see Robnik, De Luca, Silverstein and Seljak, "Microcanonical Hamiltonian Monte Carlo", 2023, https://arxiv.org/abs/2212.08549
 * @see Robnik and Seljak, "Fluctuation without dissipation: microcanonical Langevin Monte Carlo", 2023,
 * https://arxiv.org/abs/2303.18221
 */
export function mclmc<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, decoherenceLength, metric = identityMetric(), integrator = mcLachlan }: MclmcOptions<X>,
): Kernel<X, PhasePoint<X>, HamiltonianInfo> {
  checkContinuous('mclmc', target);
  checkTimeStep('mclmc', stepSize);
  checkPositive('mclmc', 'decoherenceLength', decoherenceLength, 'Try the root of the sum of the variances.');
  checkIntegrator('mclmc', integrator);
  return defineKernel<X, PhasePoint<X>, HamiltonianInfo>({
    init: (start, key) => {
      const state = startGradient('mclmc', target, start);
      isokineticSize('mclmc', state.position);
      return { ...state, momentum: drawDirection(metric, key, state.position) };
    },
    step: (key, state) => {
      const { end, energyError } = followIsokinetic(target, metric, integrator, state, stepSize);
      const bounded = staysBounded(energyError);
      const momentum = refreshDirection(metric, key, end.momentum, stepSize, decoherenceLength);
      const turned = { ...state, momentum: mapTree((u) => neg(u), state.momentum) };
      return {
        state: chooseChains(bounded, { ...end, momentum }, turned),
        info: {
          accepted: bounded,
          acceptanceProbability: cast(bounded, 'float32'),
          diverged: logicalNot(bounded),
          energyError,
        },
      };
    },
  });
}

/**
 * Metropolis-adjusted microcanonical sampling: draws a direction uniformly, follows the isokinetic dynamics of `mclmc` for
 * `integrationSteps` steps, and accepts the end for each chain on its own with probability $`\min(1, e^{-W})`$, where
 *
 * ```math
 * W = E(x') - E(x) + (d - 1) \sum_{kicks} \log(\cosh \delta + (e \cdot u) \sinh \delta)
 * ```
 *
 * is the error of the energy. Exact for every choice of the options: the map of positions and directions is reversible, and $`W`$ holds
 * the change of its volume. Two gradients for each step of `mcLachlan`, one with `leapfrog`. Without the test, and with directions that go
 * on from step to step, it is `mclmc`; with momenta of any length it is `hmc`. A trajectory that ends at an energy that is not
 * finite, or more than 1000 above the start, is refused and reported in `info.diverged`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size and number of steps; metric and integrator.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when an option is out of its range, the energy is over discrete states, or a position has less than 2 numbers.
 *
 * @example
 * ```ts
 * const kernel = adjustedMclmc(gaussian({ mean: new Float64Array(100) }), { stepSize: 2, integrationSteps: 5 });
 * ```
 * @see Robnik, Cohn-Gordon and Seljak, "Metropolis adjusted microcanonical Hamiltonian Monte Carlo", 2025,
 * https://arxiv.org/abs/2503.01707
 */
export function adjustedMclmc<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, integrationSteps, metric = identityMetric(), integrator = mcLachlan }: AdjustedMclmcOptions<X>,
): Kernel<X, GradientState<X>, HamiltonianInfo> {
  checkContinuous('adjustedMclmc', target);
  checkTimeStep('adjustedMclmc', stepSize);
  checkedCount('adjustedMclmc', 'integrationSteps', integrationSteps, 1);
  checkIntegrator('adjustedMclmc', integrator);
  const scheme = consecutive(integrator, integrationSteps);
  return defineKernel<X, GradientState<X>, HamiltonianInfo>({
    init: (start) => {
      isokineticSize('adjustedMclmc', start);
      return startGradient('adjustedMclmc', target, start);
    },
    step: (key, state) => {
      const [directionKey, acceptKey] = split(key, 2);
      const momentum = drawDirection(metric, directionKey, state.position);
      const { end, energyError } = followIsokinetic(target, metric, scheme, { ...state, momentum }, stepSize);
      const info = testEnergy(energyError, uniform(acceptKey, [chainsOf('adjustedMclmc', state.position)]));
      const { position, energy, gradient } = end;
      return { state: chooseChains(info.accepted, { position, energy, gradient }, state), info };
    },
  });
}
