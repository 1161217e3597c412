import { EbmError, isKey, jit, type Key, makePacer, type Progress, type Tree } from '@ebmkit/tensor';
import { chainsOf } from '../kernel/position.js';
import type { AnnealingPath } from '../tempering/annealing-path.js';
import { advanceAlong, anneal } from './anneal.js';
import { checkedLadder } from './annealed-importance-sampling.js';

/** How to anneal states of the target back to the base. */
export interface ReverseAnnealingOptions<P extends Tree, S extends { readonly position: P }> {
  /** The way from the base, at beta 0, to the target, at beta 1. Its kernels must be reversible. */
  readonly path: AnnealingPath<P, S>;
  /** The number of equal steps from 0 to 1, or the rising ladder itself, from 0 to 1. */
  readonly betas: number | readonly number[];
  /** Where the chains start: states to be judged, `[chains, ...event]`. They are borrowed. */
  readonly start: P;
  /** The key of the whole. */
  readonly key: Key;
  /** Called about every 100 ms and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** What chains that went back to the base have collected. */
export interface ReverseAnnealing {
  /**
   * The log weight of each chain, $`\sum_k E_k(x_{k-1}) - E_{k-1}(x_{k-1})`$ over the rungs, one move at beta 1 before the first: the mean of
   * $`e^w`$ from start $`x`$ is $`p_{ann}(x) Z_0 e^{E(x)}`$, where $`p_{ann}`$ is the distribution at which forward annealing arrives.
   */
  readonly logWeights: Float64Array;
  /** How many moves met a number that is not finite and were refused. */
  readonly diverged: number;
}

/**
 * Anneals given states back to the base, as RAISE does to bound the likelihood of a machine from below (`raiseLogLikelihood` of
 * `@ebmkit/boltzmann`). Unlike the reverse chains of `annealedImportanceSampling`, these move once at beta 1 before they leave it, so
 * that what they estimate is the probability of the start under forward annealing that ends with such a move. Costs one move
 * and two energies of every chain for each rung.
 *
 * @param options - Path, ladder, start and key.
 * @returns The log weights, one a chain.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 * @see Burda, Grosse and Salakhutdinov, "Accurate and conservative estimates of MRF log-likelihood using reverse annealing", 2015,
 * https://arxiv.org/abs/1412.8566
 */
export async function reverseAnnealing<P extends Tree, S extends { readonly position: P }>(
  options: ReverseAnnealingOptions<P, S>,
): Promise<ReverseAnnealing> {
  const { path, betas, start, key, signal, onProgress } = options;
  if (!isKey(key))
    throw new EbmError('argument', `reverseAnnealing: expected a key, got ${typeof key}. Make one with key(seed).`);
  chainsOf('reverseAnnealing: start', start);
  const ladder = [1, ...checkedLadder('reverseAnnealing', betas).toReversed()];
  const advance = jit(advanceAlong(path));
  const pacer = makePacer(0, ladder.length - 1, onProgress);
  try {
    const result = await anneal(advance, start, ladder, key, (step) => {
      if (signal?.aborted)
        throw new EbmError('aborted', `reverseAnnealing: aborted after ${step} steps.`, { cause: signal.reason });
      return pacer.after(step);
    });
    pacer.finish(ladder.length - 1);
    return result;
  } finally {
    advance.clear();
  }
}
