import { free, jit, read, scoped, type Tensor, tensor } from '@ebmkit/tensor';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import type { OwnParameters, Units } from '../units/units.js';
import { type BinaryPair, grayCodeLogSum, isModerate, type ValuePair } from './gray-code-sum.js';
import { aborted, chooseSide, type ExactLogZOptions, minusEnergy, visitStates } from './listed-states.js';
import { logSum } from './log-sum.js';

/** Numbers that one batch of states may hold in the other layer: 16 MB. */
const batchNumbers = 2 ** 22;
/** Milliseconds of work between two chances for other events. */
const slice = 20;

/**
 * The log normaliser $`\log Z = \log \sum_v \sum_h e^{-E(v, h)}`$ by listing the states of the smaller layer and summing the
 * other one out. Exact: for two layers of two-valued units in double precision on every backend, at about a nanosecond for each listed
 * state and unit of the other layer (2^20 states and 784 units take a second or two); otherwise to the rounding of the backend.
 * 2^24 states, which 24 binary units have, are the limit. Two layers of real units have no states to list, and word counts need the
 * `length` of `count`. `exactRbmMoments` also gives the gradient and the means.
 *
 * @param machine - A machine with a layer of at most 24 binary units, or choices, spins and mixtures with as few states.
 * @param params - Its parameters.
 * @param options - Which side, progress, abort.
 * @returns $`\log Z`$ in nats.
 * @throws EbmError when neither layer is small enough.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(20) });
 * const logZ = await exactLogZ(machine, params); // lists 2^20 hidden states
 * ```
 */
export async function exactLogZ<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: ExactLogZOptions = {},
): Promise<number> {
  const side = chooseSide('exactLogZ', machine, options.side);
  const pair = await binaryPair(machine, params, side);
  if (pair === undefined || !isModerate(pair)) return batchedLogZ(machine, params, side, options);
  const sum = grayCodeLogSum(pair);
  let since = performance.now();
  for (;;) {
    const next = sum.next();
    if (next.done) return next.value;
    if (options.signal?.aborted) throw aborted('exactLogZ', next.value);
    if (performance.now() - since < slice) continue;
    options.onProgress?.(next.value);
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
}

/** The two values of the statistic of every unit of a layer, and the biases, when the layer is binary. */
async function binaryLayer<N extends string>(
  units: Units<N>,
  own: OwnParameters<N>,
): Promise<{ readonly values: readonly ValuePair[]; readonly bias: ArrayLike<number> } | undefined> {
  const { sites, size } = units;
  if (!sites?.every((site) => site.length === 2 && site[0]?.length === 1)) return undefined;
  const ends = [0, 1].map((end) => sites.map((site) => site[end]?.[0] as number));
  const statistic = scoped<Tensor>(() => units.statistic(own, tensor(ends)));
  const numbers = await read(statistic);
  free(statistic);
  const values = sites.map((_, i): ValuePair => [numbers[i] as number, numbers[size + i] as number]);
  return { values, bias: await read(own.bias) };
}

/** The machine as plain numbers, when both layers are binary. */
async function binaryPair<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  side: 'visible' | 'hidden',
): Promise<BinaryPair | undefined> {
  const visible = await binaryLayer(machine.visible, ownOf(machine.visible, 'visible', params));
  const hidden = await binaryLayer(machine.hidden, ownOf(machine.hidden, 'hidden', params));
  if (visible === undefined || hidden === undefined) return undefined;
  const weights = await read(params.weight);
  const columns = machine.hidden.size;
  const [listed, summed] = side === 'hidden' ? [hidden, visible] : [visible, hidden];
  return {
    listedValues: listed.values,
    listedBias: listed.bias,
    summedValues: summed.values,
    summedBias: summed.bias,
    weight: (j, i) => (side === 'hidden' ? weights[i * columns + j] : weights[j * columns + i]) as number,
  };
}

/** The sum with the backend's own ops, some thousand states at a time: for every pair of unit types. */
async function batchedLogZ<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  side: 'visible' | 'hidden',
  options: ExactLogZOptions,
): Promise<number> {
  const logWeights = jit((p: RbmParameters<V, H>, states: Tensor) => minusEnergy(machine, side, p, states));
  const total = logSum();
  try {
    await visitStates('exactLogZ', machine, side, batchNumbers, options, async (states) => {
      const numbers = logWeights(params, states);
      total.add(await read(numbers));
      free(numbers);
    });
  } finally {
    logWeights.clear();
  }
  return total.value();
}
