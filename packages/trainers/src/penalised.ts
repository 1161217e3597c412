import { add, stopGradient, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/**
 * An objective with a penalty added to its loss: sparse activities, small weights, or anything else that can be computed from parameters
 * and batch.
 *
 * @param objective - The objective.
 * @param penalty - A scalar, differentiable in the parameters, and already scaled.
 * @returns An objective of the same state. Its metrics are those of the objective, and `penalty`.
 *
 * @example
 * ```ts
 * const objective = penalised(contrastiveDivergence(machine, { kernel: machine.kernel }), sparsity(machine, { target: 0.1, cost: 0.01 }));
 * ```
 */
export function penalised<P extends Tree, B, S extends Tree>(
  objective: Objective<P, B, S>,
  penalty: (params: P, batch: B) => Tensor,
): Objective<P, B, S> {
  return {
    init: objective.init,
    loss: (key, params, batch, state) => {
      const { loss, metrics, state: next } = objective.loss(key, params, batch, state);
      const added = penalty(params, batch);
      return { loss: add(loss, added), state: next, metrics: { ...metrics, penalty: stopGradient(added) } };
    },
  };
}
