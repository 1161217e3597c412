import { repeat } from '@ebmkit/samplers';
import { add, EbmError, type Key, mean, neg, split, stopGradient, sub, type Tensor } from '@ebmkit/tensor';
import type { DeepBeliefParameters } from './belief-parameters.js';
import type { DeepBeliefNetwork } from './deep-belief-network.js';
import type { DeepState } from './deep-layers.js';

/** How to fine-tune a deep belief network. */
export interface UpDownOptions {
  /** Gibbs steps of the top machine between the way up and the way down; 1 unless given. */
  readonly k?: number;
}

/** What `fit` minimises, by structure: an objective that keeps nothing between batches. */
export interface UpDownObjective<P> {
  /** Nothing is kept. */
  readonly init: (params: P, key: Key) => null;
  /** The loss of a batch of visible states. */
  readonly loss: (
    key: Key,
    params: P,
    batch: Tensor,
    state: null,
  ) => { readonly loss: Tensor; readonly state: null; readonly metrics: Readonly<Record<string, Tensor>> };
}

/** The states that a batch leads to: nothing in them depends on the parameters as far as gradients go. */
export interface UpDownPhases {
  /** Up from the data, drawn by recognition. */
  readonly wake: DeepState;
  /** Down from where the chain of the top machine ended, drawn by generation. */
  readonly sleep: DeepState;
}

/** The three losses of the algorithm, as scalars. */
export interface UpDownLosses {
  /** Minus the log-probability of the wake states under the generation weights. */
  readonly wake: Tensor;
  /** Minus the log-probability of the sleep states under the recognition weights. */
  readonly sleep: Tensor;
  /** The free energy of the top machine at the wake states less that at the sleep states. */
  readonly energyGap: Tensor;
}

const minusMean = (parts: readonly Tensor[]): Tensor => neg(mean(parts.reduce((total, part) => add(total, part))));

/** Draws the states of both phases. */
export function upDownPhases<V extends string>(
  network: DeepBeliefNetwork<V>,
  key: Key,
  params: DeepBeliefParameters<V>,
  visible: Tensor,
  k: number,
): UpDownPhases {
  const fixed = stopGradient(params);
  const [forWake, forInit, forChain, forSleep] = split(key, 4);
  const wake = network.recognise(forWake, fixed, visible);
  const chain = repeat(network.top.kernel(fixed.top), k);
  const { state } = chain.step(forChain, chain.init(topOf(network, wake), forInit));
  return stopGradient({ wake, sleep: network.generate(forSleep, fixed, state.position) });
}

/** The states of the lower layer of the top machine. */
function topOf<V extends string>({ layers }: DeepBeliefNetwork<V>, state: DeepState): Tensor {
  return state[`hidden${layers.length - 2}`] as Tensor;
}

/** The losses of given states. Each concerns other parameters: generation, recognition, and the top machine. */
export function upDownLosses<V extends string>(
  network: DeepBeliefNetwork<V>,
  params: DeepBeliefParameters<V>,
  { wake, sleep }: UpDownPhases,
): UpDownLosses {
  // The statistic of a layer below may depend on its own parameters, which belong to generation.
  const recognition = { ...params, generation: stopGradient(params.generation) };
  const generation = { ...params, recognition: stopGradient(params.recognition) };
  const topEnergy = (state: DeepState): Tensor => mean(network.top.freeEnergy(params.top, topOf(network, state)));
  return {
    wake: minusMean(network.generationLogProbabilities(generation, wake)),
    sleep: minusMean(network.recognitionLogProbabilities(recognition, sleep)),
    energyGap: sub(topEnergy(wake), topEnergy(sleep)),
  };
}

/**
 * The up-down algorithm, a contrastive form of wake-sleep that fine-tunes all layers of a deep belief network together. Up: the hidden
 * layers are drawn by recognition, and generation learns to give the layer below. Top: `k` Gibbs steps, and contrastive divergence. Down: the
 * layers are drawn by generation from where the chain ended, and recognition learns to give the layer above. The loss is
 *
 * ```math
 * -\sum_k \langle \log p(x_k \mid x_{k+1}) \rangle_{wake} - \sum_k \langle \log q(x_{k+1} \mid x_k) \rangle_{sleep}
 * + \langle F(x_{top}) \rangle_{wake} - \langle F(x_{top}) \rangle_{sleep}
 * ```
 *
 * whose gradient ignores how the states depend on the parameters. The first term follows the variational bound; the second fits
 * $`q`$ to dreams instead of data and the third is that of contrastive divergence, so that the whole is biased. Costs two products with
 * every weight matrix and `k` Gibbs steps at the top, and their gradients.
 *
 * @param network - The network, best begun from `greedy.compose`.
 * @param options - How many Gibbs steps at the top.
 * @returns An objective for `fit` over batches `[n, V]`. Its metrics are `wake`, `sleep` and `energyGap`, the three parts of the loss.
 * @throws EbmError when `k` is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const result = await fit(network, { objective: upDown(network, { k: 10 }), params, data, optimiser, epochs: 20, key: key(1) });
 * ```
 * @see Hinton, Osindero and Teh, "A fast learning algorithm for deep belief nets", 2006, §5, https://doi.org/10.1162/neco.2006.18.7.1527
 */
export function upDown<V extends string>(
  network: DeepBeliefNetwork<V>,
  { k = 1 }: UpDownOptions = {},
): UpDownObjective<DeepBeliefParameters<V>> {
  if (!Number.isInteger(k) || k < 1)
    throw new EbmError('argument', `upDown: k must be a whole number of at least 1, got ${k}.`);
  return {
    init: () => null,
    loss: (key, params, batch) => {
      const { wake, sleep, energyGap } = upDownLosses(network, params, upDownPhases(network, key, params, batch, k));
      return { loss: add(add(wake, sleep), energyGap), state: null, metrics: { wake, sleep, energyGap } };
    },
  };
}
