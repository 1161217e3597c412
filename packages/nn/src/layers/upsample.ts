import { add, broadcastTo, concat, EbmError, mul, reshape, slice, stack, type Tensor } from '@ebmkit/tensor';
import { checkedPair, checkImages, type Sizes } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';

/** How images are made larger. */
export interface UpsampleOptions {
  /** How many times as high and wide: one whole number for both, or height and width. */
  readonly factors: Sizes;
  /** `nearest` repeats pixels (the default); `bilinear` goes from pixel to pixel in straight lines. */
  readonly method?: 'nearest' | 'bilinear';
}

/** A stretch of one axis. */
function stretch(x: Tensor, axis: number, begin: number, length: number): Tensor {
  return slice(
    x,
    x.shape.map((_, i) => (i === axis ? begin : 0)),
    x.shape.map((whole, i) => (i === axis ? length : whole)),
  );
}

function nearest(x: Tensor, [down, across]: readonly [number, number]): Tensor {
  const [n, height, width, channels] = x.shape as readonly [number, number, number, number];
  const spread = broadcastTo(reshape(x, [n, height, 1, width, 1, channels]), [
    n,
    height,
    down,
    width,
    across,
    channels,
  ]);
  return reshape(spread, [n, height * down, width * across, channels]);
}

/** Linear interpolation along one axis. Output $`f i + r`$ lies at $`i + (r + 1/2) / f - 1/2`$, between two neighbours. */
function linear(x: Tensor, axis: number, factor: number): Tensor {
  if (factor === 1) return x;
  const length = x.shape[axis] as number;
  const padded = concat([stretch(x, axis, 0, 1), x, stretch(x, axis, length - 1, 1)], axis);
  const phases = Array.from({ length: factor }, (_, r) => {
    const offset = (r + 0.5) / factor - 0.5;
    const left = Math.floor(offset);
    const share = offset - left;
    const before = mul(stretch(padded, axis, left + 1, length), 1 - share);
    return share === 0 ? before : add(before, mul(stretch(padded, axis, left + 2, length), share));
  });
  return reshape(
    stack(phases, axis + 1),
    x.shape.map((whole, i) => (i === axis ? whole * factor : whole)),
  );
}

/**
 * Makes images larger by whole factors: by repeating pixels, or by bilinear interpolation between the centres of pixels (beyond
 * the outermost centres the border pixel holds). Equal to PyTorch's `Upsample` (`align_corners=False`).
 *
 * @param options - The factors and the method.
 * @returns A layer from `[n, height, width, channels]` to `[n, height', width', channels]`, without parameters.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the states are no images.
 *
 * @example
 * ```ts
 * upsample({ factors: 2, method: 'bilinear' }).apply(null, zeros([10, 7, 7, 64])); // [10, 14, 14, 64]
 * ```
 * @see Odena, Dumoulin and Olah, "Deconvolution and checkerboard artifacts", 2016, https://doi.org/10.23915/distill.00003
 */
export function upsample({ factors, method = 'nearest' }: UpsampleOptions): Layer<null> {
  const [down, across] = checkedPair('upsample', 'factors', factors);
  if (method !== 'nearest' && method !== 'bilinear')
    throw new EbmError('argument', `upsample: method must be "nearest" or "bilinear", got ${String(method)}.`);
  return defineLayer<null>({
    init: () => null,
    apply: (_, x) => {
      checkImages('upsample', x);
      return method === 'nearest' ? nearest(x, [down, across]) : linear(linear(x, 1, down), 2, across);
    },
  });
}
