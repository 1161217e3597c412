import type { BlockConditional, EnergyModel, Support } from '@ebmkit/energy';
import { alternatingGibbs, type GibbsState, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import { add, EbmError, type Key, mul, scoped, sub, sumEvent, type Tensor } from '@ebmkit/tensor';
import type { Units } from '../units/units.js';
import { blockConditional } from './block-conditional.js';
import { initialWeights } from './initial-weights.js';
import { checkStates, checkUnits, hiddenInput, type RbmLayers, visibleInput } from './layers.js';
import { namedIn, ownOf, type RbmParameters } from './rbm-parameters.js';

/** What a machine may know of the data when its parameters are drawn. */
export interface RbmInit {
  /** The mean of each visible unit over the data; the visible biases then start there (see `visibleBiasFrom`). */
  readonly visibleMeans?: ArrayLike<number>;
}

/** A joint state of both layers. */
export type RbmState = {
  /** Visible states, `[n, V]`. */
  readonly visible: Tensor;
  /** Hidden states, `[n, H]`. */
  readonly hidden: Tensor;
};

/**
 * A restricted Boltzmann machine as a plain object of pure functions. Parameters are data and come first everywhere.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam H - The names of the hidden layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface Rbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>
  extends EnergyModel<RbmParameters<V, H>> {
  /** The visible layer. */
  readonly visible: Units<V, S>;
  /** The hidden layer. */
  readonly hidden: Units<H>;
  /** The kind of visible states. */
  readonly support: S;
  /**
   * Draws parameters: weights from $`N(0, 0.01^2)`$, hidden biases 0, visible biases 0 or those that give the data's
   * means.
   */
  readonly init: (key: Key, known?: RbmInit) => RbmParameters<V, H>;
  /** The free energy, under the name that every energy-based model has for it: `energy(params, visible)`. */
  readonly energy: (params: RbmParameters<V, H>, visible: Tensor) => Tensor;
  /**
   * The free energy $`F(v) = -\log \sum_h e^{-E(v, h)}`$ in nats, `[n, V]` to `[n]`. Exact; one matrix product. For
   * Bernoulli units $`F(v) = -b \cdot v - \sum_j \log(1 + e^{c_j + (v W)_j})`$. The hidden layer is summed out, which
   * `jointEnergy` does not do.
   */
  readonly freeEnergy: (params: RbmParameters<V, H>, visible: Tensor) => Tensor;
  /** The energy $`E(v, h) = U(v) + U(h) - s(v)^T W s(h)`$ of joint states, to `[n]`. */
  readonly jointEnergy: (params: RbmParameters<V, H>, state: RbmState) => Tensor;
  /** The two block conditionals $`p(h \mid v)`$ and $`p(v \mid h)`$, each drawn exactly: what block Gibbs sampling takes. */
  readonly conditional: (params: RbmParameters<V, H>) => BlockConditional<'visible' | 'hidden'>;
  /** Block Gibbs sampling of the visible layer: a step draws the hidden layer given it, then it given the hidden layer. */
  readonly kernel: (params: RbmParameters<V, H>) => Kernel<Tensor, GibbsState<Tensor>, MoveInfo>;
  /** The mean of the hidden layer given visible states, `[n, V]` to `[n, H]`: the features of the data. */
  readonly hiddenMean: (params: RbmParameters<V, H>, visible: Tensor) => Tensor;
  /**
   * The mean of the visible layer given hidden states, `[n, H]` to `[n, V]`. Documents of word counts keep the lengths of `current`, the
   * visible states as they are; other units do not need it.
   */
  readonly visibleMean: (params: RbmParameters<V, H>, hidden: Tensor, current?: Tensor) => Tensor;
  /** The mean visible state given the mean hidden state: up and down once without chance, `[n, V]` to `[n, V]`. */
  readonly reconstruct: (params: RbmParameters<V, H>, visible: Tensor) => Tensor;
}

/**
 * Makes a restricted Boltzmann machine: two layers of units, every visible one joined to every hidden one, none to its own
 * layer, so that each layer is independent given the other.
 *
 * @param layers - The unit types, as values.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when a layer is none, or the hidden one counts words.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(500) });
 * const params = machine.init(key(1));
 * ```
 * @see Smolensky, "Information processing in dynamical systems: foundations of harmony theory", 1986
 * @see Hinton, "Training products of experts by minimizing contrastive divergence", 2002, https://doi.org/10.1162/089976602760128018
 */
export function rbm<V extends string = 'bias', H extends string = 'bias', S extends Support = Support>(
  layers: RbmLayers<V, H, S>,
): Rbm<V, H, S> {
  const { visible, hidden } = layers;
  checkUnits('rbm: visible', visible);
  checkUnits('rbm: hidden', hidden);
  if (hidden.copies)
    throw new EbmError(
      'argument',
      `rbm: hidden: ${hidden.kind} units can only be visible, because nothing says how long a hidden document is.`,
    );
  type P = RbmParameters<V, H>;
  const own = (params: P) => ({ v: ownOf(visible, 'visible', params), h: ownOf(hidden, 'hidden', params) });

  const freeEnergy = (params: P, states: Tensor): Tensor =>
    scoped<Tensor>(() => {
      checkStates('rbm.freeEnergy', visible, states);
      const { v, h } = own(params);
      return sub(visible.energy(v, states), hidden.logPartition(h, hiddenInput(layers, params, states)));
    });
  const hiddenMean = (params: P, states: Tensor): Tensor =>
    scoped<Tensor>(() => {
      checkStates('rbm.hiddenMean', visible, states);
      return hidden.mean(own(params).h, hiddenInput(layers, params, states));
    });
  const visibleMean = (params: P, states: Tensor, current?: Tensor): Tensor =>
    scoped<Tensor>(() => {
      checkStates('rbm.visibleMean', hidden, states);
      return visible.mean(own(params).v, visibleInput(layers, params, states), current);
    });
  return {
    visible,
    hidden,
    support: visible.support,
    init: (key, { visibleMeans } = {}) =>
      scoped<P>((() => ({
        weight: initialWeights(key, [visible.size, hidden.size]),
        ...namedIn('visible', visible.init(visibleMeans)),
        ...namedIn('hidden', hidden.init()),
      })) as never),
    energy: freeEnergy,
    freeEnergy,
    jointEnergy: (params, state) =>
      scoped<Tensor>(() => {
        checkStates('rbm.jointEnergy: visible', visible, state.visible);
        checkStates('rbm.jointEnergy: hidden', hidden, state.hidden);
        const { v, h } = own(params);
        const met = mul(hiddenInput(layers, params, state.visible), hidden.statistic(h, state.hidden));
        return sub(add(visible.energy(v, state.visible), hidden.energy(h, state.hidden)), sumEvent(met));
      }),
    conditional: (params) => blockConditional(layers, params),
    kernel: (params) => alternatingGibbs(blockConditional(layers, params), 'visible'),
    hiddenMean,
    visibleMean,
    reconstruct: (params, states) => scoped<Tensor>(() => visibleMean(params, hiddenMean(params, states), states)),
  };
}
