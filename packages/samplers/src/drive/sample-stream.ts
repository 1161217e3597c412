import { type StreamedSummary, streamingSummary } from '@ebmkit/diagnostics';
import type { ContinuousEnergy } from '@ebmkit/energy';
import { mapLeaves, read, retire, scoped, sizeOf, type Tensor, type Tree, tensorsOf } from '@ebmkit/tensor';
import { checkedCount } from '../kernel/checked-count.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { isAbortedRun } from './aborted.js';
import { type CountedState, counted } from './counted.js';
import { defaultSampler } from './default-sampler.js';
import type { DrawArray, Draws } from './draw-store.js';
import { type DriveOptions, drive } from './drive.js';
import { rendezvous } from './rendezvous.js';
import { energiesOf, type InnerState, type Sampler, startOf, type Target } from './sample-target.js';
import type { SavedRun } from './saved-run.js';

/** How to sample as long as someone looks. */
export interface SampleStreamOptions<P> extends Omit<DriveOptions, 'compile' | 'onProgress'> {
  /** How many chains run in parallel; may be left out when `start` says it. */
  readonly chains?: number;
  /** Moves between two frames; 1 unless given. */
  readonly every?: number;
  /** Moves at the beginning that are shown, but left out of the statistics; 0 unless given. */
  readonly warmup?: number;
  /** Moves after which the stream ends; it goes on until it is left unless given. */
  readonly steps?: number;
  /** Where the chains begin, as for `sample`. */
  readonly start?: P | SavedRun;
  /**
   * The quantities whose means, effective sample sizes and R-hat are followed, `[chains, quantities]`. Unless given, the numbers of
   * a position, when there are no more than 64. Each takes about 150 numbers of memory for every chain, however long the stream.
   */
  readonly follow?: (position: P) => Tensor;
}

/** A stream with a sampler of one's choice. */
export interface SampleStreamWithOptions<E, P extends Tree, S extends { readonly position: P }>
  extends SampleStreamOptions<NoInfer<P>> {
  /** Makes the kernel from the target: `(e) => langevin(e, { stepSize: 0.01 })`, `gibbs`. */
  readonly sampler: (target: E) => Kernel<P, S, MoveInfo>;
}

/** What a stream shows: where the chains are now, and what is known of their past. All of it is plain data. */
export interface SampleFrame<P> {
  /** Moves made so far, warm-up included. */
  readonly step: number;
  /** Where the chains are, `[chains, ...event]`, in the structure of a position. */
  readonly positions: Draws<P>;
  /** Their energies, `[chains]`; left out when the target has none. */
  readonly energies?: Float32Array;
  /** The share of moves after the warm-up that were accepted, `[chains]`; NaN before the first. */
  readonly acceptanceRate: Float64Array;
  /** How many moves met a number that is not finite and were refused, `[chains]`. */
  readonly diverged: Int32Array;
  /**
   * Means, effective sample sizes and R-hat of what is followed, over all frames after the warm-up (lags are counted in frames), in constant
   * memory; undefined before the first. Computed when called.
   */
  readonly summary: () => StreamedSummary | undefined;
}

/** The numbers of a position when they are few. */
const mostFollowed = 64;

async function plainPositions(position: Tree): Promise<unknown> {
  const arrays: DrawArray[] = await Promise.all(
    tensorsOf(position).map(async (x) => ({ data: Float32Array.from(await read(x)), shape: x.shape })),
  );
  let next = 0;
  return mapLeaves(position, () => arrays[next++]);
}

/** Follows quantities of the chains in constant memory. */
function makeFollower(follow: ((position: never) => Tensor) | undefined) {
  let summary: ReturnType<typeof streamingSummary> | undefined;
  const add = (values: ArrayLike<number>, chains: number): void => {
    summary ??= streamingSummary({ chains, size: values.length / chains });
    summary.add(values);
  };
  return {
    add: async (position: Tree): Promise<void> => {
      const tensors = tensorsOf(position);
      const chains = tensors[0]?.shape[0] as number;
      if (follow) {
        const followed = scoped<Tensor>(() => follow(position as never));
        add(await read(followed), chains);
        retire(followed, position);
      } else if (tensors.reduce((size, { shape }) => size + sizeOf(shape), 0) <= mostFollowed * chains) {
        const numbers = await Promise.all(tensors.map((x) => read(x)));
        const sizes = numbers.map(({ length }) => length / chains);
        add(
          Array.from({ length: chains }, (_, chain) =>
            numbers.flatMap((values, i) => {
              const size = sizes[i] as number;
              return Array.from(values.subarray(chain * size, (chain + 1) * size));
            }),
          ).flat(),
          chains,
        );
      }
    },
    summary: () => summary?.summary(),
  };
}

