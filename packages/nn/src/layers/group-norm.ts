import { add, mul, ones, reshape, sizeOf, zeros } from '@ebmkit/tensor';
import { checkDivides, checkFeatures, checkPositive } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';
import type { NormParams } from './layer-norm.js';
import { standardise } from './standardise.js';

/** What a group normalisation works on. */
export interface GroupNormOptions {
  /** How many channels the images have. */
  readonly channels: number;
  /** How many groups of neighbouring channels; divides `channels`. 1 is layer normalisation, `channels` instance normalisation. */
  readonly groups: number;
  /** Added to the variance, above 0; 1e-5 unless given. */
  readonly epsilon?: number;
}

/**
 * Group normalisation: in each image, each group of channels gets mean 0 and variance 1 over its channels and all pixels, then
 * each channel a learned scale and shift,
 *
 * ```math
 * y_c = \gamma_c \, \frac{x_c - \mu_{g(c)}}{\sqrt{\sigma^2_{g(c)} + \epsilon}} + \beta_c .
 * ```
 *
 * Images do not see each other (as they do in batch normalisation), so an energy that uses it stays a function of one state.
 * Equal to PyTorch's `GroupNorm`.
 *
 * @param options - Channels, groups, epsilon.
 * @returns A layer that keeps the shape `[n, ..., channels]`.
 * @throws EbmError when `groups` does not divide `channels`; `apply` throws ShapeError when the channels do not fit.
 *
 * @example
 * ```ts
 * const layer = groupNorm({ channels: 32, groups: 8 });
 * const y = layer.apply(layer.init(key(1)), zeros([10, 14, 14, 32])); // [10, 14, 14, 32]
 * ```
 * @see Wu and He, "Group normalization", 2018, https://arxiv.org/abs/1803.08494
 */
export function groupNorm({ channels, groups, epsilon = 1e-5 }: GroupNormOptions): Layer<NormParams> {
  checkDivides('groupNorm', ['groups', groups], ['channels', channels]);
  checkPositive('groupNorm', 'epsilon', epsilon);
  return defineLayer<NormParams>({
    init: () => ({ scale: ones([channels]), shift: zeros([channels]) }),
    apply: ({ scale, shift }, x) => {
      checkFeatures('groupNorm', x, channels);
      const grouped = reshape(x, [x.shape[0] as number, sizeOf(x.shape.slice(1, -1)), groups, channels / groups]);
      return add(mul(reshape(standardise(grouped, [1, 3], epsilon), x.shape), scale), shift);
    },
  });
}
