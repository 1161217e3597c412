import { conv2d, type Tensor, zeros } from '@ebmkit/tensor';
import { checkCount, checkedPair, checkImages, type Sizes } from '../checks.js';
import type { Initialiser } from '../initialisers/initialiser.js';
import { lecunNormal } from '../initialisers/variance-scaling.js';
import { defineLayer, type Layer } from '../layer.js';
import { addBias } from './dense.js';
import { checkPadding, type Padding } from './padding.js';

/** The geometry of a convolution layer. */
export interface ConvolutionLayerOptions {
  /** How many channels come in. */
  readonly channels: number;
  /** How many channels go out. */
  readonly filters: number;
  /** The size of the window: one number for a square, or height and width. */
  readonly window: Sizes;
  /** Steps of the window; 1 unless given. */
  readonly strides?: Sizes;
  /** How the window meets the border; `valid` unless given. */
  readonly padding?: Padding;
  /** Spacing of the window's taps (an atrous convolution); 1 unless given. */
  readonly dilation?: Sizes;
  /** Whether a bias is added; true unless given. */
  readonly bias?: boolean;
  /** How the weights begin; `lecunNormal` unless given. The bias begins at 0. */
  readonly weight?: Initialiser;
}

/** The parameters of a convolution. */
export type ConvolutionParams = {
  /** The weights, `[height, width, channels, filters]`. */
  readonly weight: Tensor;
  /** The bias, `[filters]`; missing when the layer has none. */
  readonly bias?: Tensor;
};

/** The options with everything filled in, checked. */
export function checkedGeometry(
  where: string,
  { channels, filters, window, strides = 1, padding = 'valid', dilation = 1 }: ConvolutionLayerOptions,
) {
  checkCount(where, 'channels', channels);
  checkCount(where, 'filters', filters);
  checkPadding(where, padding);
  const taps = checkedPair(where, 'window', window);
  return {
    padding,
    strides: checkedPair(where, 'strides', strides),
    dilation: checkedPair(where, 'dilation', dilation),
    window: taps,
    weightShape: [...taps, channels, filters],
  };
}

/**
 * A convolution layer on images: `conv2d` of `@ebmkit/tensor` with weights and a bias,
 *
 * ```math
 * y_{n i j f} = b_f + \sum_{u v c} W_{u v c f} \, x_{n,\; s i + d u - p,\; s j + d v - p,\; c}
 * ```
 *
 * with strides $`s`$, dilation $`d`$ and padding $`p`$. PyTorch's `Conv2d` holds the weights as `[filters, channels, height, width]`.
 *
 * @param options - Channels, filters, window; strides, padding, dilation, bias, how it begins.
 * @returns A layer from `[n, height, width, channels]` to `[n, height', width', filters]`.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the images do not fit.
 *
 * @example
 * ```ts
 * const layer = convolution({ channels: 1, filters: 32, window: 3, padding: 'same' });
 * const y = layer.apply(layer.init(key(1)), zeros([10, 28, 28, 1])); // [10, 28, 28, 32]
 * ```
 * @see Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285
 */
export function convolution(options: ConvolutionLayerOptions): Layer<ConvolutionParams> {
  const { padding, strides, dilation, weightShape } = checkedGeometry('convolution', options);
  const { channels, filters, bias = true, weight = lecunNormal } = options;
  return defineLayer<ConvolutionParams>({
    init: (key) => ({ weight: weight(key, weightShape), ...(bias && { bias: zeros([filters]) }) }),
    apply: (params, x) => {
      checkImages('convolution', x, channels);
      return addBias(conv2d(x, params.weight, { strides, padding, kernelDilation: dilation }), params.bias);
    },
  });
}
