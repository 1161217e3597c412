import { add, EbmError, mapTree, mul, neg, type Tensor, type Tree, zeros, zerosLike } from '@ebmkit/tensor';
import { checkNumber } from './checks.js';
import { defineTransform } from './define-transform.js';
import { type Schedule, toLearningRate } from './schedule.js';
import type { Transform } from './transform.js';

/** The settings of stochastic gradient descent. */
export interface SgdOptions {
  /** How far one step goes: a number of at least 0, or a schedule. */
  readonly learningRate: number | Schedule;
  /** What part of the last velocity is kept, from 0 to below 1; 0 unless given. */
  readonly momentum?: number;
  /** Look ahead along the velocity (Nesterov). Needs a momentum above 0. */
  readonly nesterov?: boolean;
}

/** What stochastic gradient descent keeps between steps. */
export type SgdState<P extends Tree> = {
  /** How many steps were taken: a scalar int32 tensor. */
  readonly step: Tensor;
  /** The running sum of gradients, like the parameters; null without momentum. */
  readonly velocity: P | null;
};

/**
 * Stochastic gradient descent. With gradient $`g`$, momentum $`\mu`$ and learning rate $`\eta`$:
 *
 * ```math
 * v \leftarrow \mu v + g, \qquad \theta \leftarrow \theta - \eta v
 * ```
 *
 * With `nesterov` the step is $`-\eta (g + \mu v)`$. Equal to PyTorch's `SGD` with `dampening=0`.
 *
 * @param options - Learning rate, momentum, nesterov.
 * @returns A transform from gradients to updates.
 * @throws EbmError when a setting is outside its range.
 * @see Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013, https://proceedings.mlr.press/v28/sutskever13.html
 *
 * @example
 * ```ts
 * const optimiser = sgd({ learningRate: 0.05, momentum: 0.9 });
 * ```
 */
export function sgd<P extends Tree>({
  learningRate,
  momentum = 0,
  nesterov = false,
}: SgdOptions): Transform<P, SgdState<P>> {
  const rateAt = toLearningRate('sgd', learningRate);
  checkNumber('sgd', 'momentum', momentum, { atLeast: 0, below: 1 });
  if (nesterov && momentum === 0)
    throw new EbmError('argument', 'sgd: nesterov needs a momentum above 0, got 0. Give momentum, for instance 0.9.');
  return defineTransform<P, SgdState<P>>({
    init: (params) => ({
      step: zeros([], 'int32'),
      velocity: momentum === 0 ? null : mapTree((p) => zerosLike(p), params),
    }),
    update: (gradients, state) => {
      const factor = neg(rateAt(state.step));
      const velocity =
        state.velocity === null ? null : mapTree((v, g) => add(mul(v, momentum), g), state.velocity, gradients);
      const along =
        velocity === null
          ? gradients
          : nesterov
            ? mapTree((g, v) => add(g, mul(v, momentum)), gradients, velocity)
            : velocity;
      return { updates: mapTree((d) => mul(d, factor), along), state: { step: add(state.step, 1), velocity } };
    },
  });
}
