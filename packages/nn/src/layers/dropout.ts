import { bernoulli, EbmError, type Key, mul, type Tensor, where } from '@ebmkit/tensor';
import { scopedTree } from '../layer.js';

/** How much is dropped. */
export interface DropoutOptions {
  /** The probability with which each value becomes 0, from 0 to below 1. */
  readonly rate: number;
}

/**
 * Dropout: sets each value to 0 with probability `rate` and divides the others by 1 − `rate`, so that means stay. It is a function of
 * its key; to evaluate a network without it, do not call it.
 *
 * @param key - A key, used once.
 * @param x - Any float32 tensor.
 * @param options - The rate.
 * @returns A tensor of the shape of `x`.
 * @throws EbmError when the rate is outside its range.
 *
 * @example
 * ```ts
 * const y = dropout(key(1), x, { rate: 0.1 });
 * ```
 * @see Srivastava et al., "Dropout", 2014, https://jmlr.org/papers/v15/srivastava14a.html
 */
export function dropout(key: Key, x: Tensor, { rate }: DropoutOptions): Tensor {
  if (!(rate >= 0 && rate < 1))
    throw new EbmError('argument', `dropout: rate must be at least 0 and below 1, got ${String(rate)}.`);
  return scopedTree(() => where(bernoulli(key, 1 - rate, x.shape), mul(x, 1 / (1 - rate)), 0));
}
