import { round, sub, type Tensor } from '@ebmkit/tensor';
import type { Interval } from './rejection.js';

/**
 * A number of turns without its whole part, in [-1/2, 1/2], so that sines and cosines of large arguments keep their digits.
 * Its derivative is 1.
 */
export function wrapped(turns: Tensor): Tensor {
  return sub(turns, round(turns));
}

/** The highest value of the cosine on an interval. */
export function highestCosine([low, high]: Interval): number {
  const hasTop = Math.floor(high / (2 * Math.PI)) >= Math.ceil(low / (2 * Math.PI));
  return hasTop ? 1 : Math.max(Math.cos(low), Math.cos(high));
}
