import type { BlockConditional, EnergyModel, Support } from '@ebmkit/energy';
import { type GibbsState, gibbs, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import { add, EbmError, type Key, mul, scoped, split, sub, sumEvent, type Tensor } from '@ebmkit/tensor';
import { hasNumbers } from '../rbm/has-numbers.js';
import { initialWeights } from '../rbm/initial-weights.js';
import { checkStates } from '../rbm/layers.js';
import type { RbmInit } from '../rbm/rbm.js';
import type { OwnParameters, Units } from '../units/units.js';
import { type DeepBoltzmannParameters, stackOf } from './deep-boltzmann-parameters.js';
import {
  type AnyUnits,
  checkedLayers,
  type DeepLayers,
  type DeepState,
  drawLayers,
  type LayerName,
  layerInput,
  layerName,
  layerNumber,
  statesOf,
  sweepOrder,
} from './deep-layers.js';
import { type DeepMeanField, type DeepMeanFieldOptions, deepMeanField } from './mean-field.js';

/**
 * A deep Boltzmann machine as a plain object of pure functions. Parameters are data and come first everywhere.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface DeepBoltzmannMachine<V extends string = 'bias', S extends Support = Support>
  extends EnergyModel<DeepBoltzmannParameters<V>, DeepState> {
  /** The unit types, from the visible layer upwards. */
  readonly layers: DeepLayers<V, S>;
  /** The visible layer. */
  readonly visible: Units<V, S>;
  /** The kind of joint states. */
  readonly support: S;
  /**
   * Draws parameters: weights from $`N(0, 0.01^2)`$, hidden biases 0, visible biases 0 or those that give the data's means. A deep
   * machine learns slowly from there; `greedyBoltzmann` gives a better start.
   */
  readonly init: (key: Key, known?: RbmInit) => DeepBoltzmannParameters<V>;
  /**
   * The energy $`E(v, h_1, h_2, \dots) = \sum_k U_k(x_k) - \sum_k s(x_k)^T W_k s(x_{k+1})`$ of joint states, to `[n]`; one product for each
   * weight matrix. It is linear in every hidden layer, so that means may be put in for states.
   */
  readonly energy: (params: DeepBoltzmannParameters<V>, state: DeepState) => Tensor;
  /**
   * The conditionals of the layers, each drawn exactly given its neighbours. Layers of odd number do not see each other, nor do those of
   * even number: a sweep draws the odd ones, then the even ones, which is block Gibbs sampling with two blocks.
   */
  readonly conditional: (params: DeepBoltzmannParameters<V>) => BlockConditional<LayerName>;
  /** Block Gibbs sampling of all layers, the odd ones first. */
  readonly kernel: (params: DeepBoltzmannParameters<V>) => Kernel<DeepState, GibbsState<DeepState>, MoveInfo>;
  /**
   * The mean field of the hidden layers given visible states `[n, V]`: `steps` sweeps of coordinate ascent, whose variational free energy
   * bounds the free energy from above. As the completion of data in `persistentContrastiveDivergence` it makes the positive phase.
   */
  readonly meanField: (
    params: DeepBoltzmannParameters<V>,
    visible: Tensor,
    options?: DeepMeanFieldOptions,
  ) => DeepMeanField;
  /** The mean of the visible layer given states of hidden layer 1, `[n, V]`. */
  readonly visibleMean: (params: DeepBoltzmannParameters<V>, hidden1: Tensor) => Tensor;
  /** Joint states drawn as if there were no weights, `count` of them: where chains may begin. */
  readonly drawFromBiases: (key: Key, params: DeepBoltzmannParameters<V>, count: number) => DeepState;
}

