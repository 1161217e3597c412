import { bulkEss } from '@ebmkit/diagnostics';
import { type Kernel, run, type SavedRun } from '@ebmkit/samplers';
import { key, type Tree } from '@ebmkit/tensor';
import { chainsOfScalar, type Drawn, judgeDraws, type KnownMoment, type Verdict } from './judge-draws.js';

/** How long to measure. */
interface Effort {
  /** Seconds of sampling, of processor time like all of them. */
  readonly seconds: number;
  /** Steps of the run before, which compiles the kernel and finds how long a step takes. */
  readonly pilotSteps: number;
  /** The most numbers that are kept. */
  readonly mostNumbers: number;
}

/** What it took. */
export interface Measured extends Verdict {
  /** Seconds until the first step was done, but for a usual step. */
  readonly compiling: number;
  /** Seconds of a step of all chains, with the reading of draws. */
  readonly perStep: number;
  /** Steps that were measured. */
  readonly steps: number;
  /** Effective draws a second. */
  readonly essPerSecond: number;
}

/** Chains in the bulk, ready to be measured. */
export interface ReadyChains {
  /** Draws and judges. */
  readonly measure: (known: readonly KnownMoment[], effort: Effort) => Promise<Measured>;
}

/** Seconds that the processor has worked for this program, which others on the machine hardly change. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

interface Timed {
  readonly drawn: Drawn;
  readonly first: number;
  readonly rest: number;
  readonly saved: SavedRun;
}

/** What is read of a position, and what counts of that. */
export interface Reading<P> {
  /** The numbers of a position, `[chains, ...]`, read while the time runs. */
  readonly read: (position: P) => ArrayLike<number>;
  /** The scalars that are judged, `[chains, scalars]`, when all is over; the numbers themselves unless given. */
  readonly scalarsOf?: (numbers: Float32Array) => Float32Array;
}

/** The steps that draws are apart: a quarter of the autocorrelation time, so that next to nothing is lost, or what memory asks for. */
function thinningOf(pilot: Drawn, steps: number, mostDraws: number): number {
  const [draws, chains, scalars] = pilot.shape;
  const least = Math.min(...Array.from({ length: scalars }, (_, at) => bulkEss(chainsOfScalar(pilot, at))));
  const time = (draws * chains) / Math.max(least, chains);
  return Math.max(1, Math.min(Math.floor(time / 4), Math.ceil(steps / mostDraws)));
}

/** Draws one after the other. */
function joined(draws: readonly Float32Array[], chains: number): Drawn {
  const each = draws[0]?.length ?? 0;
  const values = new Float32Array(draws.length * each);
  for (const [i, draw] of draws.entries()) values.set(draw, i * each);
  return { values, shape: [draws.length, chains, each / chains] };
}

/**
 * Prepares a kernel to be measured.
 *
 * @param kernel - The kernel.
 * @param start - Where its chains are, which stays the caller's.
 * @param chains - How many there are.
 * @param reading - What is read of a position.
 */
export function readyChains<P extends Tree, S extends { readonly position: P }, I>(
  kernel: Kernel<P, S, I>,
  start: P,
  chains: number,
  { read, scalarsOf = (numbers) => numbers }: Reading<P>,
): ReadyChains {
  // `run` frees an eager kernel's programs when it ends; these are to last.
  const lasting: Kernel<P, S, I> = { ...kernel, clear: () => undefined };
  const draw = async (from: P | SavedRun, begin: number, draws: number, thin: number): Promise<Timed> => {
    const steps = draws * thin;
    const kept: Float32Array[] = [];
    let [first, saved] = [0, undefined as SavedRun | undefined];
    const begun = processorTime();
    await run(lasting, from, {
      steps: begin + steps,
      key: key(7),
      saveEvery: begin + steps,
      onSave: (end) => {
        saved = end;
      },
      observe: ({ state }, at) => {
        const since = at - begin;
        if ((since + 1) % thin === 0) kept.push(Float32Array.from(read(state.position)));
        if (since === 0) first = processorTime();
        return at;
      },
    });
    const ended = processorTime();
    if (!saved) throw new Error('readyChains: the run ended without being saved.');
    return {
      drawn: joined(kept.map(scalarsOf), chains),
      first: first - begun,
      rest: ended - first,
      saved,
    };
  };
  return {
    measure: async (known, { seconds, pilotSteps, mostNumbers }) => {
      const pilot = await draw(start, 0, pilotSteps, 1);
      const step = pilot.rest / (pilotSteps - 1);
      const steps = Math.max(100, Math.floor(seconds / step));
      const mostDraws = Math.floor(mostNumbers / chains / pilot.drawn.shape[2]);
      const thin = thinningOf(pilot.drawn, steps, mostDraws);
      const draws = Math.min(mostDraws, Math.floor(steps / thin));
      const { drawn, rest } = await draw(pilot.saved, pilotSteps, draws, thin);
      kernel.clear?.();
      const verdict = judgeDraws(drawn, known);
      const perStep = rest / (draws * thin - 1);
      return {
        ...verdict,
        compiling: Math.max(0, pilot.first - step),
        perStep,
        steps: draws * thin,
        essPerSecond: verdict.ess / (perStep * draws * thin),
      };
    },
  };
}
