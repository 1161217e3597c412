import { add, div, fold, logicalOr, type Tree } from '@ebmkit/tensor';
import { checkedCount } from '../kernel/checked-count.js';
import { defineKernel, eagerness, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';

/**
 * A kernel whose step is `times` steps of another: the CD-k move, or thinning inside a kernel. It leaves invariant what the
 * inner kernel does and costs `times` as much. Step `i` gets the key `fold(key, i)`.
 *
 * @param kernel - The inner kernel.
 * @param times - How many steps, a whole number of at least 1.
 * @returns A kernel of the same state. Its info is that of the last inner step, but for `accepted` and `diverged`, which are true
 * where any inner step was, and `acceptanceProbability`, which is the mean.
 * @throws EbmError when `times` is not such a number.
 *
 * @example
 * ```ts
 * const tenSteps = repeat(alternatingGibbs(machine.conditional(params), 'visible'), 10);
 * ```
 */
export function repeat<P extends Tree, S extends { readonly position: P }, I extends MoveInfo>(
  kernel: Kernel<P, S, I>,
  times: number,
): Kernel<P, S, I> {
  checkedCount('repeat', 'times', times, 1);
  return defineKernel<P, S, I>({
    init: kernel.init,
    ...eagerness([kernel]),
    step: (key, start) => {
      let { state, info } = kernel.step(fold(key, 0), start);
      for (let i = 1; i < times; i++) {
        const next = kernel.step(fold(key, i), state);
        state = next.state;
        info = {
          ...next.info,
          accepted: logicalOr(info.accepted, next.info.accepted),
          acceptanceProbability: add(info.acceptanceProbability, next.info.acceptanceProbability),
          diverged: logicalOr(info.diverged, next.info.diverged),
        };
      }
      return { state, info: { ...info, acceptanceProbability: div(info.acceptanceProbability, times) } };
    },
  });
}
