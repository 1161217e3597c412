import {
  cast,
  concat,
  EbmError,
  gather,
  greater,
  type Key,
  less,
  mapTree,
  ones,
  permutation,
  perRow,
  scatterAdd,
  slice,
  split,
  type Tensor,
  type Tree,
  tensorsOf,
  uniform,
  where,
} from '@ebmkit/tensor';
import { defineKernel, eagerness, type Kernel } from '../kernel/kernel.js';
import { chainsOf, chooseChains } from '../kernel/position.js';

/** How a replay buffer works. */
export interface ReplayBufferOptions<P extends Tree> {
  /** How many positions it holds: at least as many as there are chains. */
  readonly capacity: number;
  /** The share of chains that begin anew in each step, in `[0, 1]`; 0.05 unless given. */
  readonly reinitialise?: number;
  /** New positions `[count, ...event]`: uniform noise, or data. */
  readonly draw: (key: Key, count: number) => P;
}

/** The state of chains that come from a replay buffer: all of it is saved with a run. */
export type ReplayBufferState<P extends Tree> = {
  /** Where the chains are that moved last, `[chains, ...event]`. */
  readonly position: P;
  /** Everything in the buffer, `[capacity, ...event]`. */
  readonly buffer: P;
};

/**
 * Chains that come from a buffer of past positions: each step takes as many as there are chains from the buffer, at random and
 * without repetition, begins some of them anew, moves all of them with the kernel, and puts each back into the place that it was
 * taken from. So a training run has many persistent chains at the price of few, and the new ones keep them diverse. Biased as the
 * kernel, and by the new chains, which have not mixed. Wrap the kernel in `repeat` for several moves between taking and putting back.
 *
 * @param kernel - What moves the chains. Its state is made anew from the positions in each step.
 * @param options - Capacity, share of new chains, and where they begin.
 * @returns A kernel over the positions of the chains; the chains of one step are not those of the next. Use it as the kernel of
 * persistent contrastive divergence.
 * @throws EbmError when an option is wrong, or, at `init`, when there are more chains than places.
 *
 * @example
 * ```ts
 * const kernel = (params) => replayBuffer(repeat(langevin(bind(model, params), { stepSize: 0.01 }), 20), {
 *   capacity: 10_000,
 *   draw: (key, count) => uniform(key, [count, 28, 28, 1]),
 * });
 * ```
 * @see Du and Mordatch, "Implicit generation and modeling with energy-based models", 2019, https://arxiv.org/abs/1903.08689
 */
export function replayBuffer<P extends Tree, S extends { readonly position: P }, I>(
  kernel: Kernel<P, S, I>,
  { capacity, reinitialise = 0.05, draw }: ReplayBufferOptions<P>,
): Kernel<P, ReplayBufferState<P>, I> {
  if (!Number.isInteger(capacity) || capacity < 1)
    throw new EbmError('argument', `replayBuffer: capacity must be a whole number of at least 1, got ${capacity}.`);
  if (!(reinitialise >= 0 && reinitialise <= 1))
    throw new EbmError('argument', `replayBuffer: reinitialise must be a share from 0 to 1, got ${reinitialise}.`);
  return defineKernel<P, ReplayBufferState<P>, I>({
    init: (start, key) => {
      const chains = chainsOf('replayBuffer', start);
      if (chains > capacity)
        throw new EbmError(
          'argument',
          `replayBuffer: expected at most ${capacity} chains, the capacity, got ${chains}. Make the capacity several times as large.`,
        );
      const { position } = kernel.init(start, key);
      if (chains === capacity) return { position, buffer: position };
      const fresh = drawChecked(draw, key, capacity - chains, position);
      return { position, buffer: mapTree((a, b) => concat([a, b], 0), position, fresh) };
    },
    step: (key, { position, buffer }) => {
      const chains = chainsOf('replayBuffer', position);
      const [placeKey, newKey, drawKey, initKey, stepKey] = split(key, 5);
      const places = slice(permutation(placeKey, capacity), [0], [chains]);
      const taken = mapTree((x) => gather(x, places), buffer);
      const isNew = less(uniform(newKey, [chains]), reinitialise);
      const begun = reinitialise > 0 ? chooseChains(isNew, drawChecked(draw, drawKey, chains, position), taken) : taken;
      const { state, info } = kernel.step(stepKey, kernel.init(begun, initKey));
      const put = mapTree((old, x) => putBack(old, places, x, capacity), buffer, state.position);
      return { state: { position: state.position, buffer: put }, info };
    },
    ...eagerness([kernel]),
  });
}

/** Rows in their places, all other rows as they were. */
function putBack(old: Tensor, places: Tensor, rows: Tensor, capacity: number): Tensor {
  const isPut = greater(scatterAdd(places, ones([rows.shape[0] as number]), capacity), 0);
  const put = cast(scatterAdd(places, cast(rows, 'float32'), capacity), old.dtype);
  return where(perRow(isPut, old.shape), put, old);
}

/** New positions, which must look like the others. */
function drawChecked<P extends Tree>(draw: ReplayBufferOptions<P>['draw'], key: Key, count: number, like: P): P {
  const drawn = draw(key, count);
  const [made, wanted] = [tensorsOf(drawn), tensorsOf(like)];
  made.forEach((x, i) => {
    const event = wanted[i]?.shape.slice(1);
    if (x.dtype !== wanted[i]?.dtype || x.shape[0] !== count || x.shape.slice(1).join() !== event?.join())
      throw new EbmError(
        'argument',
        `replayBuffer: expected draw(key, ${count}) to give ${wanted[i]?.dtype} [${[count, ...(event ?? [])].join(', ')}] like the start, got ${x.dtype} [${x.shape.join(', ')}].`,
      );
  });
  return drawn;
}
