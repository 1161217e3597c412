import type { Support } from '@ebmkit/energy';
import { add, type Key, mapTree, matMul, mul, scoped, split, sub, sumEvent, type Tensor } from '@ebmkit/tensor';
import { checkStates } from '../rbm/layers.js';
import { type Rbm, type RbmInit, rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import type { OwnParameters, Units } from '../units/units.js';
import type { DeepBeliefParameters, DirectedParameters } from './belief-parameters.js';
import { type AnyUnits, checkedLayers, type DeepLayers, type DeepState, layerName, statesOf } from './deep-layers.js';
import { checkStack, type GreedyStack, liftedBatches, type StackMachines } from './greedy-stack.js';

/**
 * A deep belief network as a plain object of pure functions. Parameters are data and come first everywhere. Its states are those of all
 * layers but the topmost, which is summed out.
 *
 * @typeParam V - The names of the visible layer's own parameters.
 * @typeParam S - The kind of visible states.
 */
export interface DeepBeliefNetwork<V extends string = 'bias', S extends Support = Support> {
  /** The unit types, from the visible layer upwards. */
  readonly layers: DeepLayers<V, S>;
  /** The visible layer. */
  readonly visible: Units<V, S>;
  /** The restricted Boltzmann machine of the two topmost layers, whose parameters are `params.top`. */
  readonly top: Rbm;
  /** How to train the network one layer at a time. */
  readonly greedy: GreedyStack<DeepBeliefParameters<V>, V, S>;
  /** The network of a stack of untrained machines. */
  readonly init: (key: Key, known?: RbmInit) => DeepBeliefParameters<V>;
  /** Draws the hidden layers given visible states, upwards, each given the one below: $`q(h \mid v)`$. */
  readonly recognise: (key: Key, params: DeepBeliefParameters<V>, visible: Tensor) => DeepState;
  /** Draws the layers below given states of the lower layer of the top machine, downwards, each given the one above. */
  readonly generate: (key: Key, params: DeepBeliefParameters<V>, top: Tensor) => DeepState;
  /** The mean of the visible layer given states of hidden layer 1, `[n, V]`. */
  readonly visibleMean: (params: DeepBeliefParameters<V>, hidden1: Tensor) => Tensor;
  /** $`\log q(h \mid v)`$ of states under the recognition weights, `[n]`: one term for each hidden layer, in that order upwards. */
  readonly recognitionLogProbabilities: (params: DeepBeliefParameters<V>, state: DeepState) => readonly Tensor[];
  /** $`\log p(x_k \mid x_{k+1})`$ of states under the generation weights, `[n]`: one term for each directed layer, from below. */
  readonly generationLogProbabilities: (params: DeepBeliefParameters<V>, state: DeepState) => readonly Tensor[];
  /**
   * The log weight of states, $`\log p^*(v, h) - \log q(h \mid v)`$ with the top layer summed out of $`p^*`$, `[n]`. Its mean over
   * `recognise` is the variational lower bound on $`\log p(v) + \log Z`$, $`Z`$ that of the top machine; the mean of its exponential is
   * $`p(v) Z`$.
   */
  readonly logWeight: (params: DeepBeliefParameters<V>, state: DeepState) => Tensor;
  /** The means of the topmost layer given visible states, means passed upwards, `[n, size]`: the features of the data. */
  readonly transform: (params: DeepBeliefParameters<V>, visible: Tensor) => Tensor;
  /**
   * The way up as the weights of dense layers, `{ weight: [inputs, outputs], bias: [outputs] }` each: what `dense` of `@ebmkit/nn` takes, so
   * that a classifier may begin there. With a sigmoid after each layer of `bernoulli` units they compute `transform`. The tensors are
   * those of the parameters.
   */
  readonly denseLayers: (
    params: DeepBeliefParameters<V>,
  ) => readonly { readonly weight: Tensor; readonly bias: Tensor }[];
}

type Own = OwnParameters<string>;

/** The own parameters of a directed layer. */
function ownIn({ weight: _, ...own }: DirectedParameters<string>): Own {
  return own;
}

/** A copy of a tree. */
const copyOf = <T>(tree: T): T => mapTree((x) => mul(x, 1), tree);

/** The log-probability of states of a layer given its input, $`s(x) \cdot a - U(x) - A(a)`$, `[n]`. */
function logProbability(layer: AnyUnits, own: Own, input: Tensor, x: Tensor): Tensor {
  const met = sumEvent(mul(layer.statistic(own, x), input));
  return sub(met, add(layer.energy(own, x), layer.logPartition(own, input)));
}

/**
 * Makes a deep belief network: a restricted Boltzmann machine at the top, and below it layers that are each drawn given the one above.
 * Greedy training gives it its parameters (`greedy`), `upDown` fine-tunes all of them together, `recognitionBound` judges it.
 *
 * @param options - `layers`: the unit types from the visible layer upwards; hidden ones must have few values each (`bernoulli`) and no parameters but
 *   biases, so that they cannot be `centred`. The visible ones can.
 * @returns The network. It holds no parameters.
 * @throws EbmError when there are fewer than two hidden layers, or one of them is not of units with few values.
 *
 * @example
 * ```ts
 * const network = deepBeliefNetwork({ layers: [bernoulli(784), bernoulli(500), bernoulli(2000)] });
 * const stack: RbmParameters[] = [];
 * for (const machine of network.greedy.machines) {
 *   const objective = contrastiveDivergence(machine, { kernel: machine.kernel });
 *   const data = network.greedy.batches(images, stack);
 *   const { params } = await fit(machine, { objective, data, optimiser, epochs: 30, key: key(stack.length) });
 *   stack.push(fromPlain(params));
 * }
 * const params = network.greedy.compose(stack);
 * ```
 * @see Hinton, Osindero and Teh, "A fast learning algorithm for deep belief nets", 2006, https://doi.org/10.1162/neco.2006.18.7.1527
 */
export function deepBeliefNetwork<V extends string = 'bias', S extends Support = Support>({
  layers,
}: {
  readonly layers: DeepLayers<V, S>;
}): DeepBeliefNetwork<V, S> {
  const units = checkedLayers('deepBeliefNetwork', layers);
  type P = DeepBeliefParameters<V>;
  const machines = units.slice(0, -1).map((visible, k) => rbm({ visible, hidden: units[k + 1] as AnyUnits }));
  const top = machines.at(-1) as unknown as Rbm;
  const directed = machines.slice(0, -1).map((_, k) => k);
  const at = (k: number): AnyUnits => units[k] as AnyUnits;
  const up = ({ recognition }: P, k: number) => recognition[k] as DirectedParameters<string>;
  const down = ({ generation }: P, k: number) => generation[k] as DirectedParameters<string>;

  /** The input of layer k + 1 from the layer below. */
  const inputUp = (params: P, k: number, x: Tensor): Tensor =>
    matMul(at(k).statistic(ownIn(down(params, k)), x), up(params, k).weight);
  /** The input of layer k from the layer above, whose own parameters its statistic does not need. */
  const inputDown = (params: P, k: number, above: Tensor): Tensor =>
    matMul(at(k + 1).statistic(ownIn(up(params, k)), above), down(params, k).weight, { transposeB: true });

  const compose = (stack: readonly RbmParameters[]): P => {
    checkStack('deepBeliefNetwork.greedy.compose', machines, stack);
    return copyOf({
      recognition: directed.map((k) => {
        const params = stack[k] as RbmParameters;
        return { weight: params.weight, ...ownOf(at(k + 1), 'hidden', params) };
      }),
      generation: directed.map((k) => {
        const params = stack[k] as RbmParameters;
        return { weight: params.weight, ...ownOf(at(k), 'visible', params) };
      }),
      top: stack.at(-1) as RbmParameters,
    }) as unknown as P;
  };
  const stateAt = (k: number, state: DeepState): Tensor => {
    const where = 'deepBeliefNetwork';
    const x = statesOf(where, k, state);
    checkStates(`${where}: ${layerName(k)}`, at(k), x);
    return x;
  };
  const recognitionLogProbabilities = (params: P, state: DeepState): readonly Tensor[] =>
    scoped<readonly Tensor[]>(() =>
      directed.map((k) =>
        logProbability(at(k + 1), ownIn(up(params, k)), inputUp(params, k, stateAt(k, state)), stateAt(k + 1, state)),
      ),
    );
  const generationLogProbabilities = (params: P, state: DeepState): readonly Tensor[] =>
    scoped<readonly Tensor[]>(() =>
      directed.map((k) =>
        logProbability(at(k), ownIn(down(params, k)), inputDown(params, k, stateAt(k + 1, state)), stateAt(k, state)),
      ),
    );

  return {
    layers,
    visible: layers[0],
    top,
    greedy: {
      machines: machines as unknown as StackMachines<V, S>,
      batches: (source, below, options = {}) =>
        liftedBatches(source, machines as unknown as readonly Rbm[], below, options, (x) => x),
      compose,
    },
    init: (key, known = {}) =>
      scoped<P>(() => {
        const keys = split(key, machines.length);
        return compose(
          machines.map((machine, k) => machine.init(keys[k] as Key, k === 0 ? known : {}) as RbmParameters),
        );
      }),
    recognise: (key, params, visible) => {
      checkStates('deepBeliefNetwork.recognise', layers[0], visible);
      return scoped<DeepState>(() => {
        const keys = split(key, directed.length);
        let x = visible;
        const state: Record<string, Tensor> = { visible };
        for (const k of directed) {
          x = at(k + 1).sample(keys[k] as Key, ownIn(up(params, k)), inputUp(params, k, x));
          state[layerName(k + 1)] = x;
        }
        return state as DeepState;
      });
    },
    generate: (key, params, topState) => {
      checkStates(`deepBeliefNetwork.generate: ${layerName(directed.length)}`, at(directed.length), topState);
      return scoped<DeepState>(() => {
        const keys = split(key, directed.length);
        let x = topState;
        const state: Record<string, Tensor> = { [layerName(directed.length)]: topState };
        for (const k of directed.toReversed()) {
          x = at(k).sample(keys[k] as Key, ownIn(down(params, k)), inputDown(params, k, x));
          state[layerName(k)] = x;
        }
        return state as DeepState;
      });
    },
    visibleMean: (params, hidden1) => {
      checkStates('deepBeliefNetwork.visibleMean: hidden1', at(1), hidden1);
      return scoped<Tensor>(() => at(0).mean(ownIn(down(params, 0)), inputDown(params, 0, hidden1)));
    },
    recognitionLogProbabilities,
    generationLogProbabilities,
    logWeight: (params, state) =>
      scoped<Tensor>(() => {
        const topState = stateAt(directed.length, state);
        const generated = generationLogProbabilities(params, state).reduce((total, part) => add(total, part));
        const recognised = recognitionLogProbabilities(params, state).reduce((total, part) => add(total, part));
        return sub(sub(generated, top.freeEnergy(params.top, topState)), recognised);
      }),
    transform: (params, visible) => {
      checkStates('deepBeliefNetwork.transform', layers[0], visible);
      return scoped<Tensor>(() => {
        let x = visible;
        for (const k of directed) x = at(k + 1).mean(ownIn(up(params, k)), inputUp(params, k, x));
        return top.hiddenMean(params.top, x);
      });
    },
    denseLayers: ({ recognition, top: { weight, hiddenBias } }) => [
      ...recognition.map((layer) => ({ weight: layer.weight, bias: layer.bias })),
      { weight, bias: hiddenBias },
    ],
  };
}
