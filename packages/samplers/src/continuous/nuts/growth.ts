import {
  add,
  any,
  broadcastTo,
  full,
  greaterEqual,
  type Key,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  reshape,
  slice,
  split,
  type Tensor,
  type Tree,
  uniform,
  where,
} from '@ebmkit/tensor';
import type { GradientState } from '../../kernel/evaluate.js';
import { chainsOf, chooseChains } from '../../kernel/position.js';
import { type Checkpoints, emptyCheckpoints, noteBlock, turnsSince } from './checkpoints.js';
import type { Dynamics } from './leaf.js';
import { buildSubtree, hasStopped, join, noLeaves, type Stretch } from './subtree.js';
import { beginTrajectory, double, type Trajectory } from './trajectory.js';

/**
 * A trajectory and the doubling that is under way. All chains that still grow are at the same leaf of a doubling of the same depth, so
 * that where they stand are two numbers; chains that have ended wait.
 */
export type Growth<X extends Tree> = {
  /** The trajectory; its frontier is the last leaf that was walked to. */
  readonly trajectory: Trajectory<X>;
  /** What has been walked of the doubling. */
  readonly doubling: Stretch<X>;
  /** Where its stretches began. */
  readonly checkpoints: Checkpoints<X>;
  /** The blocks of the doubling that have been walked, float32 scalar. */
  readonly walked: Tensor;
  /** The blocks that it has, float32 scalar. */
  readonly blocks: Tensor;
};

/**
 * Leaves are walked to in blocks of $`2^k`$ with this $`k`$; between blocks it is looked whether any chain goes on. Larger ones save looks and
 * waste leaves on chains that have turned.
 */
const blockDepth = 3;

/** Doublings that are made without a look: nearly all trajectories have at least seven leaves in one of the chains. */
const openingDoublings = 3;

/** Uniform numbers for each chain, drawn at once and handed out one by one. */
function uniformsOf(key: Key, count: number, chains: number): () => Tensor {
  const drawn = uniform(key, [count, chains]);
  let next = 0;
  return () => reshape(slice(drawn, [next++, 0], [1, chains]), [chains]);
}

/** Draws momenta and makes the first doublings. */
export function open<X extends Tree>(
  key: Key,
  dynamics: Dynamics<X>,
  state: GradientState<X>,
  maxTreeDepth: number,
): Growth<X> {
  const doublings = Math.min(openingDoublings, maxTreeDepth);
  const [momentumKey, uniformKey] = split(key, 2);
  const uniforms = uniformsOf(uniformKey, 2 ** doublings + doublings, chainsOf('nuts', state.position));
  const momentum = dynamics.metric.draw(momentumKey, state.position);
  let trajectory = beginTrajectory(dynamics.metric, state, momentum, uniforms());
  for (let depth = 0; depth < doublings; depth++) {
    const subtree = buildSubtree(dynamics, depth, trajectory, trajectory.frontier, uniforms);
    trajectory = double(trajectory, subtree, [uniforms(), uniforms()]);
  }
  return {
    trajectory,
    doubling: noLeaves(trajectory.candidate),
    checkpoints: emptyCheckpoints(Math.max(maxTreeDepth - blockDepth - 1, 1), state.position),
    walked: full([], 0),
    blocks: full([], 2 ** (doublings - blockDepth)),
  };
}

/** Which chains have further to go, bool `[chains]`. */
export function goesOn<X extends Tree>({ trajectory, blocks }: Growth<X>, maxTreeDepth: number): Tensor {
  return logicalAnd(logicalNot(hasStopped(trajectory)), less(blocks, 2 ** (maxTreeDepth - blockDepth)));
}

/**
 * Walks the next block of leaves. Where this completes the doubling, or no chain goes on in it, the doubling is added to the trajectory
 * and the next one begins.
 */
export function grow<X extends Tree>(key: Key, dynamics: Dynamics<X>, growth: Growth<X>): Growth<X> {
  const { trajectory, blocks } = growth;
  const uniforms = uniformsOf(key, 2 ** blockDepth + 2, trajectory.leaves.shape[0] as number);
  const block = buildSubtree(dynamics, blockDepth, trajectory, trajectory.frontier, uniforms);
  const walked = add(growth.walked, 1);
  const checkpoints = noteBlock(growth.checkpoints, growth.walked, block.first, growth.doubling.velocitySum);
  const turnsWith = (velocitySum: X): Tensor => turnsSince(checkpoints, walked, block.last, velocitySum);
  const doubling = join<X>(growth.doubling, block, turnsWith, uniforms());
  const isWalking = logicalNot(logicalOr(hasStopped(trajectory), hasStopped(doubling)));
  const isComplete = logicalOr(greaterEqual(walked, blocks), logicalNot(any(isWalking)));
  const chosen: [Tensor, Tensor] = [uniforms(), uniforms()];
  const everywhere = broadcastTo(isComplete, trajectory.leaves.shape);
  return {
    trajectory: double(trajectory, { ...doubling, last: block.last }, chosen, everywhere),
    doubling: clearWhere(everywhere, doubling),
    checkpoints,
    walked: where(isComplete, 0, walked),
    blocks: where(isComplete, mul(blocks, 2), blocks),
  };
}

/** Starts a stretch anew for some chains. Its candidate stays: that of no leaf is never taken. */
function clearWhere<X extends Tree>(choice: Tensor, stretch: Stretch<X>): Stretch<X> {
  const { candidate: _, ...none } = noLeaves(stretch.candidate);
  const { candidate: __, ...rest } = stretch;
  return { ...stretch, ...chooseChains<Omit<Stretch<X>, 'candidate'>>(choice, none, rest) };
}
