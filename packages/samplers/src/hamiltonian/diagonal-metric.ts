import {
  EbmError,
  isTensor,
  mapTree,
  mul,
  reshape,
  rsqrt,
  ShapeError,
  sizeOf,
  type Tensor,
  type TensorLike,
  type Tree,
  tensor,
} from '@ebmkit/tensor';
import { normalLike } from '../kernel/position.js';
import type { Metric } from './metric.js';

/**
 * The metric of one mass for each coordinate, $`M = \mathrm{diag}(m)`$: momenta are $`p_i = z_i / \sqrt{m_i^{-1}}`$ with standard normal $`z`$,
 * velocities $`m_i^{-1} p_i`$. The best inverse masses are the variances of the target. Elementwise, so as cheap as unit masses. For
 * correlated coordinates see `denseMetric`.
 *
 * @param inverseMass - The inverse masses $`m_i^{-1}`$, all above 0, in units of the square of a length of the target: one number for all
 * coordinates; the numbers of the flattened event (for positions that are one tensor); or a tree of float32 tensors of the
 * structure of the positions, each a scalar, of the event's shape, or `[chains, ...event]` where every chain has its own. Tensors
 * may be traced, so that adaptation changes them without compiling anew; they are borrowed, and not checked to be positive.
 * @returns A metric for such positions.
 * @throws EbmError when a number is not positive and finite; ShapeError, at the first use, when the shapes do not fit.
 *
 * @example
 * ```ts
 * const kernel = hmc(target, { stepSize: 0.5, leapfrogSteps: 8, metric: diagonalMetric([0.01, 100]) });
 * ```
 * @see Neal, "MCMC using Hamiltonian dynamics", 2011, section 4.1, https://arxiv.org/abs/1206.1901
 */
export function diagonalMetric<X extends Tree = Tree>(inverseMass: number | ArrayLike<number>): Metric<X>;
export function diagonalMetric<X extends Tree>(inverseMass: X): Metric<X>;
export function diagonalMetric<X extends Tree>(inverseMass: number | ArrayLike<number> | X): Metric<X> {
  if (isNumbers(inverseMass)) return metricOfNumbers(inverseMass);
  return {
    draw: (key, like) => mapTree((z, m) => mul(z, rsqrt(fitting(m, z))), normalLike(key, like), inverseMass),
    velocity: (momentum) => mapTree((p, m) => mul(p, fitting(m, p)), momentum, inverseMass),
  };
}

function isNumbers(given: unknown): given is number | ArrayLike<number> {
  if (typeof given === 'number' || ArrayBuffer.isView(given)) return true;
  return Array.isArray(given) && given.every((value) => typeof value === 'number');
}

function metricOfNumbers<X extends Tree>(inverseMass: number | ArrayLike<number>): Metric<X> {
  const given = typeof inverseMass === 'number' ? [inverseMass] : Array.from(inverseMass);
  const wrong = given.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
  if (given.length === 0 || wrong >= 0)
    throw new EbmError(
      'argument',
      `diagonalMetric: expected positive inverse masses, got ${given.length === 0 ? 'none' : `${given[wrong]} at index ${wrong}`}. Use the variances of the target.`,
    );
  const deviations = given.map((value) => 1 / Math.sqrt(value));
  const times = (x: Tensor, values: readonly number[]): Tensor =>
    mul(x, typeof inverseMass === 'number' ? (values[0] as number) : eventOf(values, x));
  return {
    draw: (key, like) => mapTree((z) => times(z, deviations), normalLike(key, like)),
    velocity: (momentum) => mapTree((p) => times(p, given), momentum),
  };
}

/** The numbers of a flattened event in the event's shape. */
function eventOf(values: readonly number[], x: Tensor): Tensor {
  const event = x.shape.slice(1);
  if (sizeOf(event) !== values.length)
    throw new ShapeError(
      `diagonalMetric: expected ${sizeOf(event)} inverse masses for positions [${x.shape.join(', ')}], got ${values.length}. Give one for each number of the event; for a tree of tensors give a tree.`,
    );
  return reshape(tensor(values), event);
}

/** An inverse mass of a tensor of chains, checked. */
function fitting(inverseMass: TensorLike, x: Tensor): Tensor {
  const shape = isTensor(inverseMass) ? inverseMass.shape : [];
  const same = (expected: readonly number[]): boolean =>
    shape.length === expected.length && shape.every((length, axis) => length === expected[axis]);
  if (!isTensor(inverseMass) || !(same([]) || same(x.shape.slice(1)) || same(x.shape)))
    throw new ShapeError(
      `diagonalMetric: expected inverse masses [${x.shape.slice(1).join(', ')}] or [${x.shape.join(', ')}], got [${shape.join(', ')}]. Give them the shape of the event.`,
    );
  return inverseMass;
}