/** One frame. */
async function frameOf(target: Target, state: CountedState<Tree, InnerState>, warmup: number) {
  const step = (await read(state.step))[0] as number;
  const energies = await energiesOf(target, state.inner);
  const after = Math.max(0, step - warmup);
  return {
    step,
    positions: await plainPositions(state.position),
    ...(energies && { energies: Float32Array.from(energies) }),
    acceptanceRate: Float64Array.from(await read(state.accepted), (count) => count / after),
    diverged: Int32Array.from(await read(state.diverged)),
  };
}

/**
 * Samples as long as someone looks, for live pages: an async iterator of frames with the positions of all chains and running
 * statistics. The chains wait while a frame is being used, so the consumer sets the pace; leaving the loop ends the run and frees
 * everything. Memory does not grow. The chains are those of `sample` with the same key.
 *
 * @param target - An energy over real states; or, with `sampler`, anything that the sampler takes.
 * @param options - Sampler, chains, key and how often to show a frame.
 * @returns The frames.
 * @throws EbmError when an option is wrong, or, in the loop, with code `aborted` when the signal fires (an `AbortedRun`, whose `saved`
 * is a `start` to go on from).
 *
 * @example
 * ```ts
 * for await (const { step, positions, summary } of sampleStream(doubleWell(), { chains: 100, every: 10, key: key(1) })) {
 *   draw(positions.data, summary()?.splitRHat);
 *   if (step >= 1000) break;
 * }
 * ```
 */
export function sampleStream<E extends object, P extends Tree, S extends { readonly position: P }>(
  target: E,
  options: SampleStreamWithOptions<E, P, S>,
): AsyncGenerator<SampleFrame<P>, void, undefined>;
/** Streams an energy with the default sampler of `sample`: see the other signature. */
export function sampleStream(
  target: ContinuousEnergy,
  options: SampleStreamOptions<Tensor>,
): AsyncGenerator<SampleFrame<Tensor>, void, undefined>;
export async function* sampleStream(
  target: Target,
  options: Omit<SampleStreamOptions<Tree>, 'follow'> & {
    readonly sampler?: (target: never) => Sampler;
    readonly follow?: (position: never) => Tensor;
  },
): AsyncGenerator<unknown, void, undefined> {
  const every = checkedCount('sampleStream', 'every', options.every ?? 1, 1);
  const warmup = checkedCount('sampleStream', 'warmup', options.warmup ?? 0, 0);
  const makeKernel = options.sampler ?? (defaultSampler as unknown as (target: never) => Sampler);
  const kernel = counted(makeKernel(target as never), warmup);
  const [start, owned] = startOf('sampleStream', target, options);
  const follower = makeFollower(options.follow);
  const frames = rendezvous<SampleFrame<Tree>>();
  const leaving = new AbortController();
  const stop = (): void => leaving.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', stop);
  if (options.signal?.aborted) stop();
  let hasLeft = false;
  const running = drive<Tree, CountedState<Tree, InnerState>, MoveInfo>({
    ...options,
    caller: 'sampleStream',
    steps: options.steps ?? Number.MAX_SAFE_INTEGER,
    signal: leaving.signal,
    kernel,
    start,
    collected: () => undefined,
    visit: ({ state }, step) => {
      if ((step + 1) % every !== 0) return undefined;
      return (async () => {
        if (step >= warmup) await follower.add(state.position);
        await frames.put({ ...(await frameOf(target, state, warmup)), summary: follower.summary });
      })();
    },
  }).then(
    () => frames.end(),
    (error: unknown) => {
      if (hasLeft && isAbortedRun(error)) frames.end();
      else frames.end(error);
    },
  );
  try {
    for (let frame = await frames.take(); frame; frame = await frames.take()) yield frame;
  } finally {
    hasLeft = true;
    leaving.abort();
    frames.leave();
    options.signal?.removeEventListener('abort', stop);
    await running;
    retire(owned, undefined);
  }
}
