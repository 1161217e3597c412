import {
  jit,
  type Key,
  logicalAnd,
  logicalNot,
  reshape,
  slice,
  split,
  type Tensor,
  type Tree,
  uniform,
} from '@ebmkit/tensor';
import type { StepSettings } from '../../adaptation/adaptable.js';
import type { GradientState } from '../../kernel/evaluate.js';
import type { Transition } from '../../kernel/kernel.js';
import { chainsOf } from '../../kernel/position.js';
import type { Dynamics } from './leaf.js';
import { infoOf, type NutsInfo } from './nuts-info.js';
import {
  headingOf,
  type PackedSubtree,
  type PackedTrajectory,
  packSubtree,
  packTrajectory,
  unpackLeaf,
  unpackSubtree,
  unpackTrajectory,
} from './packing.js';
import { buildSubtree, hasStopped, merge, type Subtree } from './subtree.js';
import { beginTrajectory, double, type Trajectory } from './trajectory.js';

/** What a transition is made with. */
export interface NutsSetup<X extends Tree> {
  /** The dynamics under given settings. */
  readonly dynamicsOf: (settings: StepSettings) => Dynamics<X>;
  /** The most doublings. */
  readonly maxTreeDepth: number;
}

/** A trajectory between two doublings. */
export type Grown<X extends Tree> = {
  /** The trajectory. */
  readonly trajectory: PackedTrajectory<X>;
  /** Which chains go on, bool `[chains]`. */
  readonly going: Tensor;
};

/** A stretch of a doubling. */
export type Stretch<X extends Tree> = {
  /** The stretch. */
  readonly subtree: PackedSubtree<X>;
  /** Which chains go on after it, bool `[chains]`. */
  readonly going: Tensor;
};

/**
 * The programs that a transition consists of, each compiled once, when it first runs. Inside a doubling all chains that still grow
 * are at the same leaf, so that where the tree branches is known to the host and only what the chains hold is in tensors.
 */
export interface NutsParts<X extends Tree> {
  /** Draws momenta and makes the first doublings. */
  readonly open: (key: Key, state: GradientState<X>, settings: StepSettings) => Grown<X>;
  /** Walks the block of leaves that follows a leaf, given the numbers of the trajectory. */
  readonly walk: (key: Key, numbers: Tensor, from: X, going: Tensor, settings: StepSettings) => Stretch<X>;
  /** Merges two stretches of one length, of which the later one tells which chains go on. */
  readonly merge: (key: Key, earlier: PackedSubtree<X>, later: Stretch<X>) => Stretch<X>;
  /** Adds a doubling. */
  readonly close: (key: Key, trajectory: PackedTrajectory<X>, subtree: PackedSubtree<X>) => Grown<X>;
  /** What the step returns. */
  readonly report: (trajectory: PackedTrajectory<X>) => Transition<GradientState<X>, NutsInfo>;
  /** Frees the programs. */
  readonly clear: () => void;
}

/** Blocks are stretches of $`2^k`$ leaves with this $`k`$. Larger ones save calls and waste leaves on chains that have turned. */
export const blockDepth = 2;

/** Doublings of the opening: nearly all trajectories have at least seven leaves in one of the chains. */
export const openingDoublings = 3;

/** Uniform numbers for each chain, drawn at once and handed out one by one. */
function uniformsOf(key: Key, count: number, chains: number): () => Tensor {
  const drawn = uniform(key, [count, chains]);
  let next = 0;
  return () => reshape(slice(drawn, [next++, 0], [1, chains]), [chains]);
}

function grownTo<X extends Tree>(trajectory: Trajectory<X>): Grown<X> {
  return { trajectory: packTrajectory(trajectory), going: logicalNot(hasStopped(trajectory)) };
}

function stretchTo<X extends Tree>(subtree: Subtree<X>, before: Tensor): Stretch<X> {
  return { subtree: packSubtree(subtree), going: logicalAnd(before, logicalNot(hasStopped(subtree))) };
}

/** Makes the programs. */
export function makeNutsParts<X extends Tree>({ dynamicsOf, maxTreeDepth }: NutsSetup<X>): NutsParts<X> {
  const doublings = Math.min(openingDoublings, maxTreeDepth);

  const open = jit((key: Key, state: GradientState<X>, settings: StepSettings) => {
    const dynamics = dynamicsOf(settings);
    const [momentumKey, uniformKey] = split(key, 2);
    const uniforms = uniformsOf(uniformKey, 2 ** doublings + doublings, chainsOf('nuts', state.position));
    const momentum = dynamics.metric.draw(momentumKey, state.position);
    let trajectory = beginTrajectory(dynamics.metric, state, momentum, uniforms());
    for (let depth = 0; depth < doublings; depth++) {
      const subtree = buildSubtree(dynamics, depth, trajectory, trajectory.frontier, uniforms);
      trajectory = double(trajectory, subtree, [uniforms(), uniforms()]);
    }
    return grownTo(trajectory);
  });

  const walk = jit((key: Key, numbers: Tensor, from: X, going: Tensor, settings: StepSettings) => {
    const heading = headingOf(numbers);
    const uniforms = uniformsOf(key, 2 ** blockDepth - 1, going.shape[0] as number);
    const leaf = unpackLeaf(from, heading.start.energy);
    return stretchTo(buildSubtree(dynamicsOf(settings), blockDepth, heading, leaf, uniforms), going);
  });

  const merging = jit((key: Key, earlier: PackedSubtree<X>, later: PackedSubtree<X>, going: Tensor) => {
    const merged = merge(unpackSubtree(earlier), unpackSubtree(later), uniform(key, going.shape));
    const stretch = stretchTo(merged, going);
    return { ...stretch, subtree: { ...stretch.subtree, last: later.last } };
  });

  const close = jit((key: Key, trajectory: PackedTrajectory<X>, subtree: PackedSubtree<X>) => {
    const uniforms = uniformsOf(key, 2, trajectory.numbers.shape[1] as number);
    return grownTo(double(unpackTrajectory(trajectory), unpackSubtree(subtree), [uniforms(), uniforms()]));
  });

  const report = jit((packed: PackedTrajectory<X>) => {
    const trajectory = unpackTrajectory(packed);
    const { position, energy, gradient } = trajectory.candidate;
    return { state: { position, energy, gradient }, info: infoOf(trajectory, maxTreeDepth) };
  });

  return {
    open,
    walk,
    merge: (key, earlier, { subtree, going }) => merging(key, earlier, subtree, going),
    close,
    report,
    clear: () => {
      for (const program of [open, walk, merging, close, report]) program.clear();
    },
  };
}
