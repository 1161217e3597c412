import type { StochasticEnergy } from '@ebmkit/energy';
import { cast, logicalNot, split, type TensorLike, type Tree } from '@ebmkit/tensor';
import { diffuse, drift } from '../continuous/langevin.js';
import { evaluate, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, chooseChains, normalLike } from '../kernel/position.js';
import { checkStepSize } from '../kernel/step-size.js';
import { batchEnergy, checkStochastic, finiteMoves, startEstimate } from './batch-energy.js';

/** How stochastic gradient Langevin dynamics moves. */
export interface SgldOptions {
  /**
   * The step size $`\varepsilon`$ of `langevin`, half of that of the paper, in units of the square of a length of the target: a positive number, or a scalar
   * tensor, which may be traced. For one that decays use `scheduled`.
   */
  readonly stepSize: TensorLike;
}

/**
 * Stochastic gradient Langevin dynamics: the move of `langevin` with the gradient of an estimate of the energy, from a new batch in every step,
 *
 * ```math
 * x' = x - \varepsilon \nabla \hat E(x) + \sqrt{2 \varepsilon} \, n, \qquad n \sim N(0, I).
 * ```
 *
 * Biased: by $`O(\varepsilon)`$ as `langevin`, and by the noise of the gradient, whose variance $`V`$ adds to that of the injected noise as $`\varepsilon^2 V`$ to $`2 \varepsilon`$, which is $`O(\varepsilon)`$ too. On
 * a Gaussian of precision $`a`$ the stationary variance is
 *
 * ```math
 * \frac{1}{a} \cdot \frac{1 + \varepsilon V / 2}{1 - \varepsilon a / 2}.
 * ```
 *
 * With step sizes that decay, $`\sum \varepsilon_t = \infty`$ and $`\sum \varepsilon_t^2 < \infty`$, weighted averages converge to the target's. One gradient of a batch for each step. With all data in a batch it is
 * `langevin`. For friction against the noise of gradients see `sghmc` and `sgnht`; to make that noise small, the control variate of `stochasticEnergy`. All chains of a step share
 * a batch, so that their errors go together: more chains do not average them out. A move to where the estimate or its gradient is not finite is refused and reported in
 * `info.diverged`.
 *
 * @param target - An energy with estimates, from `stochasticEnergy`.
 * @param options - The step size.
 * @returns A kernel over positions `[chains, ...event]`; energy and gradient in its state are those of the last batch.
 * @throws EbmError when the step size is not positive or the target gives no estimates.
 *
 * @example
 * ```ts
 * const noisy = stochasticEnergy(target, { batchSize: 32 });
 * const stepSize = (step: Tensor) => mul(pow(add(cast(step, 'float32'), 10), -0.55), 0.01);
 * const kernel = scheduled({ stepSize }, (settings) => sgld(noisy, settings));
 * ```
 * @see Welling and Teh, "Bayesian learning via stochastic gradient Langevin dynamics", 2011, https://icml.cc/2011/papers/398_icmlpaper.pdf;
 * Vollmer, Zygalakis and Teh, "Exploration of the (non-)asymptotic bias and variance of stochastic gradient Langevin dynamics", 2016, https://arxiv.org/abs/1501.00438
 */
export function sgld<X extends Tree>(
  target: StochasticEnergy<X>,
  { stepSize }: SgldOptions,
): Kernel<X, GradientState<X>, MoveInfo> {
  checkStochastic('sgld', target);
  checkStepSize('sgld', stepSize);
  return defineKernel<X, GradientState<X>, MoveInfo>({
    init: (start, key) => startEstimate('sgld', target, key, start),
    step: (key, state) => {
      const [noiseKey, batchKey] = split(key, 2);
      const batch = batchEnergy(target, batchKey);
      const position = diffuse(batch, drift(batch, state, stepSize), normalLike(noiseKey, state.position), stepSize);
      const proposal = evaluate('sgld', batch, position, chainsOf('sgld', position));
      const finite = finiteMoves(state, proposal);
      return {
        state: chooseChains(finite, proposal, state),
        info: { accepted: finite, acceptanceProbability: cast(finite, 'float32'), diverged: logicalNot(finite) },
      };
    },
  });
}
