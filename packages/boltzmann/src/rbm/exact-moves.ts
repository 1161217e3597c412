import { defineKernel, type Kernel, type MoveInfo } from '@ebmkit/samplers';
import {
  broadcastTo,
  cast,
  EbmError,
  isFinite,
  type Key,
  logicalAnd,
  logicalNot,
  mapTree,
  perRow,
  square,
  sumEvent,
  type Tensor,
  type Tree,
  tensorsOf,
  where,
} from '@ebmkit/tensor';
import { hasNumbers } from './has-numbers.js';

/** Which of the chains that are sound so far hold finite numbers only, bool `[chains]` or `[]`. */
export function finiteChains(sound: Tensor, states: Tree): Tensor {
  return tensorsOf(states)
    .filter(({ dtype }) => dtype === 'float32')
    .reduce((so, x) => logicalAnd(so, isFinite(sumEvent(square(x)))), sound);
}

/** The state of a kernel over trees of states. */
export type ExactState<X, C> = {
  /** Where the chains are. */
  readonly position: X;
  /** What the draws need of the parts that do not move, worked out once. */
  readonly context: C;
};

/** The parts of a kernel whose draws need no test. */
interface ExactDraws<X extends Tree, C extends Tree> {
  /** What the draws need of the parts that do not move; null when there are none. */
  readonly context: (position: X) => C;
  /** What of the context must be finite, `[chains, ...]`, besides the states; nothing unless given. */
  readonly mustBeFinite?: (context: C) => Tree;
  /**
   * New states given states; it must leave the distribution of the machine invariant. Tensors that it gives back as they came
   * are not moved.
   */
  readonly draw: (key: Key, position: X, context: C) => X;
}

/**
 * A kernel over trees of states from a draw that needs no test, such as a sweep of block conditionals of which some blocks
 * do not show. Every chain moves. A chain whose states come out NaN or infinite, and every chain when a parameter is
 * NaN, stays where it was and is reported in `info.diverged`.
 *
 * @param caller - The name of the kernel, for messages.
 * @param params - The parameters of the conditionals.
 * @param draws - The draw, and what it needs of what stays.
 * @returns A kernel over the states.
 */
export function exactMoves<X extends Tree, C extends Tree>(
  caller: string,
  params: Tree,
  { context, mustBeFinite, draw }: ExactDraws<X, C>,
): Kernel<X, ExactState<X, C>, MoveInfo> {
  return defineKernel<X, ExactState<X, C>, MoveInfo>({
    init: (position) => ({ position, context: context(position) }),
    step: (key, state) => {
      const drawn = draw(key, state.position, state.context);
      const chains = tensorsOf(drawn)[0]?.shape[0];
      if (chains === undefined) throw new EbmError('argument', `${caller}: expected states [chains, ...], got none.`);
      const sound = finiteChains(broadcastTo(hasNumbers(params), [chains]), [
        drawn,
        mustBeFinite?.(state.context) ?? null,
      ]);
      const keep = (next: Tensor, before: Tensor) =>
        next === before ? before : where(perRow(sound, next.shape), next, cast(before, next.dtype));
      const position = mapTree(keep, drawn, state.position);
      return {
        state: { position, context: state.context },
        info: { accepted: sound, acceptanceProbability: cast(sound, 'float32'), diverged: logicalNot(sound) },
      };
    },
  });
}
