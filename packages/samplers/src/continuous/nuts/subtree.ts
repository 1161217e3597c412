import {
  abs,
  add,
  cast,
  exp,
  full,
  isFinite,
  less,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  mapTree,
  maximum,
  minimum,
  neg,
  sigmoid,
  sub,
  type Tensor,
  type Tree,
  where,
  zerosLike,
} from '@ebmkit/tensor';
import { staysBounded } from '../../hamiltonian/hamiltonian-info.js';
import type { GradientState } from '../../kernel/evaluate.js';
import { chainsOf, chooseChains } from '../../kernel/position.js';
import { type Dynamics, energyErrorOf, type Leaf, leap, type StartEnergy } from './leaf.js';
import { type End, isTurning } from './turning.js';

/** A point that a transition may end at. */
export type Candidate<X extends Tree> = GradientState<X> & {
  /** Its total energy minus that of the start, $`H - H_0`$, `[chains]`. */
  readonly energyError: Tensor;
};

/** What is known of leaves that were walked through, whether or not they can be drawn. */
export type LeafCount = {
  /** How many there are, int32 `[chains]`. */
  readonly leaves: Tensor;
  /** The sum of their Metropolis probabilities $`\min(1, e^{H_0 - H})`$, `[chains]`. */
  readonly acceptanceSum: Tensor;
};

/**
 * Leaves in a row that extend a trajectory on one side. A stretch that turned or diverged inside has nothing to offer but its
 * counts, which are of the leaves until then.
 */
export type Stretch<X extends Tree> = LeafCount & {
  /** The sum of the velocities of all leaves. */
  readonly velocitySum: X;
  /** $`\log \sum e^{H_0 - H}`$ over the leaves, `[chains]`. */
  readonly logWeight: Tensor;
  /** One of its leaves, drawn with probability proportional to $`e^{-H}`$. */
  readonly candidate: Candidate<X>;
  /** Whether it, or a part of it that recursion would have built, turns, bool `[chains]`. */
  readonly turning: Tensor;
  /** Whether a leaf of it is no place to be, bool `[chains]`. */
  readonly diverged: Tensor;
};

/** A stretch of $`2^k`$ leaves, with its ends. */
export type Subtree<X extends Tree> = Stretch<X> & {
  /** The end where it began. */
  readonly first: End<X>;
  /** The end from which it may grow. */
  readonly last: Leaf<X>;
};

/** What every leaf of a stretch must know of its trajectory. */
export type Heading = {
  /** The energies that errors are counted from. */
  readonly start: StartEnergy;
  /** Which way it grows: 1 forward in time, −1 backward, `[chains]`. */
  readonly direction: Tensor;
};

/** Whether a stretch has ended before its time, bool `[chains]`. */
export function hasStopped({ turning, diverged }: { readonly turning: Tensor; readonly diverged: Tensor }): Tensor {
  return logicalOr(turning, diverged);
}

/** $`\log(e^a + e^b)`$ where not both are −∞. */
export function logAddExp(a: Tensor, b: Tensor): Tensor {
  return add(maximum(a, b), log1p(exp(neg(abs(sub(a, b))))));
}

/** A stretch of one leaf. */
function singleLeaf<X extends Tree>(leaf: Leaf<X>, start: StartEnergy): Subtree<X> {
  const { position, momentum, energy, gradient, velocity } = leaf;
  const chains = chainsOf('nuts', position);
  const energyError = energyErrorOf(leaf, start);
  const logWeight = where(isFinite(energyError), neg(energyError), Number.NEGATIVE_INFINITY);
  return {
    first: { momentum, velocity },
    last: leaf,
    velocitySum: velocity,
    logWeight,
    candidate: { position, energy, gradient, energyError },
    leaves: full([chains], 1, 'int32'),
    acceptanceSum: exp(minimum(logWeight, 0)),
    turning: full([chains], 0, 'bool'),
    diverged: logicalNot(staysBounded(energyError)),
  };
}

/** A stretch of no leaf. Its candidate, any one, is never taken. */
export function noLeaves<X extends Tree>(candidate: Candidate<X>): Stretch<X> {
  const none = zerosLike(candidate.energy);
  return {
    velocitySum: mapTree((x) => zerosLike(x), candidate.position),
    logWeight: full(none.shape, Number.NEGATIVE_INFINITY),
    candidate,
    leaves: cast(none, 'int32'),
    acceptanceSum: none,
    turning: cast(none, 'bool'),
    diverged: cast(none, 'bool'),
  };
}

/**
 * Joins two stretches, the second of which goes on from the first. The leaf of the second is taken with probability
 * $`w_2 / (w_1 + w_2)`$, so that every leaf keeps its share. What came after an end before its time was never walked.
 *
 * @param turnsWith - Tells from the sum of all velocities whether a stretch that ends with the second turns, bool `[chains]`.
 * @param u - A uniform number for each chain, `[chains]`.
 */
export function join<X extends Tree>(
  a: Stretch<X>,
  b: Stretch<X>,
  turnsWith: (velocitySum: X) => Tensor,
  u: Tensor,
): Stretch<X> {
  const isGoingOn = logicalNot(hasStopped(a));
  const velocitySum = mapTree((x, y) => add(x, y), a.velocitySum, b.velocitySum);
  const turns = logicalAnd(logicalNot(hasStopped(b)), turnsWith(velocitySum));
  const takesSecond = less(u, sigmoid(sub(b.logWeight, a.logWeight)));
  return {
    velocitySum,
    logWeight: logAddExp(a.logWeight, b.logWeight),
    candidate: chooseChains(takesSecond, b.candidate, a.candidate),
    leaves: where(isGoingOn, add(a.leaves, b.leaves), a.leaves),
    acceptanceSum: where(isGoingOn, add(a.acceptanceSum, b.acceptanceSum), a.acceptanceSum),
    turning: logicalOr(a.turning, logicalAnd(isGoingOn, logicalOr(b.turning, turns))),
    diverged: logicalOr(a.diverged, logicalAnd(isGoingOn, b.diverged)),
  };
}

/** Joins two stretches of one length. */
function merge<X extends Tree>(a: Subtree<X>, b: Subtree<X>, u: Tensor): Subtree<X> {
  const turnsWith = (velocitySum: X): Tensor => isTurning(a.first, b.last, velocitySum);
  return { ...join<X>(a, b, turnsWith, u), first: a.first, last: b.last };
}

/**
 * Builds a stretch of $`2^k`$ leaves that follows a leaf: two stretches of half the length, merged.
 *
 * @param depth - $`k`$.
 * @param heading - Where the trajectory began and which way it grows.
 * @param from - The leaf.
 * @param uniforms - Gives the next uniform numbers `[chains]`; $`2^k - 1`$ of them are taken.
 */
export function buildSubtree<X extends Tree>(
  dynamics: Dynamics<X>,
  depth: number,
  heading: Heading,
  from: Leaf<X>,
  uniforms: () => Tensor,
): Subtree<X> {
  if (depth === 0) return singleLeaf(leap(dynamics, from, heading.direction), heading.start);
  const a = buildSubtree(dynamics, depth - 1, heading, from, uniforms);
  const b = buildSubtree(dynamics, depth - 1, heading, a.last, uniforms);
  return merge(a, b, uniforms());
}
