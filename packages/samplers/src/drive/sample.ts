import type { ContinuousEnergy } from '@ebmkit/energy';
import { EbmError, free, retire, type Tensor, type Tree } from '@ebmkit/tensor';
import type { AdaptiveSampler } from '../adaptation/adaptive-samplers.js';
import type { AdaptedParameters } from '../adaptation/warm-up.js';
import { checkedCount } from '../kernel/checked-count.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { type Adaptation, isAdaptive, prepare, progressOf, warmupOf } from './adaptation.js';
import { type ChainStats, makeChainRecorder } from './chain-stats.js';
import { type CountedState, counted } from './counted.js';
import { defaultSampler } from './default-sampler.js';
import { type DrawArray, type Draws, makeDrawStore } from './draw-store.js';
import { type DriveOptions, drive } from './drive.js';
import { energiesOf, type InnerState, type Sampler, startOf, type Target } from './sample-target.js';
import { findWarnings, type SampleWarning, type WarningCode } from './sample-warnings.js';
import { isSavedRun, type SavedRun, saveRun } from './saved-run.js';

/** How to sample. */
export interface SampleOptions<P> extends Omit<DriveOptions, 'compile'> {
  /** Draws kept of each chain. The Markov chain makes `warmup + steps * thin` moves. */
  readonly steps: number;
  /** How many chains run in parallel; may be left out when `start` says it. */
  readonly chains?: number;
  /** Moves made and thrown away at the beginning; 0 unless given. */
  readonly warmup?: number;
  /** Moves between two draws that are kept; 1 unless given. */
  readonly thin?: number;
  /**
   * Where the chains begin, `[chains, ...event]`, or a saved run to go on from. Unless given, standard normal, for energies that
   * know their `eventShape`.
   */
  readonly start?: P | SavedRun;
}

/** How to sample with a sampler of one's choice. */
export interface SampleWithOptions<E, P extends Tree, S extends { readonly position: P }>
  extends SampleOptions<NoInfer<P>> {
  /** Makes the kernel from the target: `(e) => langevin(e, { stepSize: 0.01 })`, `gibbs`. */
  readonly sampler: (target: E) => Kernel<P, S, MoveInfo>;
}

/** What came of sampling, as plain data: nothing needs to be freed. */
export interface SampleResult<P> {
  /** The kept draws, those of a resumed run counted from where it was resumed. */
  readonly draws: Draws<P>;
  /** Statistics of each chain. */
  readonly stats: ChainStats;
  /** Whether the draws can be trusted as far as they can tell: the gravest of the warnings but `imprecise`. */
  readonly status: SampleStatus;
  /** The status in words. */
  readonly message: string;
  /** What may be wrong, gravest first, and what to do about it; empty when nothing is known to be. */
  readonly warnings: readonly SampleWarning[];
  /** The end of the run: pass it as `start` with more `steps` to go on. */
  readonly saved: SavedRun;
}

/** How to sample with a sampler that finds its settings itself. */
export interface AdaptiveSampleOptions<X extends Tree> extends SampleOptions<X> {
  /** `adaptiveNuts()`, `adaptiveHmc(…)`, `adaptiveMala()`, `adaptiveLangevin()`, `adaptiveSampler(…)`; `warmup` is then 500 unless given. */
  readonly sampler: AdaptiveSampler<X, MoveInfo>;
}

/** What came of sampling with an adaptive sampler. */
export interface AdaptedSampleResult<P> extends SampleResult<P> {
  /** The settings that were found in the warm-up. */
  readonly adaptation: Adaptation;
}

/** The gravest warning about the draws, or `ok`. */
export type SampleStatus = 'ok' | Exclude<WarningCode, 'imprecise'>;

/**
 * Samples a distribution: runs a sampler on many chains in parallel and gives the draws as typed arrays, with the statistics of
 * every chain and warnings that say what may be wrong and what to do. Nothing needs to be freed. It yields to the event loop, and can be
 * watched, aborted, saved and resumed bit for bit.
 *
 * @param target - An energy over real states; or, with `sampler`, anything that the sampler takes.
 * @param options - `sampler` makes the kernel from the target (`(e) => langevin(e, { stepSize: 0.01 })`, `gibbs`), or
 * finds its settings itself (`adaptiveNuts()`); unless given it is `mala` with step sizes from 0.0001 to 0.1, half of them 0.1, which
 * suits targets whose scales are about 1. The rest says how long, where from and with which key.
 * @returns Draws `[steps, chains, ...event]`, statistics, status and the run's end.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires (an `AbortedRun` whose `collected` are the
 * draws so far).
 *
 * @example
 * ```ts
 * const { draws, stats, status } = await sample(doubleWell(), { chains: 4, steps: 1000, warmup: 200, key: key(1) });
 * const posterior = await sample(target, { sampler: adaptiveNuts(), chains: 4, warmup: 500, steps: 1000, key: key(2) });
 * ```
 */
