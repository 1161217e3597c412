import { add, EbmError, log, mean, mul, neg, sub, sum, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Units } from '../units/units.js';

/** How sparse hidden units are to be, and how much that counts. */
export interface SparsityOptions {
  /** The mean activity that every hidden unit is drawn to, above 0 and below 1; 0.01 to 0.1 is usual. */
  readonly target: number;
  /** What the penalty is multiplied by. */
  readonly cost: number;
}

/** What `sparsity` must know of a machine. */
export interface WithHiddenMean<P extends Tree, B> {
  /** The hidden layer, to check that its states are 0 and 1; a machine without one, such as `convolutionalRbm`, has no others. */
  readonly hidden?: Pick<Units, 'kind' | 'sites'>;
  /** The mean of the hidden layer given a batch, `[n, H]`, `[n, time, H]` or `[n, height, width, filters]`. */
  readonly hiddenMean: (params: P, batch: B) => Tensor;
}

/**
 * A penalty on hidden units whose mean activity $`q_j`$ over the batch is not the target $`t`$: the cross-entropy
 *
 * ```math
 * c \sum_j - t \log q_j - (1 - t) \log(1 - q_j)
 * ```
 *
 * where the activity of a filter is its mean over all places as well, and that of a unit of a `temporalRbm` its mean over all frames. Its gradient pulls the input of every unit by $`q_j - t`$, on average over a batch of like activities. Give it to `penalised` of
 * `@ebmkit/trainers`; it takes `rbm`, `classRbm`, `conditionalRbm`, `temporalRbm` and `convolutionalRbm`. When the objective completes its batches, such as by `framesBefore`, complete
 * them here too: `(params, batch) => penalty(params, framesBefore(batch))`. It is infinite when a unit is on, or off, in the whole batch up to the rounding of float32.
 *
 * @param machine - A machine whose hidden states are 0 and 1.
 * @param options - The target, and the cost.
 * @returns From parameters and a batch to a scalar.
 * @throws EbmError when an option is out of range or hidden means are not probabilities.
 *
 * @example
 * ```ts
 * const objective = penalised(contrastiveDivergence(machine, { kernel: machine.kernel }), sparsity(machine, { target: 0.1, cost: 0.01 }));
 * ```
 * @see Lee, Ekanadham and Ng, "Sparse deep belief net model for visual area V2", 2008, https://papers.nips.cc/paper/3313-sparse-deep-belief-net-model-for-visual-area-v2
 * @see Hinton, "A practical guide to training restricted Boltzmann machines", 2012, §11, https://doi.org/10.1007/978-3-642-35289-8_32
 */
export function sparsity<P extends Tree, B>(
  machine: WithHiddenMean<P, B>,
  { target, cost }: SparsityOptions,
): (params: P, batch: B) => Tensor {
  if (!(target > 0 && target < 1))
    throw new EbmError('argument', `sparsity: target must be above 0 and below 1, got ${target}.`);
  if (!(cost >= 0 && cost < Number.POSITIVE_INFINITY))
    throw new EbmError('argument', `sparsity: cost must be a finite number of at least 0, got ${cost}.`);
  const { hidden } = machine;
  if (hidden && !hidden.sites?.every((site) => site.flat().every((x) => x === 0 || x === 1)))
    throw new EbmError(
      'argument',
      `sparsity: expected hidden units of 0 and 1, got ${hidden.kind} units. Use bernoulli or softmax units.`,
    );
  return (params, batch) => {
    const means = machine.hiddenMean(params, batch);
    const activity = mean(
      means,
      means.shape.slice(0, -1).map((_, axis) => axis),
    );
    const entropies = add(mul(log(activity), target), mul(log(sub(1, activity)), 1 - target));
    return mul(neg(sum(entropies)), cost);
  };
}
