import { mean, variance } from '../numerics/moments.js';
import { type Chains, readChains, sufficient } from './chains.js';
import { fold, rankNormalise } from './rank-normalise.js';
import { splitChains } from './split-chains.js';

/**
 * The ratio of two estimates of the standard deviation, from all chains together and from within the chains.
 *
 * @param means - the mean of each chain
 * @param variances - the sample variance of each chain
 * @param draws - number of draws of each chain
 * @returns the ratio; `Infinity` for constant chains that differ, NaN when all draws are equal or one is infinite
 */
export function scaleReduction(means: Float64Array, variances: Float64Array, draws: number): number {
  const between = draws * variance(means);
  const within = mean(variances);
  return Math.sqrt((between / within + draws - 1) / draws);
}

/** {@link scaleReduction} of chains of one length, without NaN. */
function potentialScaleReduction(chains: readonly Float64Array[]): number {
  return scaleReduction(Float64Array.from(chains, mean), Float64Array.from(chains, variance), chains[0]?.length ?? 0);
}

/** Reads, checks and splits the chains, and applies the diagnostic; NaN where the chains do not suffice. */
function judge(where: string, chains: Chains, diagnostic: (split: Float64Array[]) => number): number {
  const read = readChains(where, chains);
  return sufficient(read, 2) ? diagnostic(splitChains(read)) : Number.NaN;
}

/**
 * Rank-normalised split R-hat: near 1 when the chains agree with each other, larger while they do not.
 *
 * The larger of {@link bulkRHat} (chains differ in location) and {@link foldedRHat} (chains differ in scale). Vehtari and
 * others advise to use draws only when it is below 1.01 with at least four chains; a value near 1 does not prove
 * convergence, since all chains may miss the same mode. Equal to ArviZ's `rhat(method="rank")`. Cost: two sorts.
 * Reference: Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021, arXiv:1903.08008.
 *
 * @param chains - the draws of one scalar
 * @returns R-hat, without unit; NaN for fewer than 2 chains, fewer than 4 draws, a NaN draw or equal draws; the value of
 * {@link bulkRHat} when all draws are equally far from the median (as with balanced spins)
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 * @example
 * ```ts
 * rHat([[0.1, 0.9, 0.4, 0.6], [0.8, 0.2, 0.5, 0.3]]);
 * ```
 */
export function rHat(chains: Chains): number {
  return judge('rHat', chains, (split) => {
    const bulk = potentialScaleReduction(rankNormalise(split));
    const folded = potentialScaleReduction(rankNormalise(fold(split)));
    return folded > bulk ? folded : bulk;
  });
}

/**
 * R-hat of the rank-normalised halves: sensitive to chains that differ in location.
 *
 * Equal to ArviZ's `rhat(method="z_scale")`. {@link rHat} combines it with {@link foldedRHat}.
 *
 * @param chains - the draws of one scalar
 * @returns R-hat, without unit; NaN for fewer than 2 chains, fewer than 4 draws, a NaN draw or equal draws
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function bulkRHat(chains: Chains): number {
  return judge('bulkRHat', chains, (split) => potentialScaleReduction(rankNormalise(split)));
}

/**
 * R-hat of the rank-normalised distances to the median: sensitive to chains that differ in scale.
 *
 * Equal to ArviZ's `rhat(method="folded")`, which takes the median after splitting (so without the middle draw of chains
 * of odd length).
 *
 * @param chains - the draws of one scalar
 * @returns R-hat, without unit; NaN for fewer than 2 chains, fewer than 4 draws, a NaN draw or equal distances
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function foldedRHat(chains: Chains): number {
  return judge('foldedRHat', chains, (split) => potentialScaleReduction(rankNormalise(fold(split))));
}

/**
 * Split R-hat of the draws themselves, without ranks: the classical diagnostic, which needs a finite variance.
 *
 * Equal to ArviZ's `rhat(method="split")`. Prefer {@link rHat}, which also works for heavy tails. Reference: Gelman and
 * Rubin 1992, doi:10.1214/ss/1177011136.
 *
 * @param chains - the draws of one scalar
 * @returns R-hat, without unit; NaN for fewer than 2 chains, fewer than 4 draws, a NaN draw or equal draws
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function splitRHat(chains: Chains): number {
  return judge('splitRHat', chains, potentialScaleReduction);
}

/**
 * R-hat of the chains as they are, neither split nor ranked: the ratio of Gelman and Rubin without their correction.
 *
 * Equal to ArviZ's `rhat(method="identity")`. It does not see a drift that all chains share, which {@link splitRHat} does;
 * prefer {@link rHat}. Reference: Gelman and Rubin 1992, doi:10.1214/ss/1177011136.
 *
 * @param chains - the draws of one scalar
 * @returns R-hat, without unit; NaN for fewer than 2 chains, fewer than 4 draws, a NaN draw or equal draws
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function plainRHat(chains: Chains): number {
  const read = readChains('plainRHat', chains);
  return sufficient(read, 2) ? potentialScaleReduction(read) : Number.NaN;
}
