import { gather, normal, type Tensor } from '@ebmkit/tensor';
import { checkCount } from '../checks.js';
import type { Initialiser } from '../initialisers/initialiser.js';
import { defineLayer, type Layer } from '../layer.js';

/** The size of an embedding. */
export interface EmbeddingOptions {
  /** How many labels there are: labels are 0 … classes − 1. */
  readonly classes: number;
  /** How many numbers stand for a label. */
  readonly features: number;
  /** How the table begins; standard normal unless given. */
  readonly weight?: Initialiser;
}

/** The parameters of an embedding. */
export type EmbeddingParams = {
  /** One row for each label, `[classes, features]`. */
  readonly weight: Tensor;
};

/**
 * A table of learned vectors, one for each label: $`y_i = W_{x_i}`$. A product of one-hot rows with $`W`$, without the product.
 *
 * @param options - How many labels and features, how the table begins.
 * @returns A layer from int32 labels `[...]` to `[..., features]`; labels outside 0 … classes − 1 give undefined numbers.
 * @throws EbmError when a size is no whole number of at least 1, and from `apply` when the labels are not int32.
 *
 * @example
 * ```ts
 * const layer = embedding({ classes: 10, features: 64 });
 * const y = layer.apply(layer.init(key(1)), tensor([3, 7], [2], 'int32')); // [2, 64]
 * ```
 * @see Bengio et al., "A neural probabilistic language model", 2003, https://www.jmlr.org/papers/v3/bengio03a.html
 */
export function embedding({ classes, features, weight = normal }: EmbeddingOptions): Layer<EmbeddingParams> {
  checkCount('embedding', 'classes', classes);
  checkCount('embedding', 'features', features);
  return defineLayer<EmbeddingParams>({
    init: (key) => ({ weight: weight(key, [classes, features]) }),
    apply: (params, labels) => gather(params.weight, labels),
  });
}
