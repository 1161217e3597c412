import { EbmError, reshape, type Shape, ShapeError, silu, split } from '@ebmkit/tensor';
import { checkCount, checkedEventShape, checkStates } from '../checks.js';
import type { Initialiser } from '../initialisers/initialiser.js';
import { type Activation, initAll, scopedTree } from '../layer.js';
import { type ConvolutionParams, convolution } from '../layers/convolution.js';
import { type DenseParams, dense } from '../layers/dense.js';
import { type SpectralNormalisationOptions, withSpectral } from '../spectral/spectrally-normalised.js';
import type { NeuralEnergy } from './neural-energy.js';

/** The size of a convolutional energy. */
export interface ConvEnergyOptions {
  /** The shape of one image, `[height, width, channels]`. */
  readonly eventShape: Shape;
  /** How many channels each convolution gives: the first keeps the size, each later one halves it. `[32, 64, 64]` unless given. */
  readonly filters?: readonly number[];
  /** The activation after each convolution; `silu` unless given. */
  readonly activation?: Activation;
  /** How the weights begin; `lecunNormal` unless given. */
  readonly weight?: Initialiser;
  /** Divide the weights of each layer by their largest singular value; not unless given. */
  readonly spectral?: SpectralNormalisationOptions;
}

/** The parameters of a convolutional energy. */
export type ConvEnergyParams = {
  /** Those of the convolutions, first to last. */
  readonly convolutions: readonly ConvolutionParams[];
  /** Those of the dense layer that gives the energy. */
  readonly output: DenseParams;
};

/** Halves a length, rounded up, as often as there are convolutions after the first. */
const halved = (length: number, times: number): number => Math.ceil(length / 2 ** times);

/**
 * A convolutional network as an energy of images: a 3×3 convolution that keeps the size, 4×4 convolutions with stride 2 that halve
 * it, each followed by the activation, and a dense layer from all that is left to one number. No pooling and no normalisation, so
 * that the gradient is smooth and reaches every pixel evenly.
 *
 * @param options - The shape of images, the filters, the activation, how it begins, spectral normalisation.
 * @returns A model with parameters to learn, for `bind` and `fit`.
 * @throws EbmError or ShapeError when an option is outside its range; `energy` throws ShapeError when the images do not fit.
 *
 * @example
 * ```ts
 * const model = convEnergy({ eventShape: [28, 28, 1], filters: [32, 64, 64] });
 * const energies = model.energy(model.init(key(1)), zeros([10, 28, 28, 1])); // [10]
 * ```
 * @see Nijkamp et al., "On the anatomy of MCMC-based maximum likelihood learning of energy-based models", 2020, https://arxiv.org/abs/1903.12370
 */
export function convEnergy(options: ConvEnergyOptions): NeuralEnergy<ConvEnergyParams> {
  const { filters = [32, 64, 64], activation = silu, weight, spectral } = options;
  const eventShape = checkedEventShape('convEnergy', options.eventShape);
  const [height, width, channels] = eventShape;
  if (height === undefined || width === undefined || channels === undefined || eventShape.length !== 3)
    throw new ShapeError(
      `convEnergy: eventShape must be [height, width, channels], got [${eventShape.join(', ')}]. Grey images have one channel.`,
    );
  if (filters.length === 0)
    throw new EbmError('argument', 'convEnergy: filters must have at least one number, got none.');
  filters.forEach((count, i) => {
    checkCount('convEnergy', `filters[${i}]`, count);
  });
  const begin = weight && { weight };
  const layers = filters.map((count, i) => {
    const step = i === 0 ? { window: 3 } : { window: 4, strides: 2 };
    return withSpectral(
      convolution({ channels: filters[i - 1] ?? channels, filters: count, padding: 'same', ...step, ...begin }),
      spectral,
    );
  });
  const times = filters.length - 1;
  const features = halved(height, times) * halved(width, times) * (filters.at(-1) as number);
  const output = withSpectral(dense({ inputs: features, outputs: 1, ...begin }), spectral);
  return {
    init: (key) => {
      const [first, second] = split(key, 2);
      return { convolutions: initAll(first, layers), output: output.init(second) };
    },
    energy: (params, x) => {
      checkStates('convEnergy', x, eventShape);
      const n = x.shape[0] as number;
      return scopedTree(() => {
        const image = layers.reduce(
          (y, layer, i) => activation(layer.apply(params.convolutions[i] as ConvolutionParams, y)),
          x,
        );
        return reshape(output.apply(params.output, reshape(image, [n, features])), [n]);
      });
    },
    support: 'continuous',
  };
}
