import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  exp,
  isTensor,
  logicalNot,
  mapTree,
  mul,
  neg,
  sub,
  type TensorLike,
  type Tree,
} from '@ebmkit/tensor';
import { checkPositive, checkTimeStep } from '../hamiltonian/arguments.js';
import { type HamiltonianInfo, staysBounded } from '../hamiltonian/hamiltonian-info.js';
import { identityMetric, kineticEnergy, type Metric } from '../hamiltonian/metric.js';
import { drift, kick, type PhasePoint } from '../hamiltonian/splitting-integrator.js';
import { checkContinuous, evaluate } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { chainsOf, chooseChains } from '../kernel/position.js';
import { refreshMomentum } from './generalised-hmc.js';
import { startGradient } from './langevin.js';

/** How underdamped Langevin dynamics moves. */
export interface UnderdampedLangevinOptions<X extends Tree> {
  /**
   * The step size $`\varepsilon`$, in units of a length of the target (of a standard deviation where the metric is that of the target): a positive
   * number, or a scalar tensor, which may be traced. Stable below 2.
   */
  readonly stepSize: TensorLike;
  /**
   * The friction $`\gamma`$, one over the time in which momenta are forgotten: a positive number, or a scalar tensor, which may be traced. About 2
   * is fastest on a unit Gaussian; a large one gives the moves of `langevin` with step size $`\varepsilon^2 / 2`$, but
   * with noise that is the mean of this step's and the next one's, which takes away the bias of first order.
   */
  readonly friction: TensorLike;
  /** The kinetic energy; `identityMetric()` unless given. */
  readonly metric?: Metric<NoInfer<X>>;
}

/** $`e^{-\gamma \varepsilon}`$, the share of the momentum that a step keeps. */
function keptShare(friction: TensorLike, stepSize: TensorLike): TensorLike {
  return isTensor(friction) || isTensor(stepSize) ? exp(neg(mul(friction, stepSize))) : Math.exp(-friction * stepSize);
}

/**
 * Underdamped (kinetic) Langevin dynamics, $`dx = M^{-1} p \, dt`$ and $`dp = -\nabla E(x) dt - \gamma p \, dt + (2 \gamma M)^{1/2} dW`$, by the splitting BAOAB: half a kick, half a
 * drift, the exact solution of friction and noise $`p \leftarrow e^{-\gamma \varepsilon} p + (1 - e^{-2 \gamma \varepsilon})^{1/2} \xi`$ with $`\xi \sim N(0, M)`$, half a drift, half a kick.
 *
 * Biased: the stationary distribution of the positions differs from the target by $`O(\varepsilon^2)`$, and not at all on a Gaussian; that of the momenta
 * differs by $`O(\varepsilon^2)`$ there too. One gradient for each step. For the limit without momenta see `langevin`, whose bias is $`O(\varepsilon)`$ in its
 * own step size; for the same dynamics without bias see `generalisedHmc`. For other temperatures take `temper(energy, beta)`.
 * A step to an energy or gradient that is not finite, or whose energy error is above 1000, is refused, its momentum turned round, and
 * reported in `info.diverged`. `info.energyError` is the change of the total energy but for what friction and noise changed.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size and friction; metric.
 * @returns A kernel over positions `[chains, ...event]` whose state carries the momentum. `init` draws it from its key.
 * @throws EbmError when an option is out of its range or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = underdampedLangevin(doubleWell({ eventShape: [2] }), { stepSize: 0.1, friction: 1 });
 * ```
 * @see Leimkuhler and Matthews, "Rational construction of stochastic numerical methods for molecular sampling", 2013,
 * https://arxiv.org/abs/1203.5428
 */
export function underdampedLangevin<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, friction, metric = identityMetric() }: UnderdampedLangevinOptions<X>,
): Kernel<X, PhasePoint<X>, HamiltonianInfo> {
  checkContinuous('underdampedLangevin', target);
  checkTimeStep('underdampedLangevin', stepSize);
  checkPositive('underdampedLangevin', 'friction', friction, 'Try 1.');
  const kinetic = (p: X) => kineticEnergy(p, metric.velocity(p));
  return defineKernel<X, PhasePoint<X>, HamiltonianInfo>({
    init: (start, key) => {
      const state = startGradient('underdampedLangevin', target, start);
      return { ...state, momentum: metric.draw(key, state.position) };
    },
    step: (key, state) => {
      const chains = chainsOf('underdampedLangevin', state.position);
      const before = kick(state.momentum, state.gradient, stepSize, 0.5);
      const middle = drift(target, state.position, metric.velocity(before), stepSize, 0.5);
      const after = refreshMomentum(metric, key, before, keptShare(friction, stepSize));
      const position = drift(target, middle, metric.velocity(after), stepSize, 0.5);
      const reached = evaluate('underdampedLangevin', target, position, chains);
      const momentum = kick(after, reached.gradient, stepSize, 0.5);
      const kineticChange = add(sub(kinetic(before), kinetic(state.momentum)), sub(kinetic(momentum), kinetic(after)));
      const energyError = add(sub(reached.energy, state.energy), kineticChange);
      const bounded = staysBounded(energyError);
      const turned = { ...state, momentum: mapTree((p) => neg(p), state.momentum) };
      return {
        state: chooseChains(bounded, { ...reached, momentum }, turned),
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
