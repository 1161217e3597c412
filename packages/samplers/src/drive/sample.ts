import type { ContinuousEnergy } from '@ebmkit/energy';
import { EbmError, retire, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { type ChainStats, makeChainRecorder } from './chain-stats.js';
import { type CountedState, counted } from './counted.js';
import { defaultSampler } from './default-sampler.js';
import { type DrawArray, type Draws, makeDrawStore } from './draw-store.js';
import { type DriveOptions, drive } from './drive.js';
import { checkedCount, energiesOf, type InnerState, type Sampler, startOf, type Target } from './sample-target.js';
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

/** The gravest warning about the draws, or `ok`. */
export type SampleStatus = 'ok' | Exclude<WarningCode, 'imprecise'>;

/**
 * Samples a distribution: runs a sampler on many chains in parallel and gives the draws as typed arrays, with the statistics of
 * every chain and warnings that say what may be wrong and what to do. Nothing needs to be freed. It yields to the event loop, and can be
 * watched, aborted, saved and resumed bit for bit.
 *
 * @param target - An energy over real states; or, with `sampler`, anything that the sampler takes.
 * @param options - `sampler` makes the kernel from the target (`(e) => langevin(e, { stepSize: 0.01 })`, `gibbs`); unless given it is
 * `mala` with step sizes from 0.0001 to 0.1, half of them 0.1, which suits targets whose scales are about 1. The rest says how long, where from and with which key.
 * @returns Draws `[steps, chains, ...event]`, statistics, status and the run's end.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires (an `AbortedRun` whose `collected` are the
 * draws so far).
 *
 * @example
 * ```ts
 * const { draws, stats, status } = await sample(doubleWell(), { chains: 4, steps: 1000, warmup: 200, key: key(1) });
 * ```
 */
export function sample<E extends object, P extends Tree, S extends { readonly position: P }>(
  target: E,
  options: SampleWithOptions<E, P, S>,
): Promise<SampleResult<P>>;
/** Samples an energy with `mala`, its step size 0.1 in half of the moves and less in the others: see the other signature. */
export function sample(target: ContinuousEnergy, options: SampleOptions<Tensor>): Promise<SampleResult<Tensor>>;
export async function sample(
  target: Target,
  options: SampleOptions<Tree> & { readonly sampler?: (target: never) => Sampler },
): Promise<unknown> {
  const warmup = checkedCount('sample', 'warmup', options.warmup ?? 0, 0);
  const thin = checkedCount('sample', 'thin', options.thin ?? 1, 1);
  const steps = checkedCount('sample', 'steps', options.steps, 1);
  const kernel = counted(
    (options.sampler ?? (defaultSampler as unknown as (target: never) => Sampler))(target as never),
    warmup,
  );
  const { start, owned } = startOf('sample', target, options);
  const done = isSavedRun(start) ? Math.max(0, Math.floor((start.step - warmup) / thin)) : 0;
  const store = makeDrawStore(Math.max(0, steps - done));
  const recorder = makeChainRecorder();
  let ending: Omit<SampleResult<Tensor>, 'draws'> | undefined;
  try {
    await drive<Tree, CountedState<Tree, InnerState>, MoveInfo>({
      ...options,
      caller: 'sample',
      steps: warmup + steps * thin,
      kernel,
      start,
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
        const moves = { after: steps * thin, all: warmup + steps * thin };
        const stats = await recorder.stats(state, moves.after);
        const warnings = findWarnings(store.draws(), stats, moves);
        ending = { stats, warnings, ...verdict(warnings), saved: await saveRun(state, moves.all, options.key) };
      },
    });
  } finally {
    retire(owned, undefined);
  }
  if (!ending) throw new EbmError('argument', 'sample: the run ended without a result.');
  return { draws: store.draws() ?? emptyDraws(), ...ending };
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
