import { inverseIncompleteBeta } from '../numerics/incomplete-beta.js';
import { mean, variance } from '../numerics/moments.js';
import { checkProbability, quantileOfSorted, sorted } from '../numerics/quantile.js';
import { type Chains, pool, readChains, sufficient } from './chains.js';
import { indicatorEss, meanEss, sdEss } from './effective-sample-size.js';

/** Normal probabilities one standard deviation below and above the mean, to the digits that Stan and ArviZ write. */
const BELOW = 0.1586553;
const ABOVE = 0.8413447;

/**
 * Monte Carlo standard error of the mean: how far the mean of the draws may be from the true mean.
 *
 * $`s / \sqrt{S}`$ with the standard deviation $`s`$ of all draws and $`S`$ the {@link meanEss}. Equal to ArviZ's
 * `mcse(method="mean")`. Reference: arXiv:1903.08008.
 *
 * @param chains - the draws of one scalar
 * @returns one standard error, in the unit of the draws; 0 for equal draws; NaN for fewer than 4 draws, a NaN or an
 * infinite draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 * @example
 * ```ts
 * const error = meanMcse(chains);
 * ```
 */
export function meanMcse(chains: Chains): number {
  const read = readChains('meanMcse', chains);
  return Math.sqrt(variance(pool(read)) / meanEss(read));
}

/**
 * Monte Carlo standard error of the standard deviation.
 *
 * By the delta method: with $`d = (x - \bar x)^2`$ it is $`\sqrt{\mathrm{var}(d) / (4 S \bar d)}`$ where $`S`$ is the
 * {@link sdEss}. Equal to `mcse(method="sd")` of ArviZ 0.23
 * and of the R package posterior (other releases of ArviZ take another effective sample size). Reference: Kenney and Keeping
 * 1951, Mathematics of Statistics, part 2, page 141.
 *
 * @param chains - the draws of one scalar
 * @returns one standard error, in the unit of the draws; NaN for equal draws, fewer than 4 draws, a NaN or an infinite draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function sdMcse(chains: Chains): number {
  const read = readChains('sdMcse', chains);
  const pooled = pool(read);
  const centre = mean(pooled);
  const squares = pooled.map((draw) => (draw - centre) ** 2);
  const meanSquare = mean(squares);
  const varianceOfSquares = mean(squares.map((square) => (square - meanSquare) ** 2));
  return Math.sqrt(varianceOfSquares / sdEss(read) / meanSquare / 4);
}

/**
 * The Monte Carlo standard error of a quantile from draws already pooled and sorted.
 *
 * @param ordered - all draws in increasing order
 * @param probability - which quantile, between 0 and 1
 * @param ess - its effective sample size
 * @returns one standard error, in the unit of the draws
 */
export function quantileMcseOfSorted(ordered: Float64Array, probability: number, ess: number): number {
  const last = ordered.length - 1;
  const place = (p: number) =>
    inverseIncompleteBeta(p, ess * probability + 1, ess * (1 - probability) + 1) * ordered.length - 1;
  const low = ordered[Math.floor(Math.max(place(BELOW), 0))] as number;
  const high = ordered[Math.ceil(Math.min(place(ABOVE), last))] as number;
  return (high - low) / 2;
}

/**
 * Monte Carlo standard error of a quantile: half the width of an interval that holds it with the probability of one
 * standard deviation.
 *
 * The ends are order statistics, placed by the quantiles of the Beta distribution with shapes $`S p + 1`$ and
 * $`S (1 - p) + 1`$, where $`S`$ is the {@link quantileEss}. Equal to ArviZ's `mcse(method="quantile")`. Reference:
 * arXiv:1903.08008, section 4.4.
 *
 * @param chains - the draws of one scalar
 * @param probability - which quantile, between 0 and 1
 * @returns one standard error, in the unit of the draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain, the lengths differ or the probability is outside 0 to 1
 */
export function quantileMcse(chains: Chains, probability: number): number {
  checkProbability('quantileMcse', probability);
  const read = readChains('quantileMcse', chains);
  if (!sufficient(read)) return Number.NaN;
  const ordered = sorted(pool(read));
  const ess = indicatorEss(read, -Infinity, quantileOfSorted(ordered, probability));
  return quantileMcseOfSorted(ordered, probability, ess);
}

/**
 * Monte Carlo standard error of the median: {@link quantileMcse} at one half. Equal to ArviZ's `mcse(method="median")`.
 *
 * @param chains - the draws of one scalar
 * @returns one standard error, in the unit of the draws; NaN for fewer than 4 draws or a NaN draw
 * @throws TypeError when `chains` is not an array of arrays
 * @throws RangeError when there is no chain or the lengths differ
 */
export function medianMcse(chains: Chains): number {
  return quantileMcse(readChains('medianMcse', chains), 0.5);
}
