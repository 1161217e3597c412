import {
  add,
  cast,
  div,
  expm1,
  mapTree,
  mul,
  neg,
  sqrt,
  square,
  type Tensor,
  type Tree,
  zeros,
  zerosLike,
} from '@ebmkit/tensor';
import { checkNumber } from './checks.js';
import { defineTransform } from './define-transform.js';
import { type Schedule, toLearningRate } from './schedule.js';
import type { Transform } from './transform.js';

/** The settings of Adam. */
export interface AdamOptions {
  /** About how far one step moves each parameter: a number of at least 0, or a schedule. */
  readonly learningRate: number | Schedule;
  /** What part of the mean of gradients is kept each step, from 0 to below 1; 0.9 unless given. */
  readonly beta1?: number;
  /** What part of the mean of squared gradients is kept each step, from 0 to below 1; 0.999 unless given. */
  readonly beta2?: number;
  /** Added to the root of the mean square, above 0; 1e-8 unless given. */
  readonly epsilon?: number;
  /**
   * Decoupled weight decay: each step also shrinks the parameters by this times the learning rate, which makes it AdamW.
   * 0 unless given.
   */
  readonly weightDecay?: number;
}

/** What Adam keeps between steps. */
export type AdamState<P extends Tree> = {
  /** How many steps were taken: a scalar int32 tensor. */
  readonly step: Tensor;
  /** The running mean of gradients $`m`$, not yet corrected for its start at 0; like the parameters. */
  readonly mean: P;
  /** The running mean of squared gradients $`v`$, not yet corrected for its start at 0; like the parameters. */
  readonly meanSquare: P;
};

/** $`1 - \beta^t`$, accurate for every $`\beta`$ in single precision. */
function correction(beta: number, count: Tensor): Tensor | number {
  return beta === 0 ? 1 : neg(expm1(mul(count, Math.log(beta))));
}

/**
 * Adam, and with `weightDecay` AdamW. With gradient $`g`$ at step $`t = 1, 2, \dots`$ and learning rate $`\eta`$:
 *
 * ```math
 * m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
 * \theta \leftarrow \theta - \eta \left( \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon} + \lambda \theta \right)
 * ```
 *
 * Equal to PyTorch's `Adam` ($`\lambda = 0`$) and `AdamW` ($`\lambda`$ = `weightDecay`).
 *
 * @param options - Learning rate, the two betas, epsilon, decoupled weight decay.
 * @returns A transform from gradients to updates.
 * @throws EbmError when a setting is outside its range.
 * @see Kingma and Ba, "Adam", 2015, https://arxiv.org/abs/1412.6980; Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, https://arxiv.org/abs/1711.05101
 */
export function adam<P extends Tree>({
  learningRate,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamOptions): Transform<P, AdamState<P>> {
  const rateAt = toLearningRate('adam', learningRate);
  checkNumber('adam', 'beta1', beta1, { atLeast: 0, below: 1 });
  checkNumber('adam', 'beta2', beta2, { atLeast: 0, below: 1 });
  checkNumber('adam', 'epsilon', epsilon, { above: 0 });
  checkNumber('adam', 'weightDecay', weightDecay, { atLeast: 0 });
  return defineTransform<P, AdamState<P>>({
    init: (params) => ({
      step: zeros([], 'int32'),
      mean: mapTree((p) => zerosLike(p), params),
      meanSquare: mapTree((p) => zerosLike(p), params),
    }),
    update: (gradients, state, params) => {
      const step = add(state.step, 1);
      const count = cast(step, 'float32');
      const rate = rateAt(state.step);
      const mean = mapTree((m, g) => add(mul(m, beta1), mul(g, 1 - beta1)), state.mean, gradients);
      const meanSquare = mapTree((v, g) => add(mul(v, beta2), mul(square(g), 1 - beta2)), state.meanSquare, gradients);
      const factor = neg(div(rate, correction(beta1, count)));
      const root = sqrt(correction(beta2, count));
      const decay = neg(mul(rate, weightDecay));
      const updates = mapTree(
        (m, v, p) => {
          const moved = mul(div(m, add(div(sqrt(v), root), epsilon)), factor);
          return weightDecay === 0 ? moved : add(moved, mul(p, decay));
        },
        mean,
        meanSquare,
        params,
      );
      return { updates, state: { step, mean, meanSquare } };
    },
  });
}
