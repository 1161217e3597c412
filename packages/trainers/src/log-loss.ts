import { mean, neg, stopGradient, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Objective } from './objective.js';

/**
 * The mean of $`-\log p_\theta`$ over a batch, for models whose probabilities can be computed: a label given an image
 * (discriminative training), or data under a model with a known normaliser. Exact.
 *
 * @param logProbability - The log-probability of each row of a batch in nats, `[n]`.
 * @returns An objective without a state. Its metric is `logLikelihood`, the mean of the batch.
 *
 * @example
 * ```ts
 * const objective = logLoss(machine.logProbability); // log p(label | visible) of a class RBM
 * ```
 */
export function logLoss<P extends Tree, B extends Tree>(
  logProbability: (params: P, batch: B) => Tensor,
): Objective<P, B, null> {
  return {
    init: () => null,
    loss: (_, params, batch) => {
      const logLikelihood = mean(logProbability(params, batch));
      return { loss: neg(logLikelihood), state: null, metrics: { logLikelihood: stopGradient(logLikelihood) } };
    },
  };
}
