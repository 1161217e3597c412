import type { BlockConditional, EnergyModel, Support } from '@ebmkit/energy';
import { alternatingGibbs, type GibbsState, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import {
  add,
  conv2d,
  EbmError,
  type Key,
  mul,
  reshape,
  reverse,
  scoped,
  sub,
  sumEvent,
  type Tensor,
  transpose,
  zeros,
} from '@ebmkit/tensor';
import type { Units } from '../units/units.js';
import { checkImages, geometryOf } from './convolution-geometry.js';
import { hasNumbers } from './has-numbers.js';
import { initialWeights } from './initial-weights.js';
import { checkUnits } from './layers.js';
import { maxPoolingUnits } from './max-pooling-units.js';
import type { RbmInit, RbmState } from './rbm.js';
import { type LayerParameters, namedIn, ownOf } from './rbm-parameters.js';

/** What a convolutional RBM is made of. */
export interface ConvolutionalRbmLayers<V extends string = 'bias', S extends Support = Support> {
  /** The units of one pixel, such as `bernoulli(1)`, or `gaussian(3)` for colours: `size` is the number of channels. */
  readonly visible: Units<V, S>;
  /** Height and width of the images. */
  readonly size: readonly [number, number];
  /** How many filters. */
  readonly filters: number;
  /** Height and width of a filter. */
  readonly filterSize: readonly [number, number];
  /**
   * `valid` (filters stay inside the image, the default), or `same` (zeros around it, so that the hidden grid has its size; not for
   * `centred` units).
   */
  readonly padding?: 'valid' | 'same';
  /** Height and width of a pooling block, which divide those of the hidden grid; [1, 1] unless given: no pooling. */
  readonly pool?: readonly [number, number];
}

/**
 * The parameters of a convolutional RBM. The visible units' own parameters have one entry for each channel, shared by all pixels.
 *
 * @typeParam V - The names of the visible units' own parameters.
 */
export type ConvolutionalRbmParameters<V extends string = 'bias'> = LayerParameters<'visible', V> & {
  /** The filters, `[height, width, channels, filters]`, as `conv2d` takes them. */
  readonly weight: Tensor;
  /** The bias of each filter, `[filters]`. */
  readonly hiddenBias: Tensor;
};

/**
 * A convolutional RBM as a plain object of pure functions. Images are `[n, height, width, channels]`, hidden states bool
 * `[n, height', width', filters]`.
 *
 * @typeParam V - The names of the visible units' own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface ConvolutionalRbm<V extends string = 'bias', S extends Support = Support>
  extends EnergyModel<ConvolutionalRbmParameters<V>> {
  /** The units of one pixel. */
  readonly visible: Units<V, S>;
  /** The kind of visible states. */
  readonly support: S;
  /** The shape of one image, `[height, width, channels]`. */
  readonly visibleShape: readonly [number, number, number];
  /** The shape of one hidden state, `[height', width', filters]`. */
  readonly hiddenShape: readonly [number, number, number];
  /** The shape of one pooled state, the hidden shape divided by the block. */
  readonly poolShape: readonly [number, number, number];
  /** Draws parameters: filters from $`N(0, 0.01^2)`$, hidden biases 0, visible biases 0 or those of each channel's mean. */
  readonly init: (key: Key, known?: RbmInit) => ConvolutionalRbmParameters<V>;
  /** The free energy, under the name that every energy-based model has for it. */
  readonly energy: (params: ConvolutionalRbmParameters<V>, images: Tensor) => Tensor;
  /**
   * The free energy $`F(v) = U(v) - \sum_{blocks} \log(1 + \sum_i e^{a_i})`$ with $`a = W * s(v) + b`$, in nats, to `[n]`. Exact; one
   * convolution.
   */
  readonly freeEnergy: (params: ConvolutionalRbmParameters<V>, images: Tensor) => Tensor;
  /**
   * The energy $`E(v, h) = U(v) - \sum_i h_i a_i(v)`$ of joint states, to `[n]`. Hidden states with two units on in a block are no
   * states of the machine: their energy is $`+\infty`$, and is not what comes out here.
   */
  readonly jointEnergy: (params: ConvolutionalRbmParameters<V>, state: RbmState) => Tensor;
  /** The two block conditionals, each drawn exactly: every pooling block chooses one of its units or none. */
  readonly conditional: (params: ConvolutionalRbmParameters<V>) => BlockConditional<'visible' | 'hidden'>;
  /** Block Gibbs sampling of images: a step draws the hidden layer given them, then them given the hidden layer. */
  readonly kernel: (params: ConvolutionalRbmParameters<V>) => Kernel<Tensor, GibbsState<Tensor>, MoveInfo>;
  /** The probability that each hidden unit is on given images, `[n, ...hiddenShape]`. */
  readonly hiddenMean: (params: ConvolutionalRbmParameters<V>, images: Tensor) => Tensor;
  /** The probability that some unit of each block is on given images, `[n, ...poolShape]`: the features of the images. */
  readonly poolMean: (params: ConvolutionalRbmParameters<V>, images: Tensor) => Tensor;
  /** The mean of the images given hidden states or means. */
  readonly visibleMean: (params: ConvolutionalRbmParameters<V>, hidden: Tensor) => Tensor;
  /** The mean image given the mean hidden state: up and down once without chance. */
  readonly reconstruct: (params: ConvolutionalRbmParameters<V>, images: Tensor) => Tensor;
}

