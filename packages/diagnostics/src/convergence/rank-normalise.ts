import { inverseNormalCdf } from '../numerics/inverse-normal-cdf.js';
import { medianOfSorted, sorted } from '../numerics/quantile.js';
import { pool } from './chains.js';

/**
 * Replaces every draw by the normal quantile of its rank among the draws of all chains.
 *
 * A draw of average rank `r` among `n` becomes $`\Phi^{-1}((r - 3/8) / (n + 1/4))`$ (Blom's offsets), and ties share
 * their average rank. The result is close to normal whatever the law of the draws, so that diagnostics built on
 * variances also work for heavy tails. Cost: one sort. Reference: Vehtari, Gelman, Simpson, Carpenter and Bürkner 2021,
 * arXiv:1903.08008.
 *
 * @param chains - arrays of one length
 * @returns new arrays of the same lengths; NaN stays NaN
 */
export function rankNormalise(chains: readonly Float64Array[]): Float64Array[] {
  const ordered = sorted(pool(chains));
  const n = ordered.length;
  const scores = new Float64Array(n);
  for (let from = 0; from < n; ) {
    let to = from + 1;
    while (to < n && ordered[to] === ordered[from]) to++;
    const averageRank = (from + 1 + to) / 2;
    scores[from] = inverseNormalCdf((averageRank - 3 / 8) / (n + 1 / 4));
    from = to;
  }
  const scoreOf = (draw: number) => (Number.isNaN(draw) ? draw : (scores[firstPlace(ordered, draw)] as number));
  return chains.map((chain) => chain.map(scoreOf));
}

/**
 * Replaces every draw by its distance to the median of all draws, which turns a difference in scale into one in location.
 *
 * @param chains - arrays of one length, without NaN
 * @returns new arrays of the same lengths; NaN for an infinite draw when the median is infinite too
 */
export function fold(chains: readonly Float64Array[]): Float64Array[] {
  const median = medianOfSorted(sorted(pool(chains)));
  return chains.map((chain) => chain.map((draw) => Math.abs(draw - median)));
}

/** The first place at which a number occurs in an increasing array that contains it, by bisection. */
function firstPlace(ordered: Float64Array, value: number): number {
  let low = 0;
  let high = ordered.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ordered[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
