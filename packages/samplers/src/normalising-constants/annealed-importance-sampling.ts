import {
  EbmError,
  free,
  isKey,
  jit,
  type Key,
  makePacer,
  type Pacer,
  type Progress,
  scoped,
  split,
  type Tree,
} from '@ebmkit/tensor';
import { chainsOf } from '../kernel/position.js';
import type { AnnealingPath } from '../tempering/annealing-path.js';
import { advanceAlong, anneal } from './anneal.js';
import { bennettRatio, logMeanWeight } from './log-weights.js';
import type { LogZEstimate } from './log-z-estimate.js';

/** Where the path begins: a distribution that is fully known. */
export interface AnnealingBase<P extends Tree> {
  /** The log normaliser of the path's energy at beta 0, in nats. */
  readonly logZ: number;
  /** Independent draws from it. */
  readonly draw: (key: Key, count: number) => P;
}

/** How to estimate a normaliser by annealing. */
export interface AnnealedImportanceSamplingOptions<P extends Tree, S extends { readonly position: P }> {
  /** The way from the base, at beta 0, to the target, at beta 1. */
  readonly path: AnnealingPath<P, S>;
  /** The distribution at beta 0. Every exact energy of `@ebmkit/energy` is one. */
  readonly base: AnnealingBase<P>;
  /** The number of equal steps from 0 to 1, or the rising ladder itself, from 0 to 1. More steps, less variance. */
  readonly betas: number | readonly number[];
  /** How many chains run in parallel; at least 2. */
  readonly chains: number;
  /** The key of the whole. */
  readonly key: Key;
  /**
   * Draws from the target, `[chains, ...event]`, at least 2 and not necessarily as many as `chains`: reverse chains start there and give the upper bound. They must be exact or from
   * chains that have mixed; where they are not, `upper` and the combined `logZ` are wrong, and `forward` is not.
   */
  readonly targetDraws?: P;
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the estimate with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** What the chains of one direction say. */
export interface AnnealingPass {
  /** The log normaliser of the target, in nats. */
  readonly logZ: number;
  /** Its standard error. */
  readonly standardError: number;
  /** The effective number of chains, out of all. */
  readonly ess: number;
  /** The log weight of each chain: the mean of the weights is the ratio of normalisers, in the direction of the pass. */
  readonly logWeights: Float64Array;
}

/**
 * An estimate of a log normaliser by annealing: the forward one, or Bennett's from both directions where there were target draws.
 * `lower` is the forward estimate minus 3 of its standard errors, `upper` the reverse estimate plus 3 of its own, Infinity without
 * target draws; `ess` is the effective number of chains, the smaller one of the two directions.
 */
export interface AnnealedEstimate extends LogZEstimate {
  /** The chains from base to target. */
  readonly forward: AnnealingPass;
  /** The chains from target to base, where there were target draws. */
  readonly reverse?: AnnealingPass;
  /** How many moves met a number that is not finite and were refused. */
  readonly diverged: number;
}

/** The ladder that was asked for, from 0 to 1; throws when it does not rise. */
export function checkedLadder(caller: string, betas: number | readonly number[]): readonly number[] {
  if (typeof betas === 'number') {
    if (Number.isInteger(betas) && betas >= 1) return Array.from({ length: betas + 1 }, (_, k) => k / betas);
    throw new EbmError(
      'argument',
      `${caller}: betas must be a number of steps of at least 1 or a ladder from 0 to 1, got ${betas}.`,
    );
  }
  const rises = betas.every((beta, k) => k === 0 || beta > (betas[k - 1] as number));
  if (betas.length < 2 || betas[0] !== 0 || betas.at(-1) !== 1 || !rises)
    throw new EbmError(
      'argument',
      `${caller}: expected betas that rise from 0 to 1, got ${betas.length} from ${betas[0]} to ${betas.at(-1)}${rises ? '' : ' that do not rise everywhere'}.`,
    );
  return betas;
}

function checkOptions(chains: number, key: Key, targetDraws: Tree): void {
  if (!isKey(key))
    throw new EbmError(
      'argument',
      `annealedImportanceSampling: expected a key, got ${typeof key}. Make one with key(seed).`,
    );
  if (!Number.isInteger(chains) || chains < 2)
    throw new EbmError(
      'argument',
      `annealedImportanceSampling: chains must be a whole number of at least 2, got ${chains}. 100 is common.`,
    );
  if (targetDraws !== undefined && chainsOf('annealedImportanceSampling: targetDraws', targetDraws) < 2)
    throw new EbmError(
      'argument',
      'annealedImportanceSampling: expected at least 2 targetDraws, since one has no standard error. Pass about as many as chains.',
    );
}

/**
 * Estimates the normaliser of a distribution by annealed importance sampling: chains go from a base whose normaliser is known to
 * the target through the distributions of a path, and collect the log weight $`\sum_k E_{k-1}(x_{k-1}) - E_k(x_{k-1})`$.
 *
 * The mean of the weights $`e^w`$ is an unbiased estimate of $`Z / Z_0`$; its log is therefore too low on average. With draws from the
 * target, chains also go back from there, and the log of their unbiased estimate of $`Z_0 / Z`$ gives a value that is too high on
 * average. `lower` and `upper` are these two, widened by 3 standard errors each. `logZ` is then Bennett's acceptance ratio of
 * both, which supposes that the kernels are reversible (`mala`, `alternatingGibbs` and repetitions of them are, a sweep of `gibbs` is
 * not) and that the target draws are good; `forward` supposes neither. Costs one move and two energies of every chain for each
 * step, in both directions.
 *
 * @param options - Path, base, ladder, chains and key.
 * @returns The estimate, its bracket and the log weights.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires. A weight that is NaN makes the estimate
 * NaN.
 *
 * @example
 * ```ts
 * const base = gaussian({ mean: [0], scale: 2 });
 * const path = geometricPath(base, doubleWell(), (e) => mala(e, { stepSize: 0.05 }));
 * const { logZ, standardError } = await annealedImportanceSampling({ path, base, betas: 200, chains: 100, key: key(1) });
 * ```
 * @see Neal, "Annealed importance sampling", 2001, https://doi.org/10.1023/A:1008923215028
 * @see Burda, Grosse and Salakhutdinov, "Accurate and conservative estimates of MRF log-likelihood using reverse annealing", 2015,
 * https://arxiv.org/abs/1412.8566
 */
export async function annealedImportanceSampling<P extends Tree, S extends { readonly position: P }>(
  options: AnnealedImportanceSamplingOptions<P, S>,
): Promise<AnnealedEstimate> {
  const { path, base, chains, key, targetDraws, signal } = options;
  checkOptions(chains, key, targetDraws);
  const ladder = checkedLadder('annealedImportanceSampling', options.betas);
  const rungs = ladder.length - 1;
  const advance = jit(advanceAlong(path));
  const pacer = makePacer(0, targetDraws === undefined ? rungs : 2 * rungs, options.onProgress);
  const between = (done: number) => stopOrPace(pacer, done, signal);
  const [drawKey, forwardKey, reverseKey] = split(key, 3);
  let start: P | undefined;
  try {
    start = scoped<P>((() => base.draw(drawKey, chains)) as never);
    const up = await anneal(advance, start, ladder, forwardKey, between);
    const forward = pass(up.logWeights, base.logZ, 1);
    if (targetDraws === undefined) {
      pacer.finish(rungs);
      return fromForward(forward, up.diverged);
    }
    const down = await anneal(advance, targetDraws, ladder.toReversed(), reverseKey, (k) => between(rungs + k));
    pacer.finish(2 * rungs);
    return fromBoth(forward, pass(down.logWeights, base.logZ, -1), base.logZ, up.diverged + down.diverged);
  } finally {
    free(start);
    advance.clear();
  }
}

function stopOrPace(pacer: Pacer, done: number, signal: AbortSignal | undefined): Promise<void> | undefined {
  if (signal?.aborted)
    throw new EbmError('aborted', `annealedImportanceSampling: aborted after ${done} steps.`, { cause: signal.reason });
  return pacer.after(done);
}

function pass(logWeights: Float64Array, baseLogZ: number, direction: 1 | -1): AnnealingPass {
  const { logMean, standardError, ess } = logMeanWeight(logWeights);
  return { logZ: baseLogZ + direction * logMean, standardError, ess, logWeights };
}

function fromForward(forward: AnnealingPass, diverged: number): AnnealedEstimate {
  const { logZ, standardError, ess } = forward;
  return {
    logZ,
    standardError,
    lower: logZ - 3 * standardError,
    upper: Number.POSITIVE_INFINITY,
    ess,
    forward,
    diverged,
  };
}

function fromBoth(
  forward: AnnealingPass,
  reverse: AnnealingPass,
  baseLogZ: number,
  diverged: number,
): AnnealedEstimate {
  const { logRatio, standardError } = bennettRatio(forward.logWeights, reverse.logWeights);
  return {
    logZ: baseLogZ + logRatio,
    standardError,
    lower: forward.logZ - 3 * forward.standardError,
    upper: reverse.logZ + 3 * reverse.standardError,
    ess: Math.min(forward.ess, reverse.ess),
    forward,
    reverse,
    diverged,
  };
}
