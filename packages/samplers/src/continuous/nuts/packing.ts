import { cast, mapTree, notEqual, reshape, slice, stack, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Leaf } from './leaf.js';
import type { Subtree } from './subtree.js';
import type { Trajectory } from './trajectory.js';

/**
 * A stretch as a program hands it on. Each tensor that enters or leaves a program has its price on the host, which for small
 * targets is most of the time; so what belongs together is stacked on a new first axis.
 */
export type PackedSubtree<X extends Tree> = {
  /** Its last leaf: position, momentum, gradient, velocity. */
  readonly last: X;
  /** Its other vectors. */
  readonly inner: X;
  /** Its numbers, float32 `[numbers, chains]`. */
  readonly numbers: Tensor;
};

/** A trajectory as a program hands it on. */
export type PackedTrajectory<X extends Tree> = {
  /** The end that grows: position, momentum, gradient, velocity. */
  readonly frontier: X;
  /** The other end, likewise. */
  readonly rear: X;
  /** Its other vectors. */
  readonly inner: X;
  /** Its numbers, float32 `[numbers, chains]`. */
  readonly numbers: Tensor;
};

function packVectors<X extends Tree>(first: X, ...rest: readonly X[]): X {
  return mapTree((...tensors) => stack(tensors), first, ...rest);
}

function part(packed: Tensor, at: number): Tensor {
  const shape = packed.shape.slice(1);
  return reshape(slice(packed, [at, ...shape.map(() => 0)], [1, ...shape]), shape);
}

function vectorAt<X extends Tree>(packed: X, at: number): X {
  return mapTree((x) => part(x, at), packed);
}

function packNumbers(numbers: readonly Tensor[]): Tensor {
  return stack(numbers.map((x) => cast(x, 'float32')));
}

const flag = (packed: Tensor, at: number): Tensor => notEqual(part(packed, at), 0);
const count = (packed: Tensor, at: number): Tensor => cast(part(packed, at), 'int32');

/** The vectors of a leaf. */
function packLeaf<X extends Tree>({ position, momentum, gradient, velocity }: Leaf<X>): X {
  return packVectors(position, momentum, gradient, velocity);
}

/** A leaf from its vectors. Its energy has been used, and is not kept: steps do not start from it. */
export function unpackLeaf<X extends Tree>(packed: X, energy: Tensor): Leaf<X> {
  const [position, momentum, gradient, velocity] = [0, 1, 2, 3].map((at) => vectorAt(packed, at)) as [X, X, X, X];
  return { position, momentum, gradient, velocity, energy };
}

/** Packs a stretch. */
export function packSubtree<X extends Tree>(subtree: Subtree<X>): PackedSubtree<X> {
  const { first, last, velocitySum, candidate, logWeight, leaves, acceptanceSum, turning, diverged } = subtree;
  const { position, gradient, energy, energyError } = candidate;
  return {
    last: packLeaf(last),
    inner: packVectors(first.momentum, first.velocity, velocitySum, position, gradient),
    numbers: packNumbers([logWeight, energy, energyError, leaves, acceptanceSum, turning, diverged]),
  };
}

/** The stretch that was packed. */
export function unpackSubtree<X extends Tree>({ last, inner, numbers }: PackedSubtree<X>): Subtree<X> {
  const energy = part(numbers, 1);
  return {
    first: { momentum: vectorAt(inner, 0), velocity: vectorAt(inner, 1) },
    last: unpackLeaf(last, energy),
    velocitySum: vectorAt(inner, 2),
    candidate: { position: vectorAt(inner, 3), energy, gradient: vectorAt(inner, 4), energyError: part(numbers, 2) },
    logWeight: part(numbers, 0),
    leaves: count(numbers, 3),
    acceptanceSum: part(numbers, 4),
    turning: flag(numbers, 5),
    diverged: flag(numbers, 6),
  };
}

/** Packs a trajectory. */
export function packTrajectory<X extends Tree>(trajectory: Trajectory<X>): PackedTrajectory<X> {
  const { start, direction, frontier, rear, velocitySum, candidate, logWeight } = trajectory;
  const { leaves, acceptanceSum, moved, depth, turning, diverged } = trajectory;
  const { position, gradient, energy, energyError } = candidate;
  return {
    frontier: packLeaf(frontier),
    rear: packLeaf(rear),
    inner: packVectors(velocitySum, position, gradient),
    numbers: packNumbers([
      start.energy,
      start.kinetic,
      direction,
      logWeight,
      energy,
      energyError,
      leaves,
      acceptanceSum,
      moved,
      depth,
      turning,
      diverged,
    ]),
  };
}

/** Where a trajectory began and which way it grows, from its numbers. */
export function headingOf(numbers: Tensor): Pick<Trajectory<Tree>, 'start' | 'direction'> {
  return { start: { energy: part(numbers, 0), kinetic: part(numbers, 1) }, direction: part(numbers, 2) };
}

/** The trajectory that was packed. */
export function unpackTrajectory<X extends Tree>(packed: PackedTrajectory<X>): Trajectory<X> {
  const { frontier, rear, inner, numbers } = packed;
  const energy = part(numbers, 4);
  return {
    ...headingOf(numbers),
    frontier: unpackLeaf(frontier, energy),
    rear: unpackLeaf(rear, energy),
    velocitySum: vectorAt(inner, 0),
    candidate: { position: vectorAt(inner, 1), energy, gradient: vectorAt(inner, 2), energyError: part(numbers, 5) },
    logWeight: part(numbers, 3),
    leaves: count(numbers, 6),
    acceptanceSum: part(numbers, 7),
    moved: flag(numbers, 8),
    depth: count(numbers, 9),
    turning: flag(numbers, 10),
    diverged: flag(numbers, 11),
  };
}
