import { mean, variance } from '../numerics/moments.js';
import { checkProbability, quantile, quantileOfSorted, sorted } from '../numerics/quantile.js';
import { autocorrelationTime } from './autocorrelation-time.js';
import { type Chains, pool, readChains, sufficient } from './chains.js';
import { bulkEss, indicatorEss, meanEss, sdEss, tailEss } from './effective-sample-size.js';
import { meanMcse, quantileMcseOfSorted, sdMcse } from './monte-carlo-standard-error.js';
import { rHat } from './r-hat.js';

/** One quantile of a scalar with its accuracy. */
export interface QuantileSummary {
  /** Which quantile, between 0 and 1. */
  readonly probability: number;
  /** The quantile of all draws, in the unit of the draws. */
  readonly value: number;
  /** Effective sample size of the quantile, a number of draws. */
  readonly ess: number;
  /** Monte Carlo standard error of the quantile, in the unit of the draws. */
  readonly mcse: number;
}

/** What the chains say about one scalar, and how far to trust it. */
export interface Summary {
  /** Number of chains. */
  readonly chains: number;
  /** Number of draws of each chain. */
  readonly draws: number;
  /** Mean of all draws. */
  readonly mean: number;
  /** Standard deviation of all draws, with divisor `n - 1`. */
  readonly sd: number;
  /** Quantiles with their accuracy, in the order of the probabilities asked for. */
  readonly quantiles: readonly QuantileSummary[];
  /** Monte Carlo standard error of the mean, in the unit of the draws. */
  readonly meanMcse: number;
  /** Monte Carlo standard error of the standard deviation, in the unit of the draws. */
  readonly sdMcse: number;
  /** Effective sample size of the rank-normalised draws, a number of draws. */
  readonly bulkEss: number;
  /** The smaller effective sample size of the 5% and the 95% quantile, a number of draws. */
  readonly tailEss: number;
  /** Effective sample size of the mean, a number of draws. */
  readonly meanEss: number;
  /** Effective sample size of the standard deviation, a number of draws. */
  readonly sdEss: number;
  /** Integrated autocorrelation time, in recorded steps. */
  readonly autocorrelationTime: number;
  /** Rank-normalised split R-hat; NaN for a single chain. */
  readonly rHat: number;
}

/** Options of {@link summarise}. */
export interface SummaryOptions {
  /** Which quantiles to report, each between 0 and 1; by default 5%, 50% and 95%. */
  readonly probabilities?: readonly number[];
}

/**
 * Mean, spread, quantiles, their Monte Carlo errors, effective sample sizes and R-hat of one scalar.
 *
 * Each field equals the function of its name. For draws of vectors or images, cut them with `scalarChains` first.
 *
 * @param chains - the draws of one scalar
 * @param options - which quantiles to report
 * @returns the summary; fields that the chains do not suffice for are NaN
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain, the lengths differ or a probability is outside 0 to 1
 * @example
 * ```ts
 * const summaries = scalarChains(draws, [1000, 4, 784]).map((chains) => summarise(chains));
 * ```
 */
export function summarise(chains: Chains, options: SummaryOptions = {}): Summary {
  const { probabilities = [0.05, 0.5, 0.95] } = options;
  for (const probability of probabilities) checkProbability('summarise', probability);
  const read = readChains('summarise', chains);
  const pooled = pool(read);
  return {
    chains: read.length,
    draws: read[0]?.length ?? 0,
    mean: mean(pooled),
    sd: Math.sqrt(variance(pooled)),
    quantiles: summariseQuantiles(read, pooled, probabilities),
    meanMcse: meanMcse(read),
    sdMcse: sdMcse(read),
    bulkEss: bulkEss(read),
    tailEss: tailEss(read),
    meanEss: meanEss(read),
    sdEss: sdEss(read),
    autocorrelationTime: autocorrelationTime(read),
    rHat: rHat(read),
  };
}

/** All quantiles from one sort. */
function summariseQuantiles(
  chains: readonly Float64Array[],
  pooled: Float64Array,
  probabilities: readonly number[],
): QuantileSummary[] {
  if (!sufficient(chains)) {
    return probabilities.map((probability) => ({
      probability,
      value: quantile(pooled, probability),
      ess: Number.NaN,
      mcse: Number.NaN,
    }));
  }
  const ordered = sorted(pooled);
  return probabilities.map((probability) => {
    const value = quantileOfSorted(ordered, probability);
    const ess = indicatorEss(chains, -Infinity, value);
    return { probability, value, ess, mcse: quantileMcseOfSorted(ordered, probability, ess) };
  });
}
