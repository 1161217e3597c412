import { autocorrelationTime } from '@ebmkit/diagnostics';
import { averageRanks } from '../draws/average-ranks.js';

/** How the ranks of the draws of each chain fall into equal bins, and how far that may be by chance. */
export interface RankCounts {
  /** Draws in each bin, one list for each chain; equal draws are spread over the ranks that they share. */
  readonly counts: readonly (readonly number[])[];
  /** Draws that each bin of each chain has on average. */
  readonly mean: number;
  /** The counts between which 99 of 100 bars are when the chains agree. */
  readonly band: readonly [number, number];
}

/** Two-sided 99% point of the normal distribution. */
const z = 2.5758;

/**
 * Counts ranks into bins, with the band that bars stay in when the chains agree.
 *
 * Under agreement the ranks of a chain of n draws, out of N in all, are a random subset, so that a bin of B holds a
 * hypergeometric number with mean n / B and variance $`(n / B)(1 - 1 / B)(N - n) / (N - 1)`$. Draws of a chain depend on each
 * other; the variance is therefore multiplied by the integrated autocorrelation time of the indicator of the bin, its mean
 * over chains and five of the bins. Where equal draws share the ranks of several bins the bars vary less. A single chain has
 * all ranks: its bars are equal by construction, and the band has no width.
 */
export function rankCounts(chains: readonly ArrayLike<number>[], bins: number): RankCounts {
  const steps = chains[0]?.length ?? 0;
  const total = steps * chains.length;
  const ranks = averageRanks(chains);
  const mean = steps / bins;
  const independent = total > 1 ? (mean * (1 - 1 / bins) * (total - steps)) / (total - 1) : 0;
  const half = z * Math.sqrt(independent * meanTime(ranks, total, bins));
  return { counts: spreadRanks(ranks, total, bins), mean, band: [Math.max(0, mean - half), mean + half] };
}

/** Draws in each bin: a draw that shares its rank with others counts in parts, over all ranks that they take. */
function spreadRanks(ranks: readonly Float64Array[], total: number, bins: number): number[][] {
  const shared = new Map<number, number>();
  for (const list of ranks) for (const rank of list) shared.set(rank, (shared.get(rank) ?? 0) + 1);
  return ranks.map((list) => {
    const own = new Map<number, number>();
    for (const rank of list) own.set(rank, (own.get(rank) ?? 0) + 1);
    const counts = new Array<number>(bins).fill(0);
    for (const [rank, count] of own) {
      const size = shared.get(rank) ?? 1;
      const [from, to] = [rank - (size - 1) / 2, rank + (size + 1) / 2].map((at) => (at / total) * bins) as [
        number,
        number,
      ];
      for (let bin = Math.floor(from); bin < Math.min(bins, to); bin += 1) {
        const part = (Math.min(to, bin + 1) - Math.max(from, bin)) / (to - from);
        counts[bin] = (counts[bin] ?? 0) + count * part;
      }
    }
    return counts;
  });
}

/** The autocorrelation time of "the draw is in this bin", mean over chains and five bins that have draws; at least 1. */
function meanTime(ranks: readonly Float64Array[], total: number, bins: number): number {
  const binOf = (rank: number) => Math.min(bins - 1, Math.floor(((rank + 0.5) / total) * bins));
  const binned = ranks.map((list) => list.map(binOf));
  const occupied = [...new Set(binned.flatMap((list) => [...new Set(list)]))].sort((a, b) => a - b);
  const chosen = new Set([0, 0.25, 0.5, 0.75, 1].map((part) => occupied[Math.round(part * (occupied.length - 1))]));
  const times = binned
    .flatMap((list) => [...chosen].map((bin) => autocorrelationTime([list.map((other) => (other === bin ? 1 : 0))])))
    .filter(Number.isFinite);
  return Math.max(1, times.reduce((sum, time) => sum + time, 0) / Math.max(1, times.length));
}
