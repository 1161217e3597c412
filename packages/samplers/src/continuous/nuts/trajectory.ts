import {
  add,
  cast,
  exp,
  full,
  greater,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  mapTree,
  minimum,
  notEqual,
  onesLike,
  sub,
  type Tensor,
  type Tree,
  where,
  zeros,
  zerosLike,
} from '@ebmkit/tensor';
import { kineticEnergy, type Metric } from '../../hamiltonian/metric.js';
import type { GradientState } from '../../kernel/evaluate.js';
import { chainsOf, chooseChains } from '../../kernel/position.js';
import { type Leaf, leafOf } from './leaf.js';
import {
  type Candidate,
  type Heading,
  hasStopped,
  type LeafCount,
  logAddExp,
  type Stretch,
  type Subtree,
} from './subtree.js';
import { isTurning } from './turning.js';

/** A trajectory that doubles until it turns. */
export type Trajectory<X extends Tree> = LeafCount &
  Heading & {
    /** The end that grows: the last leaf of the doubling under way, or where the next one begins. */
    readonly frontier: Leaf<X>;
    /** The other end. */
    readonly rear: Leaf<X>;
    /** The sum of the velocities of all leaves, the start included. */
    readonly velocitySum: X;
    /** $`\log \sum e^{H_0 - H}`$ over all leaves, `[chains]`. */
    readonly logWeight: Tensor;
    /** Where the transition would end now. */
    readonly candidate: Candidate<X>;
    /** Whether that is another point than the start, bool `[chains]`. */
    readonly moved: Tensor;
    /** Doublings begun, int32 `[chains]`. */
    readonly depth: Tensor;
    /** Whether the trajectory or its last doubling turned, bool `[chains]`. */
    readonly turning: Tensor;
    /** Whether the last doubling diverged, bool `[chains]`. */
    readonly diverged: Tensor;
  };

/** The direction of a doubling from a uniform number. */
function directionOf(u: Tensor): Tensor {
  return where(greater(u, 0.5), 1, -1);
}

/** The trajectory of nothing but the start. */
export function beginTrajectory<X extends Tree>(
  metric: Metric<X>,
  { position, energy, gradient }: GradientState<X>,
  momentum: X,
  u: Tensor,
): Trajectory<X> {
  const none = full([chainsOf('nuts', position)], 0, 'int32');
  const leaf = leafOf(metric, { position, momentum, energy, gradient });
  const nowhere = cast(none, 'bool');
  return {
    start: { energy, kinetic: kineticEnergy(momentum, leaf.velocity) },
    frontier: leaf,
    rear: leaf,
    direction: directionOf(u),
    velocitySum: leaf.velocity,
    logWeight: zeros(none.shape),
    candidate: { position, energy, gradient, energyError: zerosLike(energy) },
    leaves: none,
    acceptanceSum: zeros(none.shape),
    moved: nowhere,
    depth: none,
    turning: nowhere,
    diverged: nowhere,
  };
}

/**
 * Adds a doubling. A doubling that turned or diverged inside is thrown away, since from its leaves another trajectory would have
 * grown; of a sound one its candidate is taken with probability $`\min(1, w_{new} / w_{old})`$, which prefers the far half and leaves
 * the target invariant still. Chains that have ended keep what they have.
 *
 * @param doubling - Its leaves, and the last of them.
 * @param u - Two uniform numbers for each chain: for the choice, and for the direction of the next doubling.
 * @param isComplete - Whether there is a doubling to add, bool `[chains]`; where there is not, only the frontier moves on. True everywhere unless
 * given.
 */
export function double<X extends Tree>(
  trajectory: Trajectory<X>,
  doubling: Stretch<X> & Pick<Subtree<X>, 'last'>,
  u: readonly [Tensor, Tensor],
  isComplete = onesLike(trajectory.moved),
): Trajectory<X> {
  const { start, rear, direction, leaves, acceptanceSum, depth, logWeight } = trajectory;
  const active = logicalAnd(isComplete, logicalNot(hasStopped(trajectory)));
  const sound = logicalAnd(active, logicalNot(hasStopped(doubling)));
  const probability = exp(minimum(sub(doubling.logWeight, logWeight), 0));
  const taken = logicalAnd(sound, less(u[0], probability));
  const velocitySum = mapTree((x, y) => add(x, y), trajectory.velocitySum, doubling.velocitySum);
  const turned = logicalOr(doubling.turning, logicalAnd(sound, isTurning(rear, doubling.last, velocitySum)));
  const next = where(isComplete, directionOf(u[1]), direction);
  const swaps = notEqual(next, direction);
  return {
    start,
    frontier: chooseChains(swaps, rear, doubling.last),
    rear: chooseChains(swaps, doubling.last, rear),
    direction: next,
    velocitySum: chooseChains(isComplete, velocitySum, trajectory.velocitySum),
    logWeight: where(isComplete, logAddExp(logWeight, doubling.logWeight), logWeight),
    candidate: chooseChains(taken, doubling.candidate, trajectory.candidate),
    leaves: where(active, add(leaves, doubling.leaves), leaves),
    acceptanceSum: where(active, add(acceptanceSum, doubling.acceptanceSum), acceptanceSum),
    moved: logicalOr(trajectory.moved, taken),
    depth: add(depth, cast(active, 'int32')),
    turning: logicalOr(trajectory.turning, logicalAnd(active, turned)),
    diverged: logicalOr(trajectory.diverged, logicalAnd(active, doubling.diverged)),
  };
}
