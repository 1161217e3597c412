import { EbmError, free, jit, read, sub, type Tensor } from '@ebmkit/tensor';
import { visibleInput } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import { enumerateStates, isEnumerable, stateCount } from './enumeration.js';
import { type BinaryPair, grayCodeLogSum, isModerate } from './gray-code-sum.js';
import { logSum } from './log-sum.js';

/** Settings of `exactLogZ`. */
export interface ExactLogZOptions {
  /** Which layer to list; the one with fewer states unless given. The result is the same. */
  readonly side?: 'visible' | 'hidden';
  /** Called now and then with the share that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops the sum with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Numbers that one batch of states may hold in the other layer: 16 MB. */
const batchNumbers = 2 ** 22;
/** Milliseconds of work between two chances for other events. */
const slice = 20;

/**
 * The log normaliser $`\log Z = \log \sum_v \sum_h e^{-E(v, h)}`$ by listing the states of the smaller layer and summing the
 * other one out. Exact: for two binary layers in double precision on every backend, at about a nanosecond for each listed
 * state and unit of the other layer (2^20 states and 784 units take a second or two); otherwise to the rounding of the backend.
 * 24 binary units are the limit.
 *
 * @param machine - A machine with a layer of at most 24 binary units.
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
  const side = chooseSide(machine, options.side);
  const pair = await binaryPair(machine, params, side);
  if (pair === undefined || !isModerate(pair)) return batchedLogZ(machine, params, side, options);
  const sum = grayCodeLogSum(pair);
  let since = performance.now();
  for (;;) {
    const next = sum.next();
    if (next.done) return next.value;
    if (options.signal?.aborted) throw aborted(next.value);
    if (performance.now() - since < slice) continue;
    options.onProgress?.(next.value);
    await new Promise((resolve) => setTimeout(resolve));
    since = performance.now();
  }
}

function aborted(share: number): EbmError {
  return new EbmError('aborted', `exactLogZ: aborted when ${Math.floor(100 * share)} % of the states were done.`);
}

function chooseSide<V extends string, H extends string>(
  machine: Rbm<V, H>,
  side?: 'visible' | 'hidden',
): 'visible' | 'hidden' {
  const chosen = side ?? (stateCount(machine.hidden) <= stateCount(machine.visible) ? 'hidden' : 'visible');
  const units = machine[chosen];
  if (!isEnumerable(units))
    throw new EbmError(
      'argument',
      `exactLogZ: the ${side === undefined ? 'smaller' : chosen} layer must have at most 24 binary units, got ${units.size} ${units.kind} units. Estimate logZ with estimateLogZ instead.`,
    );
  return chosen;
}

const isPair = (values?: readonly number[]): values is readonly [number, number] => values?.length === 2;

/** The machine as plain numbers, when both layers are binary. */
async function binaryPair<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  side: 'visible' | 'hidden',
): Promise<BinaryPair | undefined> {
  const { visible, hidden } = machine;
  if (!isPair(visible.values) || !isPair(hidden.values)) return undefined;
  const biasOf = (own: object): Promise<ArrayLike<number>> => read((own as { readonly bias: Tensor }).bias);
  const weights = await read(params.weight);
  const visibleBias = await biasOf(ownOf(visible, 'visible', params));
  const hiddenBias = await biasOf(ownOf(hidden, 'hidden', params));
  const columns = hidden.size;
  return side === 'hidden'
    ? {
        listedValues: hidden.values,
        listedBias: hiddenBias,
        summedValues: visible.values,
        summedBias: visibleBias,
        weight: (j, i) => weights[i * columns + j] as number,
      }
    : {
        listedValues: visible.values,
        listedBias: visibleBias,
        summedValues: hidden.values,
        summedBias: hiddenBias,
        weight: (j, i) => weights[j * columns + i] as number,
      };
}

/** The sum with the backend's own ops, some thousand states at a time: for every pair of unit types. */
async function batchedLogZ<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  side: 'visible' | 'hidden',
  { onProgress, signal }: ExactLogZOptions,
): Promise<number> {
  const listed = machine[side];
  const count = stateCount(listed);
  const other = side === 'hidden' ? machine.visible : machine.hidden;
  const size = Math.max(1, Math.min(count, Math.floor(batchNumbers / other.size)));
  const logWeights = jit((p: RbmParameters<V, H>, states: Tensor) => minusEnergy(machine, side, p, states));
  const total = logSum();
  try {
    for (let first = 0; first < count; first += size) {
      if (signal?.aborted) throw aborted(first / count);
      const states = enumerateStates(listed, first, Math.min(size, count - first));
      const numbers = logWeights(params, states);
      total.add(await read(numbers));
      free([states, numbers]);
      onProgress?.(Math.min(1, (first + size) / count));
    }
  } finally {
    logWeights.clear();
  }
  return total.value();
}

/** Minus the free energy of states of one layer, the other layer summed out. */
function minusEnergy<V extends string, H extends string>(
  machine: Rbm<V, H>,
  side: 'visible' | 'hidden',
  params: RbmParameters<V, H>,
  states: Tensor,
): Tensor {
  if (side === 'visible') return sub(0, machine.freeEnergy(params, states));
  const { visible, hidden } = machine;
  const input = visibleInput(machine, params, states);
  return sub(
    visible.logPartition(ownOf(visible, 'visible', params), input),
    hidden.energy(ownOf(hidden, 'hidden', params), states),
  );
}
