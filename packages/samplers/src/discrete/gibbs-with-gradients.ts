import type { DiscreteEnergy } from '@ebmkit/energy';
import { add, any, full, split, sub, type Tensor, where } from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';
import {
  checkRelaxable,
  type DiscreteGradientState,
  type DiscreteOptions,
  evaluateGradient,
  freeSites,
  soundMoves,
  startDiscrete,
} from './discrete-target.js';
import { bestMove, logProbability, logWeights, perturb, shifted, shiftsOf, undoing } from './local-moves.js';
import { sitesOf } from './state-space.js';

/**
 * Gibbs with gradients: changes one site in each step, and lets the gradient say which. With $`\Delta_m(x) = \nabla E(x) \cdot (x^m - x)`$, the
 * first-order change of the energy by move $`m`$ (one site to another of its values), it proposes
 *
 * ```math
 * q(x^m \mid x) = \frac{e^{-\Delta_m(x) / 2}}{\sum_j e^{-\Delta_j(x) / 2}}
 * ```
 *
 * and accepts it for each chain on its own with probability $`\min(1, e^{E(x) - E(x')} q(x \mid x') / q(x' \mid x))`$, in which the energies
 * are those of the states. Exact, whatever the energy does between states; good where it is smooth there. One energy and one
 * gradient for each step. For several sites in a step see `pathAuxiliary` and `discreteLangevin`; without gradients,
 * `randomScanGibbs`. A proposal whose energy or gradient is not finite is refused and reported in `info.diverged`. What is
 * fixed (`clamp`) is never proposed to move.
 *
 * @param target - An energy over discrete states. Over bits it must take float32 zeros and ones as well, and be differentiable there;
 * over categories it must have `relaxed`.
 * @param options - The space of states.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the energy is over real states or lacks what the space needs.
 *
 * @example
 * ```ts
 * const kernel = gibbsWithGradients(bind(machine, params), { space: binaryStates() });
 * ```
 * @see Grathwohl, Swersky, Hashemi, Duvenaud and Maddison, "Oops I took a gradient: scalable sampling for discrete distributions",
 * 2021, https://arxiv.org/abs/2102.04509
 */
export function gibbsWithGradients(
  target: DiscreteEnergy,
  { space }: DiscreteOptions,
): Kernel<Tensor, DiscreteGradientState, MoveInfo> {
  const caller = 'gibbsWithGradients';
  checkRelaxable(caller, target, space);
  return defineKernel<Tensor, DiscreteGradientState, MoveInfo>({
    init: (start) => evaluateGradient(caller, target, space, startDiscrete(caller, target, space, start)),
    step: (key, from) => {
      const [moveKey, acceptKey] = split(key, 2);
      const free = freeSites(target, space, from.position);
      const moving = free ? any(free, 1) : full([chainsOf(caller, from.position)], 1, 'bool');
      const weights = logWeights(space, from, free);
      const move = bestMove(perturb(moveKey, weights));
      const shifts = shiftsOf(space, move, sitesOf(from.position), moving);
      const to = evaluateGradient(caller, target, space, shifted(space, from.position, shifts));
      const back = logProbability(logWeights(space, to, free), undoing(space, move));
      const proposals = where(moving, sub(back, logProbability(weights, move)), 0);
      const logRatio = add(sub(from.energy, to.energy), proposals);
      return metropolisTest(acceptKey, { from, to, logRatio, sound: soundMoves(from, to) });
    },
  });
}
