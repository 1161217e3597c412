import { EbmError, free, jit, read, sub, type Tensor } from '@ebmkit/tensor';
import { enumerateStates, isEnumerable, stateCount } from './enumeration.js';
import { visibleInput } from './layers.js';
import { logSum } from './log-sum.js';
import type { Rbm } from './rbm.js';
import { ownOf, type RbmParameters } from './rbm-parameters.js';

/** Settings of `exactLogZ`. */
export interface ExactLogZOptions {
  /** Which layer to list; the one with fewer states unless given. The result is the same. */
  readonly side?: 'visible' | 'hidden';
  /** Called after each batch of states with the share that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops the sum with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Numbers that one batch of states may hold in the other layer: 16 MB. */
const batchNumbers = 2 ** 22;

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

/**
 * The log normaliser $`\log Z = \log \sum_v \sum_h e^{-E(v, h)}`$ by listing the states of the smaller layer and summing the
 * other one out. Exact up to the rounding of the backend; the sum over states is kept in double precision. Costs
 * $`2^{\min(V, H)} \cdot V H`$ multiplications for binary layers, so that 24 units are the limit.
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
  const { onProgress, signal } = options;
  const side = chooseSide(machine, options.side);
  const listed = machine[side];
  const count = stateCount(listed);
  const other = side === 'hidden' ? machine.visible : machine.hidden;
  const size = Math.max(1, Math.min(count, Math.floor(batchNumbers / other.size)));
  const logWeights = jit((p: RbmParameters<V, H>, states: Tensor) => minusEnergy(machine, side, p, states));
  const total = logSum();
  try {
    for (let first = 0; first < count; first += size) {
      if (signal?.aborted) throw new EbmError('aborted', `exactLogZ: aborted at state ${first} of ${count}.`);
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
