import {
  broadcastTo,
  EbmError,
  logSumExp,
  mapTree,
  mul,
  neg,
  perRow,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import type { Conditioned } from './condition.js';
import {
  type JointState,
  matchRows,
  type PairEnergy,
  rowsOf,
  type SideStates,
  type SideSupport,
  untyped,
} from './joint.js';

/**
 * The energy of `x` alone when `y` is one of finitely many, $`E(x) = -\log \sum_k e^{-E(x, y_k)}`$, whose distribution is the marginal
 * $`p(x)`$: the free energy. Exact and without overflow; one evaluation on as many rows as there are pairs. Where each value of `y` has an
 * energy function of its own see `mixture`.
 *
 * @param joint - An energy over `{ x, y }`.
 * @param candidates - All values of `y`, `[k, ...event]`, or a tree of such tensors; borrowed.
 * @returns An energy over the states of `x`, with a `gradient` where the joint energy has one.
 * @throws EbmError when there are no candidates.
 *
 * @example
 * ```ts
 * const free = marginal(labelled, eye(10)); // sums over ten one-hot labels
 * ```
 */
export function marginal<E extends PairEnergy>(
  joint: E,
  candidates: SideStates<E, 'y'>,
): Conditioned<SideStates<E, 'x'>, SideSupport<E, 'x'>> {
  const { energy, gradient, constrain, support, sides } = untyped(joint);
  const values: Tree = candidates;
  const k = tensorsOf(values)[0]?.shape[0] ?? 0;
  if (k === 0)
    throw new EbmError(
      'argument',
      'marginal: expected at least one candidate, got none. Give the values of y as rows.',
    );
  /** Every state beside every candidate, candidates fastest. */
  const grid = (x: Tree): JointState<Tree, Tree> => {
    const n = rowsOf(x);
    const spread = (from: readonly number[]) => (t: Tensor) => {
      const event = t.shape.slice(1);
      return reshape(broadcastTo(reshape(t, [...from, ...event]), [n, k, ...event]), [n * k, ...event]);
    };
    return { x: mapTree(spread([n, 1]), x), y: mapTree(spread([1, k]), values) };
  };
  const logTerms = (pairs: JointState<Tree, Tree>): Tensor => reshape(neg(energy(pairs)), [rowsOf(pairs.x) / k, k]);
  const slope = (x: Tree, joined: NonNullable<typeof gradient>): Tree => {
    const pairs = grid(x);
    const shares = reshape(softmax(logTerms(pairs), 1), [rowsOf(pairs.x)]);
    const average = (g: Tensor): Tensor =>
      sum(reshape(mul(g, perRow(shares, g.shape)), [rowsOf(x), k, ...g.shape.slice(1)]), 1);
    return mapTree(average, joined(pairs).x);
  };
  const anyCandidate = (x: Tree): Tree =>
    matchRows(
      mapTree((t) => slice(t, [0], [1]), values),
      x,
    );
  const made = {
    energy: (x: Tree) => scopedTree(() => neg(logSumExp(logTerms(grid(x)), 1))),
    ...(gradient && { gradient: (x: Tree) => scopedTree(() => slope(x, gradient)) }),
    ...(constrain && { constrain: (x: Tree) => scopedTree(() => constrain({ x, y: anyCandidate(x) }).x) }),
    support: sides?.x ?? support ?? 'continuous',
  };
  return made as unknown as Conditioned<SideStates<E, 'x'>, SideSupport<E, 'x'>>;
}
