import { bernoulli, cast, EbmError, fold, isTensor, type Key, mul, type Shape, type Tensor } from '@ebmkit/tensor';

/** How much is dropped. */
export interface DropoutOptions {
  /** The probability of being dropped, at least 0 and below 1. */
  readonly rate: number;
}

/** What must be known of a machine: the type of its parameters. `rbm`, `classRbm`, `conditionalRbm`, `temporalRbm` and `convolutionalRbm` fit. */
export interface WithWeights<P extends { readonly weight: Tensor }> {
  /** Draws parameters, of which `weight` ends in the axis of hidden units or filters: `[V, H]`, or `[height, width, channels, filters]`. */
  readonly init: (key: Key) => P;
}

/** The weights of the machines of this package that end in the hidden axis: of all, of a class RBM, of a conditional and a temporal one. */
const intoHidden = ['weight', 'labelWeight', 'givenToHidden'];
/** All weights: those, and the autoregressive ones of a conditional and a temporal RBM. */
const allWeights = [...intoHidden, 'givenToVisible'];

/** The perturbation that multiplies the parameters of some names, where they are there, by masks. */
function masked<P extends object>(
  where: string,
  { rate }: DropoutOptions,
  names: readonly string[],
  maskOf: (key: Key, kept: number, index: number, shape: Shape) => Tensor,
): (key: Key, params: P) => P {
  if (!(rate >= 0 && rate < 1))
    throw new EbmError('argument', `${where}: rate must be at least 0 and below 1, got ${rate}.`);
  const kept = 1 - rate;
  return (key, params) => {
    const given = params as Readonly<Record<string, unknown>>;
    if (!isTensor(given.weight))
      throw new EbmError(
        'argument',
        `${where}: expected parameters with a weight, got ${Object.keys(params).join(', ')}. Use it for the machines of a deep one, one by one.`,
      );
    const perturbed = names.flatMap((name, index) => {
      const weight = given[name];
      if (!isTensor(weight)) return [];
      const mask = cast(maskOf(key, kept, index, weight.shape), 'float32');
      return [[name, mul(weight, mul(mask, 1 / kept))] as const];
    });
    return { ...params, ...Object.fromEntries(perturbed) };
  };
}

/**
 * Drops hidden units at random: a perturbation of parameters for `perturbed` of `@ebmkit/trainers`, which draws it anew for every batch. All
 * weights of a dropped unit are 0, so that it meets no visible unit, no label of a `classRbm` and nothing that a `conditionalRbm` is given; one choice holds for the whole batch.
 * A `convolutionalRbm` loses whole filters. In a `temporalRbm` nothing reaches a dropped unit, and its memory, which its bias alone sets then, goes on to the
 * next frames. `dropout` and `dropConnect` take these machines and `rbm`; deep ones train their machines one by one.
 *
 * The scale is inverted: weights that are kept are divided by $`1 - \text{rate}`$, so that their mean over all choices is the weight itself. The
 * trained parameters are then used as they are, and must not be scaled down. (In the paper kept weights are not scaled, and the trained ones are.)
 *
 * @param _machine - The machine, which says what parameters there are.
 * @param options - The rate.
 * @returns From a key and parameters to perturbed parameters, through which gradients flow.
 * @throws EbmError when the rate is out of range, or when parameters have no `weight`.
 *
 * @example
 * ```ts
 * const objective = perturbed(contrastiveDivergence(machine, { kernel: machine.kernel }), dropout(machine, { rate: 0.5 }));
 * ```
 * @see Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, §8, https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout<P extends { readonly weight: Tensor }>(
  _machine: WithWeights<P>,
  options: DropoutOptions,
): (key: Key, params: P) => P {
  return masked('dropout', options, intoHidden, (key, kept, _, shape) =>
    bernoulli(key, kept, [1, shape.at(-1) as number]),
  );
}

/**
 * Drops single weights at random. As `dropout`, with a choice of its own for every weight, those of labels and of what is given too, and the same inverted scale: kept weights are divided by
 * $`1 - \text{rate}`$, and trained parameters are used as they are.
 *
 * @param _machine - The machine, which says what parameters there are.
 * @param options - The rate.
 * @returns From a key and parameters to perturbed parameters, through which gradients flow.
 * @throws EbmError when the rate is out of range, or when parameters have no `weight`.
 *
 * @example
 * ```ts
 * const objective = perturbed(contrastiveDivergence(machine, { kernel: machine.kernel }), dropConnect(machine, { rate: 0.5 }));
 * ```
 * @see Wan et al., "Regularization of neural networks using DropConnect", 2013, https://proceedings.mlr.press/v28/wan13.html
 */
export function dropConnect<P extends { readonly weight: Tensor }>(
  _machine: WithWeights<P>,
  options: DropoutOptions,
): (key: Key, params: P) => P {
  return masked('dropConnect', options, allWeights, (key, kept, index, shape) =>
    bernoulli(index === 0 ? key : fold(key, index), kept, shape),
  );
}
