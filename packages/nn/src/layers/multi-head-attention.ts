import {
  EbmError,
  matMul,
  mul,
  reshape,
  ShapeError,
  softmax,
  split,
  type Tensor,
  transpose,
  where,
} from '@ebmkit/tensor';
import { checkCount, checkDivides, showShape } from '../checks.js';
import type { Initialiser } from '../initialisers/initialiser.js';
import { glorotUniform } from '../initialisers/variance-scaling.js';
import { defineLayer, type Layer } from '../layer.js';
import { type DenseParams, dense } from './dense.js';

/** The size of an attention layer. */
export interface MultiHeadAttentionOptions {
  /** How many features each token has, coming in and going out. */
  readonly features: number;
  /** How many heads share them; divides `features`. */
  readonly heads: number;
  /** How many features each token of the context has; `features` unless given. */
  readonly contextFeatures?: number;
  /** Whether the four projections have biases; true unless given. */
  readonly bias?: boolean;
  /** How the projections begin; `glorotUniform` unless given. */
  readonly weight?: Initialiser;
}

/** The parameters of attention: four dense layers. */
export type MultiHeadAttentionParams = {
  /** From the tokens to what each asks for. */
  readonly query: DenseParams;
  /** From the context to what each of its tokens answers to. */
  readonly key: DenseParams;
  /** From the context to what each of its tokens says. */
  readonly value: DenseParams;
  /** From the joined heads to the output. */
  readonly output: DenseParams;
};

/** Whom tokens attend to. */
export interface AttentionInputs {
  /** The tokens to attend to, `[n, others, contextFeatures]`; the tokens themselves unless given. */
  readonly context?: Tensor;
  /** Bool, broadcast to `[n, heads, tokens, others]`: true where attention is allowed. A token that may attend to none is NaN. */
  readonly mask?: Tensor;
}

/** Attention: a layer from tokens `[n, tokens, features]` to the same shape whose `apply` may be told a context and a mask. */
export type MultiHeadAttention = Layer<MultiHeadAttentionParams, [inputs?: AttentionInputs]>;

function checkTokens(name: string, x: Tensor, features: number, batch?: number): void {
  if (x.shape.length !== 3 || x.shape[2] !== features || (batch !== undefined && x.shape[0] !== batch))
    throw new ShapeError(
      `multiHeadAttention: expected ${name} [${batch ?? 'n'}, tokens, ${features}], got ${showShape(x.shape)}. Images become tokens with reshape(x, [n, height * width, channels]).`,
    );
}

/** `[n, tokens, features]` to `[n, heads, tokens, features / heads]`. */
function toHeads(x: Tensor, heads: number): Tensor {
  const [n, tokens, features] = x.shape as readonly [number, number, number];
  return transpose(reshape(x, [n, tokens, heads, features / heads]), [0, 2, 1, 3]);
}

/** The weighted mean of values, head by head. */
function attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | undefined): Tensor {
  const logits = mul(matMul(query, key, { transposeB: true }), (query.shape[3] as number) ** -0.5);
  if (mask && mask.dtype !== 'bool')
    throw new EbmError(
      'dtype',
      `multiHeadAttention: mask must be bool, got ${mask.dtype}. Cast it: cast(mask, "bool").`,
    );
  return matMul(softmax(mask ? where(mask, logits, Number.NEGATIVE_INFINITY) : logits), value);
}

/**
 * Multi-head attention: each token takes a mean of what the others say, weighted by how well they answer what it asks, in several
 * heads side by side. With projections $`Q, K, V`$ of the head and $`d`$ features a head:
 *
 * ```math
 * \mathrm{softmax}\left( \frac{Q K^T}{\sqrt{d}} \right) V
 * ```
 *
 * The softmax does not overflow. Time and memory grow as tokens times others. Equal to PyTorch's `MultiheadAttention` (whose masks
 * say true where attention is *not* allowed).
 *
 * @param options - Features, heads, features of the context, biases, how it begins.
 * @returns A layer from `[n, tokens, features]` to the same shape; `apply` takes `context` and `mask` as well.
 * @throws EbmError when `heads` does not divide `features`; `apply` throws ShapeError when tokens or context do not fit.
 *
 * @example
 * ```ts
 * const layer = multiHeadAttention({ features: 64, heads: 4 });
 * const y = layer.apply(layer.init(key(1)), zeros([10, 49, 64])); // [10, 49, 64]
 * ```
 * @see Vaswani et al., "Attention is all you need", 2017, https://arxiv.org/abs/1706.03762
 */
export function multiHeadAttention(options: MultiHeadAttentionOptions): MultiHeadAttention {
  const { features, heads, contextFeatures = features, bias = true, weight = glorotUniform } = options;
  checkDivides('multiHeadAttention', ['heads', heads], ['features', features]);
  checkCount('multiHeadAttention', 'contextFeatures', contextFeatures);
  const own = dense({ inputs: features, outputs: features, bias, weight });
  const others = dense({ inputs: contextFeatures, outputs: features, bias, weight });
  return defineLayer<MultiHeadAttentionParams, [inputs?: AttentionInputs]>({
    init: (k) => {
      const [first, second, third, fourth] = split(k, 4);
      return { query: own.init(first), key: others.init(second), value: others.init(third), output: own.init(fourth) };
    },
    apply: (params, x, { context = x, mask } = {}) => {
      checkTokens('tokens', x, features);
      checkTokens('a context', context, contextFeatures, x.shape[0]);
      const query = toHeads(own.apply(params.query, x), heads);
      const [key, value] = [params.key, params.value].map((p) => toHeads(others.apply(p, context), heads)) as [
        Tensor,
        Tensor,
      ];
      const joined = reshape(transpose(attend(query, key, value, mask), [0, 2, 1, 3]), x.shape);
      return own.apply(params.output, joined);
    },
  });
}
