import { meanEss } from '@ebmkit/diagnostics';
import {
  EbmError,
  fold,
  free,
  jit,
  jvp,
  type Key,
  ones,
  type Progress,
  read,
  split,
  stack,
  sub,
  type Tensor,
  type Tree,
  tensor,
} from '@ebmkit/tensor';
import { drive } from '../drive/drive.js';
import type { AnnealingPath } from '../tempering/annealing-path.js';
import {
  checkBetas,
  type ParallelTemperingInfo,
  type ParallelTemperingState,
  parallelTempering,
} from '../tempering/parallel-tempering.js';
import type { AnnealingBase } from './annealed-importance-sampling.js';

/** How to draw from all distributions of a path. */
export interface SampleLadderOptions<P extends Tree, S extends { readonly position: P }> {
  /** The way from the base, at beta 0, to the target, at beta 1. */
  readonly path: AnnealingPath<P, S>;
  /** The distribution at beta 0. Every exact energy of `@ebmkit/energy` is one. */
  readonly base: AnnealingBase<P>;
  /** The rungs, from 0 to 1: those of `tuneLadder` with `hottest` 0, or a number of equal steps. */
  readonly betas: number | readonly number[];
  /** How many ladders run in parallel, at least 8: their spread gives the standard errors. */
  readonly chains: number;
  /** Steps that are kept. */
  readonly steps: number;
  /** Steps before that; a quarter of `steps` unless given. */
  readonly warmup?: number;
  /** The key of the whole. */
  readonly key: Key;
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * What draws at every rung of a ladder say of its normalisers, as plain data. From one of these `thermodynamicIntegration`,
 * `steppingStone` and `bridgeSampling` each give an estimate, at no further cost.
 */
export interface LadderDraws {
  /** The rungs, from 0 to 1. */
  readonly betas: readonly number[];
  /** The log normaliser at beta 0, in nats. */
  readonly baseLogZ: number;
  /** Ladders that ran in parallel and are independent of each other. */
  readonly chains: number;
  /** Draws of each. */
  readonly steps: number;
  /** For each rung but the last, `[steps, chains]`: the energy at the next rung minus that at this one, of draws of this one. */
  readonly up: readonly Float64Array[];
  /** For each rung but the first, `[steps, chains]`: the energy at this rung minus that at the one before, of draws of this one. */
  readonly down: readonly Float64Array[];
  /** For each rung, `[steps, chains]`: the derivative of the energy in beta. */
  readonly slope: readonly Float64Array[];
  /** The smallest effective sample size of any rung's slopes. */
  readonly ess: number;
}

function ladderOf(betas: number | readonly number[]): readonly number[] {
  const ladder = typeof betas === 'number' ? Array.from({ length: betas + 1 }, (_, r) => r / betas) : betas;
  checkBetas('sampleLadder', ladder);
  if (ladder[0] !== 0)
    throw new EbmError(
      'argument',
      `sampleLadder: expected betas that begin at 0, where the base is, got ${ladder[0]}. Put 0 in front.`,
    );
  return ladder;
}

/** Draws that do not reach a number that is none. */
function column(rows: readonly Float64Array[], rung: number, rungs: number): Float64Array {
  return Float64Array.from(rows.flatMap((row) => Array.from(row.filter((_, i) => i % rungs === rung))));
}

/**
 * Draws from every distribution of a path at once, by parallel tempering, and measures how the energy changes along it.
 *
 * @param options - Path, base, ladder, chains, steps and key.
 * @returns The measurements.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const base = gaussian({ mean: [0], scale: 2 });
 * const path = geometricPath(base, doubleWell(), (e) => mala(e, { stepSize: 0.1 }));
 * const ladder = await sampleLadder({ path, base, betas: 8, chains: 32, steps: 500, key: key(1) });
 * const { logZ, standardError } = bridgeSampling(ladder);
 * ```
 * @see Gelman and Meng, "Simulating normalizing constants", 1998, https://doi.org/10.1214/ss/1028905934
 */
export async function sampleLadder<P extends Tree, S extends { readonly position: P }>(
  options: SampleLadderOptions<P, S>,
): Promise<LadderDraws> {
  const { path, base, chains, steps, warmup = Math.ceil(steps / 4), key } = options;
  const betas = ladderOf(options.betas);
  if (!Number.isInteger(chains) || chains < 8 || !Number.isInteger(steps) || steps < 1)
    throw new EbmError(
      'argument',
      `sampleLadder: expected at least 8 chains and 1 step, got ${chains} and ${steps}. The spread of the chains gives the standard errors.`,
    );
  const [drawKey, runKey] = split(key, 2);
  const start = base.draw(drawKey, chains);
  const measure = jit((rungs: readonly P[]) => measureRungs(path, betas, rungs));
  const seen: { up: Float64Array; down: Float64Array; slope: Float64Array }[] = [];
  try {
    await drive<P, ParallelTemperingState<P>, ParallelTemperingInfo>({
      ...options,
      key: fold(runKey, 0),
      caller: 'sampleLadder',
      kernel: parallelTempering({ path, betas }),
      start,
      steps: warmup + steps,
      collected: () => undefined,
      visit: ({ state }, step) => {
        if (step < warmup) return undefined;
        return (async () => {
          const measured = measure(state.rungs);
          const numbers = async (x: Tensor): Promise<Float64Array> => Float64Array.from(await read(x));
          const { up, down, slope } = measured;
          seen.push({ up: await numbers(up), down: await numbers(down), slope: await numbers(slope) });
          free(measured);
        })();
      },
    });
  } finally {
    free(start);
    measure.clear();
  }
  const rungs = betas.length;
  const columns = (name: 'up' | 'down' | 'slope', count: number): Float64Array[] =>
    Array.from({ length: count }, (_, r) =>
      column(
        seen.map((row) => row[name]),
        r,
        count,
      ),
    );
  const slope = columns('slope', rungs);
  return {
    betas,
    baseLogZ: base.logZ,
    chains,
    steps,
    up: columns('up', rungs - 1),
    down: columns('down', rungs - 1),
    slope,
    ess: Math.min(...slope.map((values) => meanEss(chainsOfRows(values, chains)))),
  };
}

/** The series of each chain from rows of all chains. */
function chainsOfRows(values: Float64Array, chains: number): Float64Array[] {
  return Array.from({ length: chains }, (_, chain) => values.filter((_, i) => i % chains === chain));
}

/** Energy differences to both neighbours and the derivative in beta, for draws of every rung. */
function measureRungs<P extends Tree, S extends { readonly position: P }>(
  path: AnnealingPath<P, S>,
  betas: readonly number[],
  rungs: readonly P[],
) {
  const energyAt = (beta: number, x: P): Tensor => path(tensor(beta)).energy(x);
  const differences = betas.slice(1).map((next, r) => {
    const beta = betas[r] as number;
    const change = (x: P): Tensor => sub(energyAt(next, x), energyAt(beta, x));
    return { up: change(rungs[r] as P), down: change(rungs[r + 1] as P) };
  });
  const slopes = betas.map(
    (beta, r) => jvp((b: Tensor) => path(b).energy(rungs[r] as P), tensor(beta), ones([])).tangent,
  );
  return {
    up: stack(
      differences.map(({ up }) => up),
      1,
    ),
    down: stack(
      differences.map(({ down }) => down),
      1,
    ),
    slope: stack(slopes, 1),
  };
}
