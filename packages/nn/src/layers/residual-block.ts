import { silu, split, type Tensor } from '@ebmkit/tensor';
import { checkImages, type Sizes } from '../checks.js';
import { type Activation, applyStage, defineLayer, type Layer } from '../layer.js';
import { type ConvolutionParams, convolution } from './convolution.js';
import { groupNorm } from './group-norm.js';
import type { NormParams } from './layer-norm.js';
import { averagePool } from './pool.js';
import { addShortcut } from './residual.js';

/** What a residual block is made of. */
export interface ResidualBlockOptions {
  /** How many channels come in. */
  readonly channels: number;
  /** How many channels go out; `channels` unless given. */
  readonly filters?: number;
  /** The size of both windows; 3 unless given. */
  readonly window?: Sizes;
  /** The activation; `silu` unless given. */
  readonly activation?: Activation;
  /** Normalise by groups before each activation, in this many groups; not at all unless given. */
  readonly groups?: number;
  /** Halve height and width at the end, by averaging; false unless given. */
  readonly downsample?: boolean;
}

/** The parameters of a residual block. */
export type ResidualBlockParams = {
  /** Of the first normalisation, if there is one. */
  readonly firstNorm?: NormParams;
  /** Of the first convolution, channels to filters. */
  readonly first: ConvolutionParams;
  /** Of the second normalisation, if there is one. */
  readonly secondNorm?: NormParams;
  /** Of the second convolution, filters to filters. */
  readonly second: ConvolutionParams;
  /** Of the 1×1 convolution beside them, without bias, where the number of channels changes. */
  readonly shortcut?: ConvolutionParams;
};

/**
 * A residual block for images, with activations before convolutions: (normalise,) activate, convolve, (normalise,) activate, convolve,
 * and add what came in, through a 1×1 convolution where the number of channels changes; then, when asked, average pixels two by
 * two. Both convolutions keep height and width. Energies mostly go without normalisation.
 *
 * @param options - Channels, filters, window, activation, groups, whether to halve.
 * @returns A layer from `[n, height, width, channels]` to `[n, height', width', filters]`.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the images do not fit.
 *
 * @example
 * ```ts
 * const block = residualBlock({ channels: 32, filters: 64, downsample: true });
 * const y = block.apply(block.init(key(1)), zeros([10, 28, 28, 32])); // [10, 14, 14, 64]
 * ```
 * @see He, Zhang, Ren and Sun, "Identity mappings in deep residual networks", 2016, https://arxiv.org/abs/1603.05027
 */
export function residualBlock(options: ResidualBlockOptions): Layer<ResidualBlockParams> {
  const { channels, filters = channels, window = 3, activation = silu, groups, downsample = false } = options;
  const first = convolution({ channels, filters, window, padding: 'same' });
  const second = convolution({ channels: filters, filters, window, padding: 'same' });
  const across = convolution({ channels, filters, window: 1, bias: false });
  const norms =
    groups === undefined ? undefined : [groupNorm({ channels, groups }), groupNorm({ channels: filters, groups })];
  const halve = averagePool({ window: 2 });
  const activate = (norm: Layer<NormParams> | undefined, params: NormParams | undefined, x: Tensor): Tensor =>
    activation(norm && params ? norm.apply(params, x) : x);
  return defineLayer<ResidualBlockParams>({
    init: (key) => {
      const [forFirst, forSecond, forShortcut] = split(key, 3);
      const [firstNorm, secondNorm] = norms?.map((norm) => norm.init(forFirst)) ?? [];
      return {
        ...(firstNorm && { firstNorm }),
        first: first.init(forFirst),
        ...(secondNorm && { secondNorm }),
        second: second.init(forSecond),
        ...(filters !== channels && { shortcut: across.init(forShortcut) }),
      };
    },
    apply: (params, x) => {
      checkImages('residualBlock', x, channels);
      const between = first.apply(params.first, activate(norms?.[0], params.firstNorm, x));
      const branch = second.apply(params.second, activate(norms?.[1], params.secondNorm, between));
      const beside = params.shortcut ? across.apply(params.shortcut, x) : x;
      const y = addShortcut('residualBlock', branch, beside);
      return downsample ? applyStage(halve, null, y) : y;
    },
  });
}
