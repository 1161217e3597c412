import {
  abs,
  add,
  all,
  cast,
  EbmError,
  equal,
  fold,
  free,
  gather,
  isFinite,
  isKey,
  jit,
  jitWhile,
  type Key,
  key as keyOf,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  makePacer,
  type PlainTensor,
  type Progress,
  permutation,
  perRow,
  range,
  read,
  retire,
  sub,
  sum,
  type Tensor,
  where,
  zeros,
} from '@ebmkit/tensor';
import { checkedCount } from '../analytic/arguments.js';
import { checkStates } from '../analytic/event.js';
import { scopedTree } from '../scoped-tree.js';
import type { AssociativeMemory } from './associative-memory.js';

/** How a retrieval ended, for one cue. */
export type RetrievalStatus = 'converged' | 'cycled' | 'maxSteps' | 'diverged' | 'aborted';

/** How to retrieve. */
export interface RetrieveOptions {
  /** The most steps, each of which updates every unit once. The last one of a converged cue shows that nothing changes any more. */
  readonly steps: number;
  /**
   * `asynchronous`: one unit after the other, each given the newest states of the others, so that the energy never rises.
   * `synchronous`: all at once. Asynchronous unless given, where the memory can.
   */
  readonly update?: 'asynchronous' | 'synchronous';
  /** Draws a new order of the units for every asynchronous step, the same for all cues; in the order of the units when left out. */
  readonly key?: Key;
  /** A cue has converged when no unit changes by more than this in a step; 1e-6 unless given. */
  readonly tolerance?: number;
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops between two steps; cues that have not ended get the status `aborted`. */
  readonly signal?: AbortSignal;
}

/** What was retrieved, one entry for each cue. */
export interface Retrieved {
  /** The last states, `[n, N]`. */
  readonly states: PlainTensor;
  /** Their energies, `[n]`. */
  readonly energies: Float64Array;
  /** How many steps changed the state, `[n]`. */
  readonly steps: Int32Array;
  /**
   * How each ended: `converged` at a fixed point, `cycled` between two states for ever (synchronous updates only), `maxSteps`,
   * `diverged` where the cue or the energy is not a number, or `aborted`.
   */
  readonly status: readonly RetrievalStatus[];
}

/** The codes of a status. */
const [running, converged, cycled, diverged] = [0, 1, 2, 3] as const;

/** Where every cue is. */
type Course = {
  readonly states: Tensor;
  readonly before: Tensor;
  readonly status: Tensor;
  readonly steps: Tensor;
};

/** What a step has made of every cue that still runs. */
function judge({ energy }: AssociativeMemory, tolerance: number, course: Course, proposed: Tensor): Course {
  const isRunning = equal(course.status, running);
  const states = where(perRow(isRunning, proposed.shape), proposed, course.states);
  const isStill = all(lessEqual(abs(sub(states, course.states)), tolerance), 1);
  const isBack = all(equal(states, course.before), 1);
  const open = where(isStill, converged, where(isBack, cycled, running));
  const ended = where(isFinite(energy(states)), open, diverged);
  const moved = logicalAnd(isRunning, logicalNot(isStill));
  return {
    states,
    before: course.states,
    status: cast(where(isRunning, ended, course.status), 'int32'),
    steps: add(course.steps, cast(moved, 'int32')),
  };
}

/** One step as a function of a key and states, and what frees its programs. */
function stepOf(memory: AssociativeMemory, { update, key }: RetrieveOptions) {
  const { size, updateSite } = memory;
  if (!updateSite || update === 'synchronous') return jit((_: Key, x: Tensor) => memory.update(x));
  return jitWhile({
    begin: (forOrder, x: Tensor) => ({
      x,
      order: key ? permutation(forOrder, size) : range(size),
      place: zeros([], 'int32'),
    }),
    goesOn: ({ place }) => less(place, size),
    round: (_, { x, order, place }) => ({ x: updateSite(x, gather(order, place)), order, place: add(place, 1) }),
    end: ({ x }) => x,
  });
}

