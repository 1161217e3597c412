import { add, cast, full, greaterEqual, type Tensor, type Tree, where } from '@ebmkit/tensor';
import { eagerness, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';

/** A kernel's state with counts that travel along, so that a resumed run counts on. */
export type CountedState<P, S> = {
  /** Where the chains are. */
  readonly position: P;
  /** The state of the kernel itself. */
  readonly inner: S;
  /** Steps done, an int32 scalar. */
  readonly step: Tensor;
  /** Accepted moves after the warm-up, int32 `[chains]`. */
  readonly accepted: Tensor;
  /** Moves that met a number that is not finite, warm-up included, int32 `[chains]`. */
  readonly diverged: Tensor;
};

/** The kernel with its accepted and diverged moves counted on the device. */
export function counted<P extends Tree, S extends { readonly position: P }, I extends MoveInfo>(
  kernel: Kernel<P, S, I>,
  warmup: number,
): Kernel<P, CountedState<P, S>, I> {
  return {
    init: (start, key) => {
      const inner = kernel.init(start, key);
      const none = (): Tensor => full([chainsOf('sample', start)], 0, 'int32');
      return { position: inner.position, inner, step: full([], 0, 'int32'), accepted: none(), diverged: none() };
    },
    step: (key, { inner, step, accepted, diverged }) => {
      const { state, info } = kernel.step(key, inner);
      const counts = where(greaterEqual(step, warmup), cast(info.accepted, 'int32'), 0);
      return {
        state: {
          position: state.position,
          inner: state,
          step: add(step, 1),
          accepted: add(accepted, cast(counts, 'int32')),
          diverged: add(diverged, cast(info.diverged, 'int32')),
        },
        info,
      };
    },
    ...eagerness([kernel]),
  };
}
