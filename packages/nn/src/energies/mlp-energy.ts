import { reshape, type Shape, silu, sizeOf } from '@ebmkit/tensor';
import { checkCount, checkedEventShape, checkStates } from '../checks.js';
import type { Initialiser } from '../initialisers/initialiser.js';
import { type Activation, initAll, scopedTree } from '../layer.js';
import { type DenseParams, dense } from '../layers/dense.js';
import { type SpectralNormalisationOptions, withSpectral } from '../spectral/spectrally-normalised.js';
import type { NeuralEnergy } from './neural-energy.js';

/** The size of a multilayer perceptron energy. */
export interface MlpEnergyOptions {
  /** The shape of one state. */
  readonly eventShape: Shape;
  /** How many units each hidden layer has, first to last; none makes the energy linear. */
  readonly hidden: readonly number[];
  /** The activation after each hidden layer; `silu` unless given. */
  readonly activation?: Activation;
  /** How the weights begin; `lecunNormal` unless given. */
  readonly weight?: Initialiser;
  /** Divide the weights of each layer by their largest singular value; not unless given. */
  readonly spectral?: SpectralNormalisationOptions;
}

/** The parameters of a multilayer perceptron energy: those of its dense layers, first to last. */
export type MlpEnergyParams = readonly DenseParams[];

/**
 * A multilayer perceptron as an energy: flattened states, dense layers with an activation between them, one number at the end,
 *
 * ```math
 * E(x) = w^T a(W_m \cdots a(W_1 x + b_1) \cdots + b_m) + b .
 * ```
 *
 * Every real function of the states can be approached, and whether $`e^{-E}`$ can be normalised is not ensured: add a term that grows,
 * such as a Gaussian (`product` of `@ebmkit/energy`), where that matters. The default activation is smooth, as score matching wants it.
 *
 * @param options - The shape of states, the hidden layers, the activation, how it begins, spectral normalisation.
 * @returns A model with parameters to learn, for `bind` and `fit`.
 * @throws EbmError or ShapeError when an option is outside its range; `energy` throws ShapeError when the states do not fit.
 *
 * @example
 * ```ts
 * const model = mlpEnergy({ eventShape: [2], hidden: [128, 128] });
 * const energies = model.energy(model.init(key(1)), zeros([10, 2])); // [10]
 * ```
 * @see LeCun et al., "A tutorial on energy-based learning", 2006, http://yann.lecun.com/exdb/publis/pdf/lecun-06.pdf
 */
export function mlpEnergy(options: MlpEnergyOptions): NeuralEnergy<MlpEnergyParams> {
  const eventShape = checkedEventShape('mlpEnergy', options.eventShape);
  const { hidden, activation = silu, weight, spectral } = options;
  hidden.forEach((units, i) => {
    checkCount('mlpEnergy', `hidden[${i}]`, units);
  });
  const sizes = [sizeOf(eventShape), ...hidden, 1];
  const layers = sizes.slice(1).map((outputs, i) => {
    const layer = dense({ inputs: sizes[i] as number, outputs, ...(weight && { weight }) });
    return withSpectral(layer, spectral);
  });
  return {
    init: (key) => initAll(key, layers),
    energy: (params, x) => {
      checkStates('mlpEnergy', x, eventShape);
      const n = x.shape[0] as number;
      return scopedTree(() => {
        const start = reshape(x, [n, sizes[0] as number]);
        const end = layers.reduce(
          (y, layer, i) => layer.apply(params[i] as DenseParams, i === 0 ? y : activation(y)),
          start,
        );
        return reshape(end, [n]);
      });
    },
    support: 'continuous',
  };
}
