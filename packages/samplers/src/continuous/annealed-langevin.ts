import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  EbmError,
  floor,
  gather,
  minimum,
  mul,
  reshape,
  square,
  type Tensor,
  type TensorLike,
  type Tree,
  tensor,
} from '@ebmkit/tensor';
import { anneal } from '../combinators/anneal.js';
import type { ScheduledState } from '../combinators/scheduled.js';
import type { GradientState } from '../kernel/evaluate.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { checkStepSize } from '../kernel/step-size.js';
import { langevin } from './langevin.js';

/** How annealed Langevin dynamics moves. */
export interface AnnealedLangevinOptions {
  /** The noise levels, falling, in the units of the states: the last one should be small beside any detail of the data. */
  readonly sigmas: readonly number[];
  /** How many moves are made at each level. */
  readonly stepsPerLevel: number;
  /**
   * The step size at the last level, in units of its square: level $`\sigma_i`$ moves with $`\varepsilon \sigma_i^2`$. A positive number,
   * or a scalar tensor.
   */
  readonly stepSize: TensorLike;
}

/**
 * Annealed Langevin dynamics: unadjusted Langevin moves on a sequence of energies, each that of the data blurred with Gaussian noise
 * of level $`\sigma_i`$, from wide to narrow. At level $`i`$ the step size is $`\varepsilon_i = \varepsilon \sigma_i^2`$, so that the ratio of drift to
 * noise stays the same. After the last level it goes on there. A heuristic: it reaches modes that chains at the last level alone
 * would not find, in about the right proportions when the levels are close and the moves many. One gradient for each step, and one
 * evaluation at the new level.
 *
 * @param energyAt - The energy at a noise level, a scalar tensor whose number it must not read: a trained noise-conditional model.
 * @param options - Levels, moves per level and step size.
 * @returns A kernel over positions `[chains, ...event]` whose state counts its steps; a whole pass takes
 * `sigmas.length * stepsPerLevel` of them.
 * @throws EbmError when the levels are not falling positive numbers, or another option is wrong.
 *
 * @example
 * ```ts
 * const kernel = annealedLangevin((sigma) => blurred(sigma), { sigmas: [10, 3, 1, 0.3, 0.1], stepsPerLevel: 100, stepSize: 0.1 });
 * ```
 * @see Song and Ermon, "Generative modeling by estimating gradients of the data distribution", 2019, https://arxiv.org/abs/1907.05600
 */
export function annealedLangevin<X extends Tree>(
  energyAt: (sigma: Tensor) => ContinuousEnergy<X>,
  { sigmas, stepsPerLevel, stepSize }: AnnealedLangevinOptions,
): Kernel<X, ScheduledState<X, GradientState<X>>, MoveInfo> {
  checkStepSize('annealedLangevin', stepSize);
  const isFalling = sigmas.every((s, i) => s > 0 && Number.isFinite(s) && (i === 0 || s < (sigmas[i - 1] as number)));
  if (sigmas.length === 0 || !isFalling)
    throw new EbmError(
      'argument',
      `annealedLangevin: sigmas must be positive numbers that fall, got [${sigmas.join(', ')}]. A geometric sequence from the largest distance between data to a hundredth of it is usual.`,
    );
  if (!Number.isInteger(stepsPerLevel) || stepsPerLevel < 1)
    throw new EbmError(
      'argument',
      `annealedLangevin: stepsPerLevel must be a whole number of at least 1, got ${stepsPerLevel}. 100 is common.`,
    );
  const sigmaAt = (step: Tensor): Tensor => {
    const level = minimum(floor(mul(add(cast(step, 'float32'), 0.5), 1 / stepsPerLevel)), sigmas.length - 1);
    return reshape(gather(tensor([...sigmas]), reshape(cast(level, 'int32'), [1])), []);
  };
  return anneal(sigmaAt, (sigma) => {
    const scale = square(sigma);
    return langevin(energyAt(sigma), { stepSize: mul(scale, stepSize) });
  });
}
