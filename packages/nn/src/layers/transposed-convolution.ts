import { conv2d, type Pair, zeros } from '@ebmkit/tensor';
import { checkImages } from '../checks.js';
import { lecunNormal } from '../initialisers/variance-scaling.js';
import { defineLayer, type Layer } from '../layer.js';
import { type ConvolutionLayerOptions, type ConvolutionParams, checkedGeometry } from './convolution.js';
import { addBias } from './dense.js';
import type { Padding } from './padding.js';

/** What is cut off the full output at both ends of an axis; below 0 where zeros are added. */
function cropOf(padding: Padding, axis: 0 | 1, taps: number, stride: number): Pair {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return padding[axis];
  const total = taps - stride;
  const before = Math.floor(Math.max(0, total) / 2);
  return [before, total - before];
}

/**
 * A transposed convolution: the linear map that is the transpose of a strided convolution, which makes images larger. Computed as a
 * convolution over the image whose pixels are spread apart by the strides (input dilation).
 *
 * An axis of length $`h`$ with stride $`s`$, dilation $`d`$ and window $`k`$ becomes $`(h - 1) s + d (k - 1) + 1 - p_1 - p_2`$ long:
 * the padding is that of the convolution which this transposes, so it *cuts off*. `valid` cuts nothing, `same` gives $`h s`$, and
 * in `[[top, bottom], [left, right]]` a smaller second number plays the part of PyTorch's `output_padding`.
 *
 * The taps are those of the convolution over the spread image: PyTorch's `ConvTranspose2d` holds them turned by 180 degrees, as
 * `[channels, filters, height, width]`. A window that is a multiple of the stride covers all pixels evenly; `upsample` followed by
 * `convolution` is the twin that always does.
 *
 * @param options - Channels, filters, window; strides, padding, dilation, bias, how it begins.
 * @returns A layer from `[n, height, width, channels]` to `[n, height', width', filters]`.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the images do not fit.
 *
 * @example
 * ```ts
 * const layer = transposedConvolution({ channels: 64, filters: 32, window: 4, strides: 2, padding: 'same' });
 * const y = layer.apply(layer.init(key(1)), zeros([10, 7, 7, 64])); // [10, 14, 14, 32]
 * ```
 * @see Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285
 */
export function transposedConvolution(options: ConvolutionLayerOptions): Layer<ConvolutionParams> {
  const { padding, strides, dilation, window, weightShape } = checkedGeometry('transposedConvolution', options);
  const { channels, filters, bias = true, weight = lecunNormal } = options;
  const around = (axis: 0 | 1): Pair => {
    const reach = (window[axis] - 1) * dilation[axis];
    const [before, after] = cropOf(padding, axis, reach + 1, strides[axis]);
    return [reach - before, reach - after];
  };
  const geometry = {
    padding: [around(0), around(1)],
    inputDilation: strides,
    kernelDilation: dilation,
  } as const;
  return defineLayer<ConvolutionParams>({
    init: (key) => ({ weight: weight(key, weightShape), ...(bias && { bias: zeros([filters]) }) }),
    apply: (params, x) => {
      checkImages('transposedConvolution', x, channels);
      return addBias(conv2d(x, params.weight, geometry), params.bias);
    },
  });
}
