import { bulkEss, rHat, tailEss } from '@ebmkit/diagnostics';

/** The R-hat above which chains are said to disagree (Vehtari et al. 2021, arXiv:1903.08008). */
export const highestRHat = 1.01;

/** The effective sample size that each chain should contribute, in bulk and in the tails (the same paper). */
export const essOfEachChain = 100;

/**
 * How much concern a scalar gives: the larger of $`(\hat R - 1) / 0.01`$ and $`100 m / \min(ESS_{bulk}, ESS_{tail})`$ for m
 * chains, so that more than 1 means that a usual limit is broken. A draw that is NaN or infinite gives the most, a scalar that
 * never moves in any chain the least.
 */
type Concern = number;

/** What the chains of one scalar say about their own accuracy. */
export interface Verdict {
  /** Rank-normalised split R-hat; NaN for a single chain, or where nothing moves. */
  readonly rHat: number;
  /** Effective sample size in bulk. */
  readonly bulkEss: number;
  /** Effective sample size in the tails. */
  readonly tailEss: number;
  /** Whether all draws of all chains are one number. */
  readonly constant: boolean;
  /** Number of draws that are NaN or infinite. */
  readonly nonFinite: number;
  /** How much concern the scalar gives. */
  readonly concern: Concern;
}

/** Judges one scalar. */
export function judgeScalar(chains: readonly Float64Array[]): Verdict {
  let nonFinite = 0;
  for (const chain of chains) for (const value of chain) if (!Number.isFinite(value)) nonFinite += 1;
  const constant = isConstant(chains);
  const found = { rHat: rHat(chains), bulkEss: bulkEss(chains), tailEss: tailEss(chains) };
  return { ...found, constant, nonFinite, concern: concernOf(found, chains.length, constant, nonFinite) };
}

function concernOf(
  {
    rHat: worst,
    bulkEss: bulk,
    tailEss: tail,
  }: { readonly rHat: number; readonly bulkEss: number; readonly tailEss: number },
  chains: number,
  constant: boolean,
  nonFinite: number,
): Concern {
  if (nonFinite > 0) return Number.MAX_VALUE;
  if (constant) return -1;
  const least = Math.min(bulk, tail);
  const apart = Number.isNaN(worst) ? 0 : (worst - 1) / (highestRHat - 1);
  const few = Number.isNaN(least) ? 0 : (essOfEachChain * chains) / least;
  return Math.max(apart, few);
}

function isConstant(chains: readonly Float64Array[]): boolean {
  const value = chains[0]?.[0];
  return chains.every((chain) => chain.every((other) => other === value));
}
