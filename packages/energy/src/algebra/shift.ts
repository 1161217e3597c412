import { add, sub, type Tensor, type TensorLike } from '@ebmkit/tensor';
import type { ContinuousEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import { compose } from './composed.js';

/**
 * Moves a distribution by an offset: $`E(x - a)`$. A draw from the original plus `offset` is a draw from the result, and the
 * normaliser stays the same. Exact.
 *
 * @param e - An energy over real tensors `[n, ...event]`.
 * @param offset - A number, or a tensor that broadcasts to `[n, ...event]`.
 * @returns An energy over the same states. What `e` holds fixed (see `clamp`) moves along.
 */
export function shift(e: ContinuousEnergy, offset: TensorLike): ContinuousEnergy {
  const { energy, gradient, constrain } = e;
  const back = (x: Tensor): Tensor => sub(x, offset);
  return compose([e], {
    energy: (x: Tensor) => scopedTree(() => energy(back(x))),
    gradient: gradient && ((x: Tensor) => scopedTree(() => gradient(back(x)))),
    constrain: constrain && ((x: Tensor) => scopedTree(() => add(constrain(back(x)), offset))),
  });
}
