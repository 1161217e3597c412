import { EbmError, fold, type Key, type Progress, readSync, type Tree } from '@ebmkit/tensor';
import { run } from '../drive/run.js';
import type { AnnealingPath } from './annealing-path.js';
import { parallelTempering } from './parallel-tempering.js';

/** How to find a ladder. */
export interface TuneLadderOptions<P extends Tree, S extends { readonly position: P }> {
  /** The distributions and their kernels. */
  readonly path: AnnealingPath<P, S>;
  /** How many rungs the ladder is to have, at least 2. */
  readonly rungs: number;
  /** The beta of the hottest rung, below 1; 0 for a path that begins at a known distribution. */
  readonly hottest: number;
  /** Where the chains begin, `[chains, ...event]`; they stay yours. */
  readonly start: P;
  /** The key of the whole. */
  readonly key: Key;
  /** Rounds of tuning; 5 unless given. */
  readonly rounds?: number;
  /** Steps of the first round; each round makes twice as many as the one before. 50 unless given. */
  readonly steps?: number;
  /** Called about every 100 ms and at the end of every round. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** A ladder and what was found on the way. */
export interface TunedLadder {
  /** The rungs, from the hottest to 1. */
  readonly betas: readonly number[];
  /** How often swaps of neighbours were refused in the last round, before the last change of the ladder, `[rungs - 1]`. */
  readonly rejection: Float64Array;
  /** The communication barrier, the sum of these. About twice as many rungs are right. */
  readonly barrier: number;
}

/**
 * Finds inverse temperatures at which all pairs of neighbours swap about equally often, which makes round trips fastest: the sum of
 * the refusal probabilities up to a beta is measured on the present ladder, interpolated, and cut into equal parts; then again with
 * twice as many steps. The same ladder suits `annealedImportanceSampling` and the estimates from `sampleLadder`.
 *
 * @param options - Path, number of rungs, hottest beta, start and key.
 * @returns The ladder and its barrier.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { betas, barrier } = await tuneLadder({ path, rungs: 8, hottest: 0.05, start, key: key(1) });
 * ```
 * @see Syed, Bouchard-Côté, Deligiannidis and Doucet, "Non-reversible parallel tempering", 2022, https://doi.org/10.1111/rssb.12464
 */
export async function tuneLadder<P extends Tree, S extends { readonly position: P }>(
  options: TuneLadderOptions<P, S>,
): Promise<TunedLadder> {
  const { path, rungs, hottest, start, key, rounds = 5, steps = 50 } = options;
  if (!Number.isInteger(rungs) || rungs < 2 || !(hottest >= 0 && hottest < 1))
    throw new EbmError(
      'argument',
      `tuneLadder: expected at least 2 rungs and a hottest beta from 0 to below 1, got ${rungs} and ${hottest}.`,
    );
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(steps) || steps < 4)
    throw new EbmError(
      'argument',
      `tuneLadder: expected at least 1 round of at least 4 steps, got ${rounds} of ${steps}.`,
    );
  let betas = Array.from({ length: rungs }, (_, r) => hottest + ((1 - hottest) * r) / (rungs - 1));
  let rejection = new Float64Array(rungs - 1);
  for (let round = 0; round < rounds; round++) {
    const moves = steps * 2 ** round;
    const seen = await run(parallelTempering({ path, betas }), start, {
      steps: moves,
      key: fold(key, round),
      observe: ({ info }, step) => (4 * step < moves ? undefined : Float64Array.from(readSync(info.swapProbability))),
      ...(options.onProgress && { onProgress: options.onProgress }),
      ...(options.signal && { signal: options.signal }),
    });
    rejection = meanRejection(seen, rungs - 1);
    betas = equalise(betas, rejection);
  }
  return { betas, rejection, barrier: rejection.reduce((a, b) => a + b, 0) };
}

function meanRejection(seen: readonly (Float64Array | undefined)[], pairs: number): Float64Array<ArrayBuffer> {
  const total = new Float64Array(pairs);
  let rows = 0;
  for (const probabilities of seen) {
    if (!probabilities) continue;
    rows += probabilities.length / pairs;
    probabilities.forEach((p, i) => {
      total[i % pairs] = (total[i % pairs] as number) + 1 - p;
    });
  }
  return total.map((sum) => sum / rows);
}

/** The betas at equal parts of the cumulative rejection, interpolated between those at which it was measured. */
export function equalise(betas: readonly number[], rejection: ArrayLike<number>): number[] {
  const least = 1e-3;
  const cumulative = [0];
  for (let r = 0; r + 1 < betas.length; r++)
    cumulative.push((cumulative[r] as number) + Math.max(least, rejection[r] as number));
  const total = cumulative.at(-1) as number;
  let pair = 0;
  return betas.map((beta, r) => {
    if (r === 0 || r === betas.length - 1) return beta;
    const goal = (total * r) / (betas.length - 1);
    while ((cumulative[pair + 1] as number) < goal) pair++;
    const [low, high] = [cumulative[pair] as number, cumulative[pair + 1] as number];
    const [from, to] = [betas[pair] as number, betas[pair + 1] as number];
    return from + ((goal - low) / (high - low)) * (to - from);
  });
}
