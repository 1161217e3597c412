import { add, mul, ones, type Shape, ShapeError, type Tensor, zeros } from '@ebmkit/tensor';
import { checkedEventShape, checkPositive, showShape } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';
import { standardise } from './standardise.js';

/** What a layer normalisation works on. */
export interface LayerNormOptions {
  /** The trailing axes to normalise over: `[features]`, or all axes of an event. */
  readonly shape: Shape;
  /** Added to the variance, above 0; 1e-5 unless given. */
  readonly epsilon?: number;
}

/** The parameters of a normalisation. */
export type NormParams = {
  /** What the normalised values are multiplied by; begins at 1. */
  readonly scale: Tensor;
  /** What is added to them; begins at 0. */
  readonly shift: Tensor;
};

/**
 * Layer normalisation: each row gets mean 0 and variance 1 over its trailing axes, then a learned scale and shift,
 *
 * ```math
 * y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta .
 * ```
 *
 * Rows do not see each other, so an energy that uses it stays a function of one state. Equal to PyTorch's `LayerNorm`. The near
 * twin is `groupNorm`, which has a scale for each channel and works on images.
 *
 * @param options - Which trailing axes, and epsilon.
 * @returns A layer that keeps the shape `[n, ..., ...shape]`.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the trailing axes do not fit.
 *
 * @example
 * ```ts
 * const layer = layerNorm({ shape: [128] });
 * const y = layer.apply(layer.init(key(1)), zeros([10, 128])); // [10, 128]
 * ```
 * @see Ba, Kiros and Hinton, "Layer normalization", 2016, https://arxiv.org/abs/1607.06450
 */
export function layerNorm({ shape, epsilon = 1e-5 }: LayerNormOptions): Layer<NormParams> {
  const trailing = checkedEventShape('layerNorm', shape);
  checkPositive('layerNorm', 'epsilon', epsilon);
  if (trailing.length === 0)
    throw new ShapeError('layerNorm: shape must have at least one axis, got []. Give the lengths of the last axes.');
  const axes = trailing.map((_, i) => i - trailing.length);
  return defineLayer<NormParams>({
    init: () => ({ scale: ones(trailing), shift: zeros(trailing) }),
    apply: ({ scale, shift }, x) => {
      if (x.shape.length <= trailing.length || trailing.some((length, i) => x.shape.at(axes[i] as number) !== length))
        throw new ShapeError(
          `layerNorm: expected [n, ..., ${trailing.join(', ')}], got ${showShape(x.shape)}. Give layerNorm the lengths of the last axes.`,
        );
      return add(mul(standardise(x, axes, epsilon), scale), shift);
    },
  });
}
