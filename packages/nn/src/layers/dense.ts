import { add, matMul, type Tensor, zeros } from '@ebmkit/tensor';
import { checkCount, checkFeatures } from '../checks.js';
import type { Initialiser } from '../initialisers/initialiser.js';
import { lecunNormal } from '../initialisers/variance-scaling.js';
import { defineLayer, type Layer } from '../layer.js';

/** The size of a dense layer. */
export interface DenseOptions {
  /** How many features come in. */
  readonly inputs: number;
  /** How many features go out. */
  readonly outputs: number;
  /** Whether a bias is added; true unless given. */
  readonly bias?: boolean;
  /** How the weights begin; `lecunNormal` unless given. The bias begins at 0. */
  readonly weight?: Initialiser;
}

/** The parameters of a dense layer, and of one with a window. */
export type DenseParams = {
  /** The weights, `[inputs, outputs]`. */
  readonly weight: Tensor;
  /** The bias, `[outputs]`; missing when the layer has none. */
  readonly bias?: Tensor;
};

/** Adds the bias where there is one. */
export function addBias(y: Tensor, bias: Tensor | undefined): Tensor {
  return bias ? add(y, bias) : y;
}

/**
 * A dense (fully connected) layer: $`y = x W + b`$ on the last axis. $`2 n`$ `inputs` `outputs` operations for $`n`$ rows.
 * PyTorch's `Linear` holds $`W^T`$.
 *
 * @param options - Its size, whether it has a bias, how it begins.
 * @returns A layer from `[n, ..., inputs]` to `[n, ..., outputs]`.
 * @throws EbmError when a size is no whole number of at least 1; `apply` throws ShapeError when the last axis does not fit.
 *
 * @example
 * ```ts
 * const layer = dense({ inputs: 2, outputs: 128 });
 * const y = layer.apply(layer.init(key(1)), zeros([10, 2])); // [10, 128]
 * ```
 * @see Goodfellow, Bengio and Courville, "Deep learning", 2016, chapter 6, https://www.deeplearningbook.org
 */
export function dense({ inputs, outputs, bias = true, weight = lecunNormal }: DenseOptions): Layer<DenseParams> {
  checkCount('dense', 'inputs', inputs);
  checkCount('dense', 'outputs', outputs);
  return defineLayer<DenseParams>({
    init: (key) => ({ weight: weight(key, [inputs, outputs]), ...(bias && { bias: zeros([outputs]) }) }),
    apply: (params, x) => {
      checkFeatures('dense', x, inputs);
      return addBias(matMul(x, params.weight), params.bias);
    },
  });
}
