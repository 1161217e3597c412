import { bernoulli, cast, EbmError, type Key, mul, type Shape, type Tensor } from '@ebmkit/tensor';

/** How much is dropped. */
export interface DropoutOptions {
  /** The probability of being dropped, at least 0 and below 1. */
  readonly rate: number;
}

/** What must be known of a machine: its sizes, and the type of its parameters. */
export interface WithWeights<P extends { readonly weight: Tensor }> {
  /** The visible layer. */
  readonly visible: { readonly size: number };
  /** The hidden layer. */
  readonly hidden: { readonly size: number };
  /** Draws parameters, of which `weight` is `[V, H]`. */
  readonly init: (key: Key) => P;
}

function perturbation<P extends { readonly weight: Tensor }>(
  where: string,
  { rate }: DropoutOptions,
  maskShape: Shape,
): (key: Key, params: P) => P {
  if (!(rate >= 0 && rate < 1))
    throw new EbmError('argument', `${where}: rate must be at least 0 and below 1, got ${rate}.`);
  const kept = 1 - rate;
  return (key, params) => {
    const mask = cast(bernoulli(key, kept, maskShape), 'float32');
    return { ...params, weight: mul(params.weight, mul(mask, 1 / kept)) };
  };
}

/**
 * Drops hidden units at random: a perturbation of parameters for `perturbed` of `@ebmkit/trainers`, which draws it anew for every batch. All
 * weights of a dropped unit are 0, so that it meets no visible unit; one choice holds for the whole batch.
 *
 * The scale is inverted: weights that are kept are divided by $`1 - \text{rate}`$, so that their mean over all choices is the weight itself. The
 * trained parameters are then used as they are, and must not be scaled down. (In the paper kept weights are not scaled, and the trained ones are.)
 *
 * @param machine - The machine.
 * @param options - The rate.
 * @returns From a key and parameters to perturbed parameters, through which gradients flow.
 * @throws EbmError when the rate is out of range.
 *
 * @example
 * ```ts
 * const objective = perturbed(contrastiveDivergence(machine, { kernel: machine.kernel }), dropout(machine, { rate: 0.5 }));
 * ```
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, §8, https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout<P extends { readonly weight: Tensor }>(
  machine: WithWeights<P>,
  options: DropoutOptions,
): (key: Key, params: P) => P {
  return perturbation('dropout', options, [1, machine.hidden.size]);
}

/**
 * Drops single weights at random. As `dropout`, with a choice of its own for every weight, and the same inverted scale: kept weights are divided by
 * $`1 - \text{rate}`$, and trained parameters are used as they are.
 *
 * @param machine - The machine.
 * @param options - The rate.
 * @returns From a key and parameters to perturbed parameters, through which gradients flow.
 * @throws EbmError when the rate is out of range.
 * @see Wan et al., "Regularization of neural networks using DropConnect", 2013, https://proceedings.mlr.press/v28/wan13.html
 */
export function dropConnect<P extends { readonly weight: Tensor }>(
  machine: WithWeights<P>,
  options: DropoutOptions,
): (key: Key, params: P) => P {
  return perturbation('dropConnect', options, [machine.visible.size, machine.hidden.size]);
}
