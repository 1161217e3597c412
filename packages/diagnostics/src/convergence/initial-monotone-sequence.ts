import { mean, variance } from '../numerics/moments.js';
import { meanAutocovariance } from './autocorrelation.js';

/** Draws whose range is below this count as constant: NumPy's `finfo(float).resolution`, the bound that ArviZ uses. */
const RESOLUTION = 1e-15;

/**
 * The effective sample size of chains as they are, from Geyer's initial monotone sequence of autocorrelations.
 *
 * With the autocorrelations $`\hat\rho_t`$ of all chains together (which fall to zero slowly when chains disagree), the sums
 * of neighbours $`\hat P_t = \hat\rho_{2t} + \hat\rho_{2t+1}`$ are kept while positive and made non-increasing;
 * $`\hat\tau = -1 + 2 \sum_t \hat P_t`$, bounded below by $`1 / \log_{10}(M N)`$, and the result is $`M N / \hat\tau`$.
 * Written in the order of ArviZ 0.23, so that borderline cases agree. Reference: Geyer 1992, doi:10.1214/ss/1177011137.
 *
 * @param chains - arrays of one length of at least 2
 * @returns the effective sample size; the number of draws when all are equal; NaN when a draw is NaN or infinite
 */
export function monotoneSequenceEss(chains: readonly Float64Array[]): number {
  const draws = chains[0]?.length ?? 0;
  const total = chains.length * draws;
  if (range(chains) < RESOLUTION) return total;
  const rho = pooledAutocorrelation(chains);
  const { kept, last } = positiveSequence(rho);
  monotone(kept, last);
  if (kept.some((value) => Number.isNaN(value))) return Number.NaN;
  let tau = -1 + (kept[last + 1] as number);
  for (let t = 0; t <= last; t++) tau += 2 * (kept[t] as number);
  return total / Math.max(tau, 1 / Math.log10(total));
}

function range(chains: readonly Float64Array[]): number {
  let low = Infinity;
  let high = -Infinity;
  for (const chain of chains) {
    for (const draw of chain) {
      low = Math.min(low, draw);
      high = Math.max(high, draw);
    }
  }
  return high - low;
}

/** Autocorrelation at every lag of several chains together, with the variance between chains in the denominator. */
function pooledAutocorrelation(chains: readonly Float64Array[]): Float64Array {
  const draws = chains[0]?.length ?? 0;
  const covariance = meanAutocovariance(chains);
  const within = ((covariance[0] as number) * draws) / (draws - 1);
  const between = chains.length > 1 ? variance(Float64Array.from(chains, mean)) : 0;
  const total = (within * (draws - 1)) / draws + between;
  return covariance.map((value, lag) => (lag === 0 ? 1 : 1 - (within - value) / total));
}

/** Geyer's initial positive sequence: autocorrelations up to lag `last + 1`, and zeros from there on. */
function positiveSequence(rho: Float64Array): { readonly kept: Float64Array; readonly last: number } {
  const draws = rho.length;
  const kept = new Float64Array(draws);
  let even = 1;
  let odd = rho[1] as number;
  kept[0] = even;
  kept[1] = odd;
  let t = 1;
  while (t < draws - 3 && even + odd > 0) {
    even = rho[t + 1] as number;
    odd = rho[t + 2] as number;
    if (even + odd >= 0) {
      kept[t + 1] = even;
      kept[t + 2] = odd;
    }
    t += 2;
  }
  const last = t - 2;
  if (even > 0) kept[last + 1] = even;
  return { kept, last };
}

/** Geyer's initial monotone sequence: no sum of two neighbours exceeds the sum before it. Changes `kept`. */
function monotone(kept: Float64Array, last: number): void {
  for (let t = 1; t <= last - 2; t += 2) {
    const before = (kept[t - 1] as number) + (kept[t] as number);
    if ((kept[t + 1] as number) + (kept[t + 2] as number) > before) {
      kept[t + 1] = before / 2;
      kept[t + 2] = before / 2;
    }
  }
}
