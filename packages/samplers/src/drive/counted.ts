import { add, cast, full, greaterEqual, logicalAnd, type Tensor, type Tree, where, zeros } from '@ebmkit/tensor';
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
  /** The acceptance probabilities of the moves after the warm-up, added up, float32 `[chains]`. */
  readonly probability: Tensor;
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
      const chains = chainsOf('sample', start);
      const none = (): Tensor => full([chains], 0, 'int32');
      return {
        position: inner.position,
        inner,
        step: full([], 0, 'int32'),
        accepted: none(),
        probability: zeros([chains]),
        diverged: none(),
      };
    },
    step: (key, { inner, step, accepted, probability, diverged }) => {
      const { state, info } = kernel.step(key, inner);
      const counts = greaterEqual(step, warmup);
      return {
        state: {
          position: state.position,
          inner: state,
          step: add(step, 1),
          accepted: add(accepted, cast(logicalAnd(counts, info.accepted), 'int32')),
          probability: add(probability, where(counts, info.acceptanceProbability, 0)),
          diverged: add(diverged, cast(info.diverged, 'int32')),
        },
        info,
      };
    },
    ...eagerness([kernel]),
  };
}
