import { type Chains, readChains } from './chains.js';
import { meanEss } from './effective-sample-size.js';

/**
 * The integrated autocorrelation time: how many Markov steps give as much about the mean as one independent draw.
 *
 * $`\tau = 1 + 2 \sum_{t \ge 1} \rho_t`$, estimated from the split chains by Geyer's initial monotone sequence, which makes
 * it the number of draws divided by {@link meanEss}. It is near 1 for independent draws, below 1 for negatively correlated
 * ones, and grows with the number of draws while chains disagree. Reference: Geyer 1992, doi:10.1214/ss/1177011137.
 *
 * @param chains - the draws of one scalar
 * @returns a time in steps between recorded draws (multiply by `thin` for Markov steps); 1 for equal draws; NaN for fewer
 * than 4 draws, a NaN or an infinite draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 * @example
 * ```ts
 * const stepsPerIndependentDraw = autocorrelationTime(chains) * thin;
 * ```
 */
export function autocorrelationTime(chains: Chains): number {
  const read = readChains('autocorrelationTime', chains);
  const half = Math.floor((read[0]?.length ?? 0) / 2);
  return (2 * half * read.length) / meanEss(read);
}
