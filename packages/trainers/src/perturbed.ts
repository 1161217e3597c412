import { type Key, split, type Tree } from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/**
 * An objective at parameters that are perturbed anew in each batch: dropout and DropConnect of a machine, or weight noise. Gradients flow
 * through the perturbation to the parameters.
 *
 * @param objective - The objective.
 * @param perturb - The perturbed parameters, differentiable in the given ones.
 * @returns An objective of the same state and metrics.
 *
 * @example
 * ```ts
 * const objective = perturbed(contrastiveDivergence(machine, { kernel: machine.kernel }), dropConnect(machine, { rate: 0.5 }));
 * ```
 */
export function perturbed<P extends Tree, B, S extends Tree>(
  objective: Objective<P, B, S>,
  perturb: (key: Key, params: P) => P,
): Objective<P, B, S> {
  return {
    init: objective.init,
    loss: (key, params, batch, state) => {
      const [forParams, forLoss] = split(key, 2);
      return objective.loss(forLoss, perturb(forParams, params), batch, state);
    },
  };
}