/**
 * Makes a deep Boltzmann machine: a visible and two or more hidden layers, each joined to the next and to no other. Its hidden layers
 * depend on each other given the data, so inference is approximate (`meanField`) where that of `rbm` is exact.
 *
 * It trains with the common objectives: the data is completed by its mean field, the negatives are persistent chains over all
 * layers. The gradient is that of the variational bound, up to the error of chains that have not mixed.
 *
 * @param options - `layers`: the unit types from the visible layer upwards; hidden ones must list their values (`bernoulli`) and have no parameters
 *   but biases, so that they cannot be `centred`. The visible ones can.
 * @returns The machine. It holds no parameters: `init` draws them and every other function takes them.
 * @throws EbmError when there are fewer than two hidden layers, or one of them is not of units that list their values.
 *
 * @example
 * ```ts
 * const machine = deepBoltzmannMachine({ layers: [bernoulli(784), bernoulli(500), bernoulli(1000)] });
 * const objective = persistentContrastiveDivergence(machine, {
 *   kernel: machine.kernel,
 *   k: 5,
 *   start: (forStart) => machine.drawFromBiases(forStart, params, 100),
 *   complete: (_, params, images: Tensor) => machine.meanField(params, images, { steps: 10 }).state,
 * });
 * ```
 * @see Salakhutdinov and Hinton, "Deep Boltzmann machines", 2009, https://proceedings.mlr.press/v5/salakhutdinov09a.html
 */
export function deepBoltzmannMachine<V extends string = 'bias', S extends Support = Support>({
  layers,
}: {
  readonly layers: DeepLayers<V, S>;
}): DeepBoltzmannMachine<V, S> {
  const units = checkedLayers('deepBoltzmannMachine', layers);
  type P = DeepBoltzmannParameters<V>;
  const count = units.length;
  const numbers = units.map((_, k) => k);

  const energy = (params: P, state: DeepState): Tensor =>
    scoped<Tensor>(() => {
      const where = 'deepBoltzmannMachine.energy';
      const stack = stackOf(params);
      const parts = numbers.map((k) => {
        const [layer, own] = [units[k] as AnyUnits, stack.own[k] as OwnParameters<string>];
        const x = statesOf(where, k, state);
        checkStates(`${where}: ${layerName(k)}`, layer, x);
        if (k % 2 === 0) return layer.energy(own, x);
        const met = mul(layer.statistic(own, x), layerInput(where, units, stack, k, state));
        return sub(layer.energy(own, x), sumEvent(met));
      });
      return parts.reduce((total, part) => add(total, part));
    });

  const conditional = (params: P): BlockConditional<LayerName> => {
    const stack = stackOf(params);
    return {
      blocks: sweepOrder(numbers).map(layerName),
      finite: () => hasNumbers(params),
      sampleBlock: (key, block, x) => {
        const k = layerNumber(block);
        const layer = units[k];
        if (layer === undefined)
          throw new EbmError(
            'argument',
            `deepBoltzmannMachine.sampleBlock: expected one of ${numbers.map(layerName).join(', ')}, got ${block}.`,
          );
        return scoped<Tensor>(() => {
          const input = layerInput('deepBoltzmannMachine.sampleBlock', units, stack, k, x);
          return layer.sample(key, stack.own[k] as OwnParameters<string>, input);
        });
      },
    };
  };

  return {
    layers,
    visible: layers[0],
    support: layers[0].support,
    init: (key, { visibleMeans } = {}) =>
      scoped<P>(() => {
        const keys = split(key, count - 1);
        return {
          weights: keys.map((forWeight, k) =>
            initialWeights(forWeight, [(units[k] as AnyUnits).size, (units[k + 1] as AnyUnits).size]),
          ),
          visible: layers[0].init(visibleMeans),
          hidden: units.slice(1).map((layer) => layer.init() as OwnParameters),
        };
      }),
    energy,
    conditional,
    kernel: (params) => gibbs(conditional(params)),
    meanField: (params, visible, options = {}) => {
      checkStates('deepBoltzmannMachine.meanField', layers[0], visible);
      return scoped<DeepMeanField>(() =>
        deepMeanField(units, stackOf(params), (state) => energy(params, state), visible, options),
      );
    },
    visibleMean: (params, hidden1) => {
      checkStates('deepBoltzmannMachine.visibleMean: hidden1', units[1] as AnyUnits, hidden1);
      const stack = stackOf(params);
      return scoped<Tensor>(() => {
        const input = layerInput('deepBoltzmannMachine.visibleMean', units, stack, 0, { hidden1 });
        return (units[0] as AnyUnits).mean(stack.own[0] as OwnParameters<string>, input);
      });
    },
    drawFromBiases: (key, params, chains) =>
      scoped<DeepState>(() => drawLayers(units, stackOf(params).own, key, chains)),
  };
}
