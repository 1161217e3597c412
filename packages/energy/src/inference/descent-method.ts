import { all, isFinite, less, logicalAnd, logicalNot, perRow, type Tensor, type Tree, where } from '@ebmkit/tensor';
import type { PackedBox } from './box.js';

/** A point of every start, as rows, and what is known there. */
export type Evaluated = {
  /** The coordinates, `[n, size]`. */
  readonly x: Tensor;
  /** The energies, `[n]`. */
  readonly energy: Tensor;
  /** The gradients, `[n, size]`. */
  readonly gradient: Tensor;
};

/** What a method may ask of its problem. All of it is traceable. */
export interface Problem {
  /** Where the coordinates must stay; undefined when they may go anywhere. */
  readonly box: PackedBox | undefined;
  /** The nearest allowed point: in the box, with fixed parts in place. */
  readonly place: (x: Tensor) => Tensor;
}

/** Where a method wants to look next, and what it remembers. */
export type Plan = {
  /** The point to evaluate next, `[n, size]`. */
  readonly trial: Tensor;
  /** What the method keeps: tensors of which the first or second axis is the starts. */
  readonly memory: Tree;
};

/** What a method makes of an evaluated point. */
export type Advance = Plan & {
  /** Where each start is now. */
  readonly point: Evaluated;
  /** Which starts took a step, bool `[n]`. */
  readonly moved: Tensor;
  /** Which starts cannot go on: no shorter step lowers the energy, bool `[n]`. */
  readonly stuck: Tensor;
  /** Which starts met a number that is not finite and cannot step back, bool `[n]`. */
  readonly lost: Tensor;
};

/**
 * A way to go downhill, as a machine that is shown one evaluated point at a time, so that the line searches of many starts run side by side
 * without waiting for each other. Made by `gradientDescent`, `nesterov` or `lbfgs`.
 */
export interface DescentMethod {
  /** The name, for messages. */
  readonly name: string;
  /** The first plan at the starts. */
  readonly begin: (problem: Problem, start: Evaluated) => Plan;
  /** What to do now that the trial is evaluated. */
  readonly advance: (problem: Problem, point: Evaluated, look: Evaluated, memory: Tree) => Advance;
}

/** Chooses row by row between two points, or plans of one structure. */
export function chooseRows(choice: Tensor, a: Evaluated, b: Evaluated): Evaluated {
  const wide = perRow(choice, a.x.shape);
  return {
    x: where(wide, a.x, b.x),
    energy: where(choice, a.energy, b.energy),
    gradient: where(wide, a.gradient, b.gradient),
  };
}

/** Which rows have a finite energy and a finite gradient, bool `[n]`. */
export function finiteRows({ energy, gradient }: Evaluated): Tensor {
  return logicalAnd(isFinite(energy), all(isFinite(gradient), 1));
}

/** Which rows have fallen without bound: an energy of −Infinity. */
export function fellForever({ energy }: Evaluated): Tensor {
  return logicalAnd(logicalNot(isFinite(energy)), less(energy, 0));
}