function checkArguments(memory: AssociativeMemory, cue: Tensor, options: RetrieveOptions): void {
  const { steps, update, key, tolerance = 0 } = options;
  checkedCount('retrieve', 'steps', steps, 1);
  checkStates('retrieve', cue, [memory.size]);
  if (update !== undefined && (update as string) !== 'asynchronous' && (update as string) !== 'synchronous')
    throw new EbmError(
      'argument',
      `retrieve: update must be 'asynchronous' or 'synchronous', got ${String(update)}. Leave it out for what the memory can.`,
    );
  if (update === 'asynchronous' && !memory.updateSite)
    throw new EbmError(
      'argument',
      'retrieve: this memory updates all units at once, so update must be synchronous. Leave it out.',
    );
  if (key !== undefined && !isKey(key))
    throw new EbmError('argument', `retrieve: expected a key, got ${typeof key}. Make one with key(seed).`);
  if (!(tolerance >= 0))
    throw new EbmError('argument', `retrieve: tolerance must be a number of at least 0, got ${tolerance}.`);
}

/** Throws unless the cues of a memory of spins hold −1 and 1, or NaN, which is reported. */
async function checkSpins(cue: Tensor): Promise<void> {
  const values = await read(cue);
  const bad = Array.prototype.find.call(values, (x: number) => !Number.isNaN(x) && Math.abs(x) !== 1) as
    | number
    | undefined;
  if (bad !== undefined)
    throw new EbmError('argument', `retrieve: expected cues of -1 and 1, got ${bad}. Write bits b as 2 b - 1.`);
}

async function collect({ energy }: AssociativeMemory, course: Course, last: RetrievalStatus): Promise<Retrieved> {
  const energies = scopedTree(() => energy(course.states));
  const codes = await read(course.status);
  const { dtype, shape } = course.states;
  const result = {
    states: { dtype, shape, data: await read(course.states) },
    energies: Float64Array.from(await read(energies)),
    steps: Int32Array.from(await read(course.steps)),
    status: Array.from(codes, (code) => ([last, 'converged', 'cycled', 'diverged'] as const)[code] ?? last),
  };
  free(energies);
  return result;
}

/**
 * Recalls: goes from each cue, a part or a corrupted copy of a pattern, downhill to a fixed point of the memory's update. Deterministic but for the
 * order of the units, when a key is given. A step costs an update of all units: for `hopfield`, $`O(n N^2)`$ either way; one by one
 * is the slower the more units there are, and needs a backend that can read at once (WebGPU cannot). Cues do not influence each other.
 *
 * @param memory - `hopfield`, `denseMemory`, `modernHopfield`, or any other.
 * @param cue - Where to begin, float32 `[n, N]`; of −1 and 1 for memories of spins. It stays yours.
 * @param options - How many steps at most, and how units are updated.
 * @returns States, energies, steps and status, as plain arrays.
 * @throws EbmError when an option is wrong or a cue of spins holds other numbers than −1 and 1.
 *
 * @example
 * ```ts
 * const { states, status } = await retrieve(memory, cues, { steps: 50, key: key(1) });
 * ```
 */
export async function retrieve(memory: AssociativeMemory, cue: Tensor, options: RetrieveOptions): Promise<Retrieved> {
  checkArguments(memory, cue, options);
  if (memory.support === 'discrete') await checkSpins(cue);
  const { steps, tolerance = 1e-6, signal, onProgress } = options;
  // Without a key nothing is drawn.
  const orders = options.key ?? keyOf(0);
  const step = stepOf(memory, options);
  const judged = jit((course: Course, proposed: Tensor) => {
    const next = judge(memory, tolerance, course, proposed);
    return { next, left: sum(cast(equal(next.status, running), 'int32')) };
  });
  const pacer = makePacer(0, steps, onProgress);
  const rows = cue.shape[0] as number;
  let course: Course = scopedTree(() => ({
    states: cue,
    before: add(cue, Number.NaN),
    status: zeros([rows], 'int32'),
    steps: zeros([rows], 'int32'),
  }));
  try {
    let done = 0;
    for (let left = rows; left > 0 && done < steps && !signal?.aborted; ) {
      const proposed = step(fold(orders, done), course.states);
      const { next, left: stillRunning } = judged(course, proposed);
      retire([course, proposed], [next, cue]);
      course = next;
      left = (await read(stillRunning))[0] as number;
      free(stillRunning);
      await pacer.after(++done);
    }
    pacer.finish(done);
    return await collect(memory, course, done < steps ? 'aborted' : 'maxSteps');
  } finally {
    retire(course, cue);
    step.clear();
    judged.clear();
  }
}
