import {
  add,
  EbmError,
  isTensor,
  mul,
  relu,
  square,
  sub,
  sumEvent,
  type Tensor,
  type TensorLike,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import type { Penalty } from './penalise.js';

/** Which box. */
export interface SoftBoxOptions {
  /** The lower bound of every coordinate: a number, or a tensor that broadcasts to the event; none unless given. */
  readonly low?: TensorLike;
  /** The upper bound. */
  readonly high?: TensorLike;
}

/**
 * A penalty for leaving a box: $`g(x) = \tfrac12 \sum_i \max(0, l_i - x_i)^2 + \max(0, x_i - h_i)^2`$, half the squared distance to the box. It is 0 inside,
 * and its gradient is continuous.
 *
 * @param options - The bounds, at least one of them; tensors are borrowed.
 * @returns A penalty with its gradient, for `penalise`.
 * @throws EbmError when there is no bound, a bound is NaN, or the lower one exceeds the upper one.
 *
 * @example
 * ```ts
 * const unit = softBox({ low: 0, high: 1 });
 * ```
 */
export function softBox({ low, high }: SoftBoxOptions): Required<Penalty> {
  const isWrong =
    (low === undefined && high === undefined) ||
    [low, high].some(Number.isNaN) ||
    (typeof low === 'number' && typeof high === 'number' && low > high);
  if (isWrong)
    throw new EbmError(
      'argument',
      `softBox: expected a low, a high, or low <= high, got low ${shown(low)} and high ${shown(high)}.`,
    );
  const below = (x: Tensor): Tensor[] => (low === undefined ? [] : [relu(sub(low, x))]);
  const above = (x: Tensor): Tensor[] => (high === undefined ? [] : [relu(sub(x, high))]);
  return {
    energy: (x) =>
      scopedTree(() => {
        const sides = [...below(x), ...above(x)].map((side) => mul(sumEvent(square(side)), 0.5));
        return sides.reduce((a, b) => add(a, b));
      }),
    gradient: (x) =>
      scopedTree(() => [...below(x).map((side) => mul(side, -1)), ...above(x)].reduce((a, b) => add(a, b))),
  };
}

/**
 * A penalty for being away from a target: $`g(x) = \tfrac12 \sum_i (x_i - t_i)^2`$, the Euclidean tether of proximal methods and of ridge
 * regression.
 *
 * @param target - A number, or a tensor that broadcasts to the states; borrowed. 0 unless given.
 * @returns A penalty with its gradient, for `penalise`.
 *
 * @example
 * ```ts
 * const near = penalise(energy, squaredDistance(start), { weight: 10 });
 * ```
 */
export function squaredDistance(target: TensorLike = 0): Required<Penalty> {
  return {
    energy: (x) => scopedTree(() => mul(sumEvent(square(sub(x, target))), 0.5)),
    gradient: (x) => scopedTree(() => sub(x, target)),
  };
}

function shown(bound: TensorLike | undefined): string {
  return isTensor(bound) ? `[${bound.shape.join(', ')}]` : String(bound);
}
