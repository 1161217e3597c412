import { EbmError } from '@ebmkit/tensor';
import { bennettRatio, logMeanWeight } from './log-weights.js';
import { type LogZEstimate, symmetricEstimate } from './log-z-estimate.js';

function checkWork(caller: string, name: string, work: ArrayLike<number>): Float64Array {
  if (work.length < 2)
    throw new EbmError('argument', `${caller}: expected at least 2 values of ${name}, got ${work.length}.`);
  return Float64Array.from(work);
}

/**
 * Jarzynski's equality: the mean of $`e^{-W}`$ over processes that drive a system from one distribution to another is the ratio of
 * their normalisers, however fast. Unbiased before the logarithm; the estimate of the log is too low when few processes of little
 * work carry the mean. The chains of `annealedImportanceSampling` are such processes: their work is minus the log weight.
 *
 * @param work - The work $`W`$ of each process, in nats.
 * @param baseLogZ - The log normaliser of where the processes begin; 0, for the ratio, unless given.
 * @returns The log normaliser of where they end.
 * @throws EbmError when there are fewer than 2 processes.
 *
 * @example
 * ```ts
 * const { logZ } = jarzynski(estimate.forward.logWeights.map((w) => -w), base.logZ);
 * ```
 * @see Jarzynski, "Nonequilibrium equality for free energy differences", 1997, https://doi.org/10.1103/PhysRevLett.78.2690
 */
export function jarzynski(work: ArrayLike<number>, baseLogZ = 0): LogZEstimate {
  const { logMean, standardError, ess } = logMeanWeight(checkWork('jarzynski', 'work', work).map((w) => -w));
  return symmetricEstimate(baseLogZ + logMean, standardError, ess);
}

/**
 * Crooks' fluctuation theorem: the work of processes that run forwards and of the same processes run backwards are distributed as
 * $`p_F(W) = p_R(-W) \, e^{W + \log (Z_1 / Z_0)}`$, which Bennett's acceptance ratio solves for the ratio. Far less variance than
 * `jarzynski` from either side.
 *
 * @param forward - The work of each process from the first distribution to the second, in nats.
 * @param reverse - The work of each reversed process, which begins with draws from the second.
 * @param baseLogZ - The log normaliser of the first; 0, for the ratio, unless given.
 * @returns The log normaliser of the second; `ess` is the smaller effective number of processes of both sides.
 * @throws EbmError when there are fewer than 2 processes on a side.
 *
 * @see Crooks, "Entropy production fluctuation theorem and the nonequilibrium work relation for free energy differences", 1999,
 * https://doi.org/10.1103/PhysRevE.60.2721
 */
export function crooks(forward: ArrayLike<number>, reverse: ArrayLike<number>, baseLogZ = 0): LogZEstimate {
  const [f, r] = [checkWork('crooks', 'forward work', forward), checkWork('crooks', 'reverse work', reverse)].map(
    (work) => work.map((w) => -w),
  ) as [Float64Array, Float64Array];
  const { logRatio, standardError } = bennettRatio(f, r);
  return symmetricEstimate(baseLogZ + logRatio, standardError, Math.min(logMeanWeight(f).ess, logMeanWeight(r).ess));
}
