import { add, EbmError, free, makePacer, mul, sub, sumEvent, type Tensor } from '@ebmkit/tensor';
import { repeatedBias, visibleInput } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import { enumerateStates, isEnumerable, stateCount } from './enumeration.js';

/** Settings of a sum over the states of one layer. */
export interface ExactLogZOptions {
  /** Which layer to list; the one with fewer states unless given. The result is the same. */
  readonly side?: 'visible' | 'hidden';
  /** Called now and then with the share that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops the sum with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** The error of a sum that was stopped. */
export function aborted(caller: string, share: number): EbmError {
  return new EbmError('aborted', `${caller}: aborted when ${Math.floor(100 * share)} % of the states were done.`);
}

/** The layer to list: the one that was asked for, or the one with fewer states. Throws when it has too many. */
export function chooseSide<V extends string, H extends string>(
  caller: string,
  machine: Rbm<V, H>,
  side?: 'visible' | 'hidden',
): 'visible' | 'hidden' {
  const chosen = side ?? (stateCount(machine.hidden) <= stateCount(machine.visible) ? 'hidden' : 'visible');
  const units = machine[chosen];
  if (!isEnumerable(units))
    throw new EbmError(
      'argument',
      `${caller}: the ${side === undefined ? 'smaller' : chosen} layer must have at most 2^24 states (24 binary units), got ${units.size} ${units.kind} units. Estimate ${caller === 'exactLogZ' ? 'logZ with estimateLogZ' : 'moments from fantasies'} instead.`,
    );
  return chosen;
}

/** Minus the free energy of states of one layer, the other layer summed out. */
export function minusEnergy<V extends string, H extends string>(
  machine: Rbm<V, H>,
  side: 'visible' | 'hidden',
  params: RbmParameters<V, H>,
  states: Tensor,
): Tensor {
  if (side === 'visible') return sub(0, machine.freeEnergy(params, states));
  const { visible, hidden } = machine;
  const own = ownOf(hidden, 'hidden', params);
  const input = visibleInput(machine, params, states);
  const summed = sub(visible.logPartition(ownOf(visible, 'visible', params), input), hidden.energy(own, states));
  const repeated = repeatedBias(machine, params);
  return repeated ? add(summed, sumEvent(mul(hidden.statistic(own, states), repeated))) : summed;
}

/**
 * Visits the states of one layer, some thousand at a time, so that memory stays bounded. Yields to the event loop.
 *
 * @param caller - The name of the sum, for messages.
 * @param machine - The machine.
 * @param side - Which layer to list.
 * @param numbers - How many numbers a batch may hold in the other layer.
 * @param options - Progress, abort.
 * @param visit - Takes a batch, which is freed afterwards.
 */
export async function visitStates<V extends string, H extends string>(
  caller: string,
  machine: Rbm<V, H>,
  side: 'visible' | 'hidden',
  numbers: number,
  { onProgress, signal }: ExactLogZOptions,
  visit: (states: Tensor) => Promise<void>,
): Promise<void> {
  const [listed, other] =
    side === 'hidden' ? [machine.hidden, machine.visible] : ([machine.visible, machine.hidden] as const);
  const count = stateCount(listed);
  const size = Math.max(1, Math.min(count, Math.floor(numbers / Math.max(listed.size, other.size))));
  const pacer = makePacer(0, count);
  for (let first = 0; first < count; first += size) {
    if (signal?.aborted) throw aborted(caller, first / count);
    const done = Math.min(count, first + size);
    const states = enumerateStates(listed, first, done - first);
    try {
      await visit(states);
    } finally {
      free(states);
    }
    onProgress?.(done / count);
    await pacer.after(done);
  }
}
