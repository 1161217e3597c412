import { monotoneSequenceEss } from '../convergence/initial-monotone-sequence.js';
import { splitChains } from '../convergence/split-chains.js';
import { mean, variance } from '../numerics/moments.js';
import { type DrawBlocks, MOST_BLOCKS } from './draw-blocks.js';
import { LAGS, type LagLevel, levelCovariance } from './lag-level.js';

/** The moments of one component over all draws of each chain. */
export interface ComponentMoments {
  /** Number of draws of each chain. */
  readonly draws: number;
  /** Mean of each chain. */
  readonly means: Float64Array;
  /** Sample variance of each chain. */
  readonly variances: Float64Array;
}

/** The variance of the draws from within and between the chains: the denominator of the autocorrelations. */
function totalVariance(within: number, means: Float64Array): number {
  return within + (means.length > 1 ? variance(means) : 0);
}

/** The standard error of a sum of two neighbouring autocorrelations that are zero (Bartlett 1946, doi:10.2307/2983611). */
function pairError(rho: Float64Array, count: number): number {
  let squares = 0;
  for (let lag = 1; lag < LAGS; lag++) squares += ((rho[lag - 1] as number) + (rho[lag] as number)) ** 2;
  return Math.sqrt((2 * squares) / count);
}

/**
 * Geyer's initial monotone sequence at the lags of one level.
 *
 * The sums of neighbours are positive for draws of a reversible chain, but not for means of blocks of a chain that
 * alternates: a sum more than 3 standard errors below zero also asks for longer blocks.
 *
 * @param level - the level
 * @param component - index of the component
 * @param means - the mean of each chain
 * @returns the variance of the mean of all block means, times their number; undefined when longer blocks are needed, since
 * the sequence is still positive at the last lag, or negative beyond chance
 */
export function truncatedSum(level: LagLevel, component: number, means: Float64Array): number | undefined {
  const covariance = levelCovariance(level, component);
  const atZero = covariance[0] as number;
  const total = totalVariance(atZero, means);
  const within = (atZero * level.seen) / (level.seen - 1);
  const rho = covariance.map((value, lag) => (lag === 0 ? 1 : 1 - (within - value) / total));
  let sum = 0;
  let before = Infinity;
  for (let lag = 0; lag < LAGS; lag += 2) {
    const even = rho[lag] as number;
    const both = even + (rho[lag + 1] as number);
    if (both < -3 * pairError(rho, level.seen * means.length)) return undefined;
    if (!(both > 0)) return total * (-1 + 2 * sum + Math.max(even, 0));
    before = Math.min(before, both);
    sum += before;
  }
  return undefined;
}

/** The variance of the mean of all draws, times their number, from the first level that suffices. */
function levelSum(levels: readonly LagLevel[], component: number, means: Float64Array): number | undefined {
  for (const [index, level] of levels.entries()) {
    const sum = truncatedSum(level, component, means);
    if (sum !== undefined) return sum * 2 ** index;
  }
  return undefined;
}

/** The complete blocks of one component as short chains of block means. */
function blockChains(blocks: DrawBlocks, chains: number, component: number): Float64Array[] {
  const series = blocks.means.length / MOST_BLOCKS;
  const size = series / chains;
  return Array.from({ length: chains }, (_, chain) =>
    Float64Array.from(
      { length: blocks.count },
      (_, block) => blocks.means[block * series + chain * size + component] as number,
    ),
  );
}

/** The variance of the mean of all draws, times their number, from the block means alone. */
function blockSum(chains: readonly Float64Array[], length: number): number {
  const within = mean(Float64Array.from(chains, variance));
  const blocks = chains[0]?.length ?? 0;
  const total = totalVariance((within * (blocks - 1)) / blocks, Float64Array.from(chains, mean));
  return (length * total * chains.length * blocks) / monotoneSequenceEss(splitChains(chains));
}

/**
 * The effective sample size of the mean of one component, from the first level at which the autocorrelations die out.
 *
 * Below 64 draws nothing has been merged yet, and the result is that of all draws.
 *
 * @param levels - the levels, of block lengths 1, 2, 4, and so on
 * @param blocks - the blocks, whose length is that of the level after the last
 * @param component - index of the component
 * @param moments - the moments of the component
 * @returns a number of draws; the number of draws when all are equal; NaN when one is NaN or infinite or there are fewer
 * than 4 of each chain
 */
export function streamingEss(
  levels: readonly LagLevel[],
  blocks: DrawBlocks,
  component: number,
  moments: ComponentMoments,
): number {
  const { draws, means, variances } = moments;
  const count = draws * means.length;
  if (draws < 4 || Number.isNaN(mean(means))) return Number.NaN;
  if (blocks.length === 1) return monotoneSequenceEss(splitChains(blockChains(blocks, means.length, component)));
  const total = totalVariance((mean(variances) * (draws - 1)) / draws, means);
  if (total === 0) return count;
  const longRun =
    levelSum(levels, component, means) ?? blockSum(blockChains(blocks, means.length, component), blocks.length);
  return count / Math.max(longRun / total, 1 / Math.log10(count));
}
