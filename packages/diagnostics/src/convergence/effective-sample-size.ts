import { mean } from '../numerics/moments.js';
import { checkProbability, medianOfSorted, quantileOfSorted, sorted } from '../numerics/quantile.js';
import { type Chains, pool, readChains, sufficient } from './chains.js';
import { monotoneSequenceEss } from './initial-monotone-sequence.js';
import { fold, rankNormalise } from './rank-normalise.js';
import { splitChains } from './split-chains.js';

/** Reads and checks the chains and applies the diagnostic; NaN where the chains do not suffice. */
function judge(where: string, chains: Chains, diagnostic: (read: Float64Array[]) => number): number {
  const read = readChains(where, chains);
  return sufficient(read) ? diagnostic(read) : Number.NaN;
}

/**
 * The effective sample size of the indicator of `low <= x <= high`.
 *
 * @param chains - arrays of one length of at least 4, without NaN
 * @param low - lower end of the interval
 * @param high - upper end of the interval
 * @returns the effective sample size of the split indicator chains
 */
export function indicatorEss(chains: readonly Float64Array[], low: number, high: number): number {
  const indicators = chains.map((chain) => chain.map((draw) => (low <= draw && draw <= high ? 1 : 0)));
  return monotoneSequenceEss(splitChains(indicators));
}

/**
 * Bulk effective sample size: how many independent draws would locate the middle of the distribution as well.
 *
 * The effective sample size of the rank-normalised split chains, which exists for heavy tails too. It may exceed the number
 * of draws when successive draws are negatively correlated. Vehtari and others ask for 100 per chain. Equal to ArviZ's
 * `ess(method="bulk")`. For the error of a mean use {@link meanEss}; for extreme quantiles {@link tailEss}. Cost: a sort
 * and order `chains * n log n`. Reference: Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021, arXiv:1903.08008.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; with equal draws all of them (an odd last one excepted), as ArviZ has it, although nothing
 * was explored; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 * @example
 * ```ts
 * const ess = bulkEss([firstChain, secondChain]);
 * ```
 */
export function bulkEss(chains: Chains): number {
  return judge('bulkEss', chains, (read) => monotoneSequenceEss(rankNormalise(splitChains(read))));
}

/**
 * Tail effective sample size: the smaller of the effective sample sizes of the 5% and the 95% quantile.
 *
 * Low values mean that the extremes are visited rarely and left slowly. Equal to ArviZ's `ess(method="tail")`. Cost: a
 * sort and order `chains * n log n`. Reference: arXiv:1903.08008.
 *
 * @param chains - the draws of one scalar
 * @param probabilities - the two quantiles, by default `[0.05, 0.95]`
 * @returns a number of draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain, the lengths differ or a probability is outside 0 to 1
 */
export function tailEss(chains: Chains, probabilities: readonly [number, number] = [0.05, 0.95]): number {
  for (const probability of probabilities) checkProbability('tailEss', probability);
  return judge('tailEss', chains, (read) => {
    const ordered = sorted(pool(read));
    const [low, high] = probabilities.map((p) => indicatorEss(read, -Infinity, quantileOfSorted(ordered, p)));
    return Math.min(low as number, high as number);
  });
}

/**
 * Effective sample size for a quantile: that of the indicator that a draw is at most the quantile.
 *
 * Equal to ArviZ's `ess(method="quantile")`.
 *
 * @param chains - the draws of one scalar
 * @param probability - which quantile, between 0 and 1
 * @returns a number of draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain, the lengths differ or the probability is outside 0 to 1
 */
export function quantileEss(chains: Chains, probability: number): number {
  checkProbability('quantileEss', probability);
  return judge('quantileEss', chains, (read) =>
    indicatorEss(read, -Infinity, quantileOfSorted(sorted(pool(read)), probability)),
  );
}

/**
 * Effective sample size for the probability of an interval between two quantiles.
 *
 * Equal to ArviZ's `ess(method="local")`; over a grid of intervals it shows where the chains mix badly.
 *
 * @param chains - the draws of one scalar
 * @param probabilities - the quantiles at the ends of the interval, the lower first
 * @returns a number of draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain, the lengths differ or a probability is outside 0 to 1
 */
export function localEss(chains: Chains, probabilities: readonly [number, number]): number {
  for (const probability of probabilities) checkProbability('localEss', probability);
  return judge('localEss', chains, (read) => {
    const ordered = sorted(pool(read));
    const [low, high] = probabilities;
    return indicatorEss(read, quantileOfSorted(ordered, low), quantileOfSorted(ordered, high));
  });
}

/**
 * Effective sample size for the median. Equal to ArviZ's `ess(method="median")`.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function medianEss(chains: Chains): number {
  return judge('medianEss', chains, (read) => indicatorEss(read, -Infinity, quantileOfSorted(sorted(pool(read)), 0.5)));
}

/**
 * Effective sample size for the mean: that of the split chains without ranks.
 *
 * The number to divide the variance by when judging the error of a mean ({@link meanMcse}); it presumes a finite variance.
 * Equal to ArviZ's `ess(method="mean")`.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; NaN for fewer than 4 draws, a NaN or an infinite draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function meanEss(chains: Chains): number {
  return judge('meanEss', chains, (read) => monotoneSequenceEss(splitChains(read)));
}

/**
 * Effective sample size for the standard deviation: that of the squared distances to the mean.
 *
 * Equal to `ess(method="sd")` of ArviZ 0.23 (other releases define it otherwise); it presumes a finite fourth moment.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; NaN for fewer than 4 draws, a NaN or an infinite draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function sdEss(chains: Chains): number {
  return judge('sdEss', chains, (read) => {
    const centre = mean(pool(read));
    const squares = read.map((chain) => chain.map((draw) => (draw - centre) ** 2));
    return sufficient(squares) ? monotoneSequenceEss(splitChains(squares)) : Number.NaN;
  });
}

/**
 * Effective sample size for the median absolute deviation. Equal to ArviZ's `ess(method="mad")`.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function madEss(chains: Chains): number {
  return judge('madEss', chains, (read) => {
    const distances = fold(read);
    return indicatorEss(distances, -Infinity, medianOfSorted(sorted(pool(distances))));
  });
}

/**
 * Effective sample size of the rank-normalised distances to the median. Equal to ArviZ's `ess(method="folded")`.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function foldedEss(chains: Chains): number {
  return judge('foldedEss', chains, (read) => monotoneSequenceEss(rankNormalise(fold(splitChains(read)))));
}

/**
 * Effective sample size of the chains as they are, neither split nor ranked. Equal to ArviZ's `ess(method="identity")`.
 *
 * @param chains - the draws of one scalar
 * @returns a number of draws; NaN for fewer than 4 draws, a NaN or an infinite draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function plainEss(chains: Chains): number {
  return judge('plainEss', chains, monotoneSequenceEss);
}
