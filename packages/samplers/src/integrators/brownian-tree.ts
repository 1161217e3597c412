import { EbmError, fold, type Key, scoped, split, type Tree } from '@ebmkit/tensor';
import { normalLike } from '../kernel/position.js';
import type { BrownianStep } from './stochastic-differential-equation.js';
import { plus, times } from './tree-arithmetic.js';

/** One Brownian path for every coordinate of a state, which can be asked about any stretch of time, in any order. */
export interface BrownianPath<X extends Tree> {
  /** What the path does between two times. */
  readonly between: (from: number, to: number) => BrownianStep<X>;
}

/** Which Brownian path. */
export interface BrownianTreeOptions<X extends Tree> {
  /** The key of the path: the same key gives the same path. */
  readonly key: Key;
  /** The first time at which it is known. */
  readonly from: number;
  /** The last time at which it is known. */
  readonly to: number;
  /** A state in whose structure and shapes the path is; its numbers do not matter. */
  readonly like: X;
  /** How often the span may be halved: times are rounded to `(to - from) / 2^depth`. 20 unless given, at most 30. */
  readonly depth?: number;
}

/**
 * A Brownian path that is drawn where it is looked at: the span is halved again and again, and each midpoint is drawn given both
 * ends, with a key of its own. Whatever one asks and in whatever order, the answers belong to one path, so that solutions with
 * different step sizes, or with rejected steps, see the same noise. Nothing is stored. Exact: with $`W, H`$ of a stretch of length
 * $`h`$, its first half has
 *
 * ```math
 * W_1 = \tfrac12 W + \tfrac32 H + Z, \qquad H_1 = \tfrac14 H - \tfrac12 Z + \tfrac12 N, \qquad Z \sim N(0, \tfrac h{16}), \quad N \sim N(0, \tfrac h{12})
 * ```
 *
 * and its second $`W_2 = W - W_1`$ and $`H_2 = \frac14 H - \frac12 Z - \frac12 N`$. A question costs two draws for each halving on the way to
 * both of its ends; a stretch that is itself a half of a half … of the span costs the fewest.
 *
 * @param options - Key, span and shapes.
 * @returns The path.
 * @throws EbmError when the span is empty, the depth is not such a number, or a time lies outside of the span.
 *
 * @example
 * ```ts
 * const path = brownianTree({ key: key(1), from: 0, to: 1, like: zeros([100, 2]) });
 * const { increment } = path.between(0.25, 0.5);
 * ```
 * @see Jelincic, Foster and Kidger, "Single-seed generation of Brownian paths and integrals for adaptive and high order SDE solvers",
 * 2024, https://arxiv.org/abs/2405.06464
 */
export function brownianTree<X extends Tree>(options: BrownianTreeOptions<X>): BrownianPath<X> {
  const { key, from, to, like, depth = 20 } = options;
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to))
    throw new EbmError('argument', `brownianTree: expected from below to, both finite, got ${from} and ${to}.`);
  if (!Number.isInteger(depth) || depth < 1 || depth > 30)
    throw new EbmError('argument', `brownianTree: depth must be a whole number from 1 to 30, got ${depth}.`);
  const cells = 2 ** depth;
  const cellOf = (time: number): number => {
    const cell = Math.round(((time - from) / (to - from)) * cells);
    if (cell >= 0 && cell <= cells) return cell;
    throw new EbmError(
      'argument',
      `brownianTree: the path is known from ${from} to ${to}, got the time ${time}. Make one with a longer span.`,
    );
  };
  const root = (): BrownianStep<X> => {
    const [pathKey, areaKey] = split(fold(key, 0), 2);
    const span = to - from;
    return {
      increment: times(normalLike(pathKey, like), Math.sqrt(span)),
      area: times(normalLike(areaKey, like), Math.sqrt(span / 12)),
    };
  };
  return {
    between: (begin, end) => {
      const [first, last] = [cellOf(begin), cellOf(end)];
      if (first >= last)
        throw new EbmError(
          'argument',
          `brownianTree: expected a stretch of at least ${(to - from) / cells}, got one from ${begin} to ${end}. Use a larger depth.`,
        );
      const find = (node: number, low: number, size: number, known: BrownianStep<X>): BrownianStep<X> => {
        if (first <= low && low + size <= last) return known;
        const half = size / 2;
        const middle = low + half;
        const [left, right] = halve(fold(key, node), known, (size / cells) * (to - from));
        if (last <= middle) return find(2 * node, low, half, left);
        if (first >= middle) return find(2 * node + 1, middle, half, right);
        const [a, b] = [find(2 * node, low, half, left), find(2 * node + 1, middle, half, right)];
        return join(a, middle - Math.max(first, low), b, Math.min(last, low + size) - middle);
      };
      return scoped<BrownianStep<X>>(() => find(1, 0, cells, root()));
    },
  };
}

/** Draws the middle of a stretch of some length, given what the path does over the whole of it. */
function halve<X extends Tree>(
  key: Key,
  { increment, area }: BrownianStep<X>,
  length: number,
): readonly [BrownianStep<X>, BrownianStep<X>] {
  const [middleKey, areaKey] = split(key, 2);
  const z = times(normalLike(middleKey, increment), Math.sqrt(length / 16));
  const n = times(normalLike(areaKey, increment), Math.sqrt(length / 12) / 2);
  const first = plus(plus(times(increment, 0.5), times(area, 1.5)), z);
  const shared = plus(times(area, 0.25), times(z, -0.5));
  return [
    { increment: first, area: plus(shared, n) },
    { increment: plus(increment, times(first, -1)), area: plus(shared, times(n, -1)) },
  ];
}

/** What the path does over two stretches, one after the other, of the given lengths. */
function join<X extends Tree>(
  a: BrownianStep<X>,
  lengthA: number,
  b: BrownianStep<X>,
  lengthB: number,
): BrownianStep<X> {
  const total = lengthA + lengthB;
  const [shareA, shareB] = [lengthA / total, lengthB / total];
  const area = plus(
    plus(times(a.area, shareA), times(b.area, shareB)),
    plus(times(a.increment, shareB / 2), times(b.increment, -shareA / 2)),
  );
  return { increment: plus(a.increment, b.increment), area };
}