export function sample<X extends Tree>(
  target: ContinuousEnergy<X>,
  options: AdaptiveSampleOptions<X>,
): Promise<AdaptedSampleResult<X>>;
/** Samples with a sampler of one's choice: see the first signature. */
export function sample<E extends object, P extends Tree, S extends { readonly position: P }>(
  target: E,
  options: SampleWithOptions<E, P, S>,
): Promise<SampleResult<P>>;
/** Samples an energy with `mala`, its step size 0.1 in half of the moves and less in the others: see the other signature. */
export function sample(target: ContinuousEnergy, options: SampleOptions<Tensor>): Promise<SampleResult<Tensor>>;
export async function sample(
  target: Target,
  options: SampleOptions<Tree> & { readonly sampler?: object },
): Promise<unknown> {
  const { sampler } = options;
  const [begin, owned] = startOf('sample', target, options);
  try {
    if (!isAdaptive(sampler)) {
      const makeKernel = (sampler ?? defaultSampler) as unknown as (target: never) => Sampler;
      return await keepDraws({ target, kernel: makeKernel(target as never), start: begin, options });
    }
    const warmup = checkedCount('sample', 'warmup', warmupOf(options), 1);
    const total = warmup + options.steps * (options.thin ?? 1);
    const [begun, { onProgress }] = [performance.now(), options];
    const first = progressOf(onProgress, begun, 0, total);
    const ready = await prepare(target, sampler, begin, options, first);
    const { kernel, start, adaptation } = ready;
    const later = progressOf(onProgress, begun, warmup, total);
    const own = { ...options, warmup: 0, ...(later && { onProgress: later }) };
    const { parameters } = adaptation;
    try {
      return { ...(await keepDraws({ target, kernel, start, options: own, adapted: parameters })), adaptation };
    } finally {
      if (!isSavedRun(start)) free(start);
    }
  } finally {
    retire(owned, undefined);
  }
}

/** What is sampled, how and from where. */
interface Sampling {
  readonly target: Target;
  readonly kernel: Sampler;
  readonly start: Tree | SavedRun;
  readonly options: SampleOptions<Tree>;
  /** What every saved run must know to make its kernel again. */
  readonly adapted?: AdaptedParameters;
}

/** Drives a kernel and keeps its draws. */
async function keepDraws({ target, kernel, start, options, adapted }: Sampling): Promise<SampleResult<never>> {
  const warmup = checkedCount('sample', 'warmup', options.warmup ?? 0, 0);
  const thin = checkedCount('sample', 'thin', options.thin ?? 1, 1);
  const steps = checkedCount('sample', 'steps', options.steps, 1);
  const moves = { after: steps * thin, all: warmup + steps * thin };
  const done = isSavedRun(start) ? Math.max(0, Math.floor((start.step - warmup) / thin)) : 0;
  const store = makeDrawStore(Math.max(0, steps - done));
  const recorder = makeChainRecorder();
  let ending: Omit<SampleResult<never>, 'draws'> | undefined;
  await drive<Tree, CountedState<Tree, InnerState>, MoveInfo>({
    ...options,
    caller: 'sample',
    steps: moves.all,
    kernel: counted(kernel, warmup),
    start,
    ...(adapted && { adapted }),
    collected: () => store.draws(),
    visit: ({ state, info }, step) => {
      const since = step + 1 - warmup;
      if (since <= 0 || since % thin !== 0) return undefined;
      return (async () => {
        await store.add(state.position);
        await recorder.add(await energiesOf(target, state.inner), info);
      })();
    },
    finish: async (state) => {
      const stats = await recorder.stats(state, moves.after);
      const warnings = findWarnings(store.draws(), stats, moves);
      const saved = await saveRun(state, moves.all, options.key, adapted);
      ending = { stats, warnings, ...verdict(warnings), saved };
    },
  });
  if (!ending) throw new EbmError('argument', 'sample: the run ended without a result.');
  return { draws: (store.draws() ?? emptyDraws()) as never, ...ending };
}

/** The status that follows from the warnings, in one word and in many. */
function verdict(warnings: readonly SampleWarning[]): { readonly status: SampleStatus; readonly message: string } {
  const gravest = warnings.find(({ code }) => code !== 'imprecise');
  if (!gravest) return { status: 'ok', message: 'No move met a number that is not finite, and every chain moved.' };
  return { status: gravest.code as SampleStatus, message: `${gravest.message} ${gravest.remedy}` };
}

function emptyDraws(): DrawArray {
  return { data: new Float32Array(0), shape: [0] };
}
