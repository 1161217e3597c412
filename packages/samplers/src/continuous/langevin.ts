import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  logicalNot,
  mapTree,
  mul,
  sqrt,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
} from '@ebmkit/tensor';
import { checkContinuous, evaluate, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, checkReal, chooseChains, finiteChains, normalLike } from '../kernel/position.js';
import { checkStepSize } from '../kernel/step-size.js';

/** How Langevin dynamics moves. */
export interface LangevinOptions {
  /**
   * The step size $`\varepsilon`$, in units of the square of a length of the target: a positive number, or a scalar tensor, which
   * may be traced. Stable below 2 / (the largest curvature of the energy).
   */
  readonly stepSize: TensorLike;
}

/** The drift of one Langevin step, $`x - \varepsilon \nabla E(x)`$, with what is fixed put back in place. */
export function drift<X extends Tree>(
  target: ContinuousEnergy<X>,
  { position, gradient }: GradientState<X>,
  stepSize: TensorLike,
): X {
  const moved = mapTree((x, g) => sub(x, mul(g, stepSize)), position, gradient);
  return target.constrain ? target.constrain(moved) : moved;
}

/** Adds noise $`\sqrt{2 \varepsilon} n`$ to a position, with what is fixed put back in place. */
export function diffuse<X extends Tree>(target: ContinuousEnergy<X>, mean: X, noise: X, stepSize: TensorLike): X {
  const scale = typeof stepSize === 'number' ? Math.sqrt(2 * stepSize) : sqrt(mul(stepSize, 2));
  const moved = mapTree((m, n) => add(m, mul(n, scale)), mean, noise);
  return target.constrain ? target.constrain(moved) : moved;
}

/** The state at a start: checked, constrained, evaluated. */
export function startGradient<X extends Tree>(caller: string, target: ContinuousEnergy<X>, start: X): GradientState<X> {
  checkReal(caller, start);
  const position = target.constrain ? target.constrain(start) : start;
  return evaluate(caller, target, position, chainsOf(caller, position));
}

/**
 * Unadjusted Langevin dynamics: $`x' = x - \varepsilon \nabla E(x) + \sqrt{2 \varepsilon} n`$ with $`n \sim N(0, I)`$. Biased: its stationary distribution
 * differs from the target by $`O(\varepsilon)`$ (the variance of a unit Gaussian becomes $`1 / (1 - \varepsilon / 2)`$). One gradient for each step.
 * For the same move without bias see `mala`. A move to where the energy or its gradient is not finite is refused and reported
 * in `info.diverged`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - The step size.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the step size is not positive or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = langevin(gaussian({ mean: [0, 0] }), { stepSize: 0.1 });
 * ```
 * @see Roberts and Tweedie, "Exponential convergence of Langevin distributions and their discrete approximations", 1996,
 * https://doi.org/10.2307/3318418
 */
export function langevin<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize }: LangevinOptions,
): Kernel<X, GradientState<X>, MoveInfo> {
  checkContinuous('langevin', target);
  checkStepSize('langevin', stepSize);
  return defineKernel<X, GradientState<X>, MoveInfo>({
    init: (start) => startGradient('langevin', target, start),
    step: (key, state) => {
      const chains = chainsOf('langevin', state.position);
      const noise = normalLike(key, state.position);
      const position = diffuse(target, drift(target, state, stepSize), noise, stepSize);
      const proposal = evaluate('langevin', target, position, chains);
      const finite = finiteChains([proposal.energy, proposal.gradient]) as Tensor;
      return {
        state: chooseChains(finite, proposal, state),
        info: { accepted: finite, acceptanceProbability: cast(finite, 'float32'), diverged: logicalNot(finite) },
      };
    },
  });
}
