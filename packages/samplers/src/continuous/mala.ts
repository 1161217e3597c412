import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  div,
  exp,
  isFinite,
  less,
  logicalNot,
  mapTree,
  minimum,
  mul,
  split,
  square,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  uniform,
  where,
} from '@ebmkit/tensor';
import { checkContinuous, evaluate, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, chooseChains, normalLike, sumOverEvents } from '../kernel/position.js';
import { checkStepSize } from '../kernel/step-size.js';
import { diffuse, drift, type LangevinOptions, startGradient } from './langevin.js';

/** The energy of a Langevin proposal, $`-\log q(to \mid mean)`$ without its constant: $`|to - mean|^2 / 4 \varepsilon`$. */
function proposalEnergy<X extends Tree>(to: X, mean: X, stepSize: TensorLike): Tensor {
  const squares = mapTree((a, b) => square(sub(a, b)), to, mean);
  return div(sumOverEvents(squares), typeof stepSize === 'number' ? 4 * stepSize : mul(stepSize, 4));
}

/**
 * The Metropolis-adjusted Langevin algorithm: proposes the move of `langevin`, $`x' = x - \varepsilon \nabla E(x) + \sqrt{2 \varepsilon} n`$, and accepts it for
 * each chain on its own with probability
 *
 * ```math
 * \min\left(1, \frac{e^{-E(x')} q(x \mid x')}{e^{-E(x)} q(x' \mid x)}\right), \qquad q(x' \mid x) = N(x'; x - \varepsilon \nabla E(x), 2 \varepsilon I)
 * ```
 *
 * Exact: the target is invariant for every step size. One energy and one gradient for each step. The step size is right when about
 * 0.57 of the moves are accepted. A proposal whose energy or gradient is not finite is refused and reported in `info.diverged`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - The step size.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the step size is not positive or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = mala(gaussian({ mean: [0, 0] }), { stepSize: 0.5 });
 * ```
 * @see Roberts and Rosenthal, "Optimal scaling of discrete approximations to Langevin diffusions", 1998,
 * https://doi.org/10.1111/1467-9868.00123
 */
export function mala<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize }: LangevinOptions,
): Kernel<X, GradientState<X>, MoveInfo> {
  checkContinuous('mala', target);
  checkStepSize('mala', stepSize);
  return defineKernel<X, GradientState<X>, MoveInfo>({
    init: (start) => startGradient('mala', target, start),
    step: (key, state) => {
      const chains = chainsOf('mala', state.position);
      const [noiseKey, acceptKey] = split(key, 2);
      const mean = drift(target, state, stepSize);
      const position = diffuse(target, mean, normalLike(noiseKey, state.position), stepSize);
      const proposal = evaluate('mala', target, position, chains);
      const forward = proposalEnergy(proposal.position, mean, stepSize);
      const reverse = proposalEnergy(state.position, drift(target, proposal, stepSize), stepSize);
      const logRatio = sub(sub(state.energy, proposal.energy), sub(reverse, forward));
      const finite = isFinite(logRatio);
      const acceptanceProbability = where(finite, exp(minimum(logRatio, 0)), 0);
      const accepted = less(uniform(acceptKey, [chains]), acceptanceProbability);
      return {
        state: chooseChains(accepted, proposal, state),
        info: { accepted, acceptanceProbability, diverged: logicalNot(finite) },
      };
    },
  });
}
