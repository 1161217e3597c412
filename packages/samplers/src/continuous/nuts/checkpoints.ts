import {
  add,
  div,
  equal,
  expandDims,
  floor,
  lessEqual,
  logicalAnd,
  logicalOr,
  mapTree,
  mul,
  perRow,
  reshape,
  slice,
  sub,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
  where,
  zeros,
} from '@ebmkit/tensor';
import { sumOverEvents } from '../../kernel/position.js';
import type { End } from './turning.js';

/**
 * Where the stretches of a doubling that are still open began: one for each length of $`2, 4, 8, …`$ blocks, on a new first axis. A stretch
 * of $`2^l`$ blocks begins at every $`2^l`$-th block, so that one checkpoint for each length is enough, and memory grows with the depth of
 * the tree and not with its leaves.
 */
export type Checkpoints<X extends Tree> = {
  /** The momenta there, `[lengths, chains, ...event]`. */
  readonly momentum: X;
  /** The sum of the velocities of all leaves before, and half of the one there, of the same shape. */
  readonly sumBefore: X;
};

/** For each length, whether it divides a number of blocks, bool `[lengths]`. */
function divides(lengths: number, blocks: Tensor): Tensor {
  const times = div(blocks, tensor(Array.from({ length: lengths }, (_, l) => 2 ** (l + 1))));
  return equal(times, floor(times));
}

/** Checkpoints for so many lengths that are not there yet. */
export function emptyCheckpoints<X extends Tree>(lengths: number, position: X): Checkpoints<X> {
  const none = mapTree((x) => zeros([lengths, ...x.shape]), position);
  return { momentum: none, sumBefore: none };
}

/**
 * Notes where a block begins, for all lengths of which a stretch begins there.
 *
 * @param checkpoints - What is known so far.
 * @param block - The number of the block in its doubling, float32 scalar.
 * @param first - Its first leaf.
 * @param velocitySum - The sum of the velocities of the doubling before it.
 */
export function noteBlock<X extends Tree>(
  { momentum, sumBefore }: Checkpoints<X>,
  block: Tensor,
  first: End<X>,
  velocitySum: X,
): Checkpoints<X> {
  const note = (before: Tensor, now: Tensor): Tensor =>
    where(perRow(divides(before.shape[0] as number, block), before.shape), expandDims(now, 0), before);
  return {
    momentum: mapTree(note, momentum, first.momentum),
    sumBefore: mapTree((before, s, v) => note(before, add(s, mul(v, 0.5))), sumBefore, velocitySum, first.velocity),
  };
}

/**
 * Whether one of the stretches that end with a block turns, bool `[chains]`: `isTurning`, for all lengths at once.
 *
 * @param checkpoints - Where they began.
 * @param blocks - The number of blocks of the doubling, this one included, float32 scalar.
 * @param last - The last leaf of the block.
 * @param velocitySum - The sum of the velocities of the doubling, the block included.
 */
export function turnsSince<X extends Tree>(
  { momentum, sumBefore }: Checkpoints<X>,
  blocks: Tensor,
  last: End<X>,
  velocitySum: X,
): Tensor {
  const span = mapTree(
    (before, s, v) => sub(expandDims(sub(s, mul(v, 0.5)), 0), before),
    sumBefore,
    velocitySum,
    last.velocity,
  );
  const along = (momenta: X): Tensor =>
    sumOverEvents(
      mapTree(
        (p, r) => reshape(mul(p, r), [(r.shape[0] as number) * (r.shape[1] as number), ...r.shape.slice(2)]),
        momenta,
        span,
      ),
    );
  const back = logicalOr(
    lessEqual(along(momentum), 0),
    lessEqual(along(mapTree((p) => expandDims(p, 0), last.momentum)), 0),
  );
  const [lengths, chains] = (tensorsOf(momentum)[0] as Tensor).shape as readonly [number, number];
  const ends = reshape(divides(lengths, blocks), [lengths, 1]);
  const turned = logicalAnd(reshape(back, [lengths, chains]), ends);
  // One by one, since a sum over the first axis would be a step of its own for a handful of numbers.
  return Array.from({ length: lengths }, (_, l) => reshape(slice(turned, [l, 0], [1, chains]), [chains])).reduce(
    (a, b) => logicalOr(a, b),
  );
}
