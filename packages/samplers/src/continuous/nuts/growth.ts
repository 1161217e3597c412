import {
  add,
  any,
  full,
  type Key,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  mapTree,
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
import { chainsOf } from '../../kernel/position.js';
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
  const isUnderWay = logicalAnd(less(walked, blocks), any(isWalking));
  const doubled = double(trajectory, { ...doubling, last: block.last }, [uniforms(), uniforms()]);
  const choose = <T extends Tree>(under: T, after: T): T => mapTree((a, b) => where(isUnderWay, a, b), under, after);
  return {
    trajectory: { ...choose({ ...trajectory, frontier: block.last }, doubled), start: trajectory.start },
    doubling: choose(doubling, noLeaves(doubled.candidate)),
    checkpoints,
    walked: where(isUnderWay, walked, 0),
    blocks: where(isUnderWay, blocks, mul(blocks, 2)),
  };
}
