import type { ContinuousEnergy } from '@ebmkit/energy';
import { exp, maximum, mul, split, sub, type Tensor, uniform } from '@ebmkit/tensor';
import { mala } from '../continuous/mala.js';
import type { GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';

const largest = 0.1;
const decades = 3;

/**
 * The sampler of `sample` when it is given none: `mala` with a step size that is 0.1 in half of the moves and log-uniform between
 * 0.0001 and 0.1 in the others. The draw of a step size does not look at the state, so the target stays invariant. The small steps
 * bring in chains that begin where the energy is steep, from where MALA with one large step never moves.
 */
export function defaultSampler(target: ContinuousEnergy): Kernel<Tensor, GradientState<Tensor>, MoveInfo> {
  const { init } = mala(target, { stepSize: largest });
  return defineKernel<Tensor, GradientState<Tensor>, MoveInfo>({
    init,
    step: (key, state) => {
      const [sizeKey, moveKey] = split(key, 2);
      const shrink = maximum(sub(mul(uniform(sizeKey, []), 2), 1), 0);
      const stepSize = mul(exp(mul(shrink, -decades * Math.LN10)), largest);
      return mala(target, { stepSize }).step(moveKey, state);
    },
  });
}