/**
 * Makes a convolutional restricted Boltzmann machine: hidden units are the answers of a few filters at every place of an image,
 * with shared weights, and at most one unit is on in each pooling block (probabilistic max pooling), so that the pooled
 * layer is small and known exactly.
 *
 * @param layers - The units of a pixel, the shapes, and the pooling.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when the filters do not fit into the images, the pooling blocks do not tile the hidden grid, or the visible units are
 *   `centred` and the padding `same`.
 *
 * @example
 * ```ts
 * const machine = convolutionalRbm({
 *   visible: bernoulli(1), size: [28, 28], filters: 40, filterSize: [11, 11], pool: [2, 2],
 * });
 * const features = machine.poolMean(params, images); // [n, 9, 9, 40]
 * ```
 * @see Lee, Grosse, Ranganath and Ng, "Convolutional deep belief networks for scalable unsupervised learning of hierarchical
 * representations", 2009, https://doi.org/10.1145/1553374.1553453
 */
export function convolutionalRbm<V extends string = 'bias', S extends Support = Support>(
  layers: ConvolutionalRbmLayers<V, S>,
): ConvolutionalRbm<V, S> {
  const { visible, filters, filterSize } = layers;
  checkUnits('convolutionalRbm: visible', visible);
  if (visible.copies)
    throw new EbmError(
      'argument',
      `convolutionalRbm: visible: ${visible.kind} units are not units of one pixel. Use bernoulli, gaussian or softmax.`,
    );
  if (layers.padding === 'same' && visible.parameters.some((name) => name === 'offset'))
    throw new EbmError(
      'argument',
      "convolutionalRbm: expected visible units that are not centred with padding 'same', because the zeros around an image would stand for the offset. Use padding 'valid' or units without an offset.",
    );
  const { visibleShape, hiddenShape, poolShape, pool, padding } = geometryOf(layers);
  const channels = visible.size;
  const units = maxPoolingUnits(pool);
  type P = ConvolutionalRbmParameters<V>;

  const own = (params: P) => ownOf(visible, 'visible', params);
  /** The visible units see pixels as rows of channels. */
  const pixels = (images: Tensor): Tensor => reshape(images, [-1, channels]);
  const images = (rows: Tensor): Tensor => reshape(rows, [-1, ...visibleShape]);

  /** The input of the hidden units, biases included. */
  const hiddenInput = (where: string, params: P, states: Tensor | undefined): Tensor => {
    checkImages(`convolutionalRbm.${where}`, visibleShape, states);
    const statistic = reshape(visible.statistic(own(params), pixels(states)), states.shape);
    return add(conv2d(statistic, params.weight, { padding: padding.up }), params.hiddenBias);
  };
  /** The input of the visible units as rows: the transpose of the convolution, applied to the hidden states. */
  const visibleInput = (where: string, params: P, states: Tensor | undefined): Tensor => {
    checkImages(`convolutionalRbm.${where}`, hiddenShape, states);
    const turned = transpose(reverse(params.weight, [0, 1]), [0, 1, 3, 2]);
    return pixels(conv2d(states, turned, { padding: padding.down }));
  };
  const visibleEnergy = (params: P, states: Tensor): Tensor =>
    sumEvent(reshape(visible.energy(own(params), pixels(states)), [states.shape[0] as number, -1]));

  const freeEnergy = (params: P, states: Tensor): Tensor =>
    scoped<Tensor>(() => {
      const input = hiddenInput('freeEnergy', params, states);
      return sub(visibleEnergy(params, states), units.logPartition(input));
    });
  const hiddenMean = (params: P, states: Tensor): Tensor =>
    scoped<Tensor>(() => units.mean(hiddenInput('hiddenMean', params, states)));
  const visibleMean = (params: P, states: Tensor): Tensor =>
    scoped<Tensor>(() => images(visible.mean(own(params), visibleInput('visibleMean', params, states))));
  const conditional = (params: P): BlockConditional<'visible' | 'hidden'> => ({
    blocks: ['hidden', 'visible'],
    finite: () => hasNumbers(params),
    sampleBlock: (key, block, x) =>
      scoped<Tensor>(() =>
        block === 'hidden'
          ? units.sample(key, hiddenInput('sampleBlock: visible', params, x.visible))
          : images(visible.sample(key, own(params), visibleInput('sampleBlock: hidden', params, x.hidden))),
      ),
  });

  return {
    visible,
    support: visible.support,
    visibleShape,
    hiddenShape,
    poolShape,
    init: (key, { visibleMeans } = {}) =>
      scoped<P>((() => ({
        weight: initialWeights(key, [...filterSize, channels, filters]),
        ...namedIn('visible', visible.init(visibleMeans)),
        hiddenBias: zeros([filters]),
      })) as never),
    energy: freeEnergy,
    freeEnergy,
    jointEnergy: (params, { visible: v, hidden: h }) =>
      scoped<Tensor>(() => {
        checkImages('convolutionalRbm.jointEnergy: hidden', hiddenShape, h);
        const met = sumEvent(mul(hiddenInput('jointEnergy: visible', params, v), h));
        return sub(visibleEnergy(params, v), met);
      }),
    conditional,
    kernel: (params) => alternatingGibbs(conditional(params), 'visible'),
    hiddenMean,
    poolMean: (params, states) => scoped<Tensor>(() => units.poolMean(hiddenInput('poolMean', params, states))),
    visibleMean,
    reconstruct: (params, states) => scoped<Tensor>(() => visibleMean(params, hiddenMean(params, states))),
  };
}
