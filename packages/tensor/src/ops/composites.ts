import { ShapeError } from '../errors.js';
import { beside } from '../interpreter.js';
import type { TensorLike } from '../primitive.js';
import { resolveAxes, resolveAxis, type Shape, showShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { add, div, equal, greater, lessEqual, maximum, minimum, mul, sub, where } from './arithmetic.js';
import { cast } from './cast.js';
import { ones, range } from './creation.js';
import { exp, isFinite, log, logicalNot, neg, softplus, sqrt, stopGradient } from './elementwise.js';
import { concat, reshape, slice, transpose } from './manipulation.js';
import { checkTensor } from './operands.js';
import { type Axes, argMax, max, restoreAxes, sum } from './reduction.js';

/** Elementwise $`x^2`$. */
export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** Elementwise $`1 / x`$. */
export function reciprocal(x: TensorLike): Tensor {
  return div(1, x);
}

/** Elementwise $`\max(x, 0)`$; the derivative at 0 is 0, and NaN stays NaN. */
export function relu(x: Tensor): Tensor {
  return where(lessEqual(x, 0), 0, x);
}

/** Elementwise $`\log(1 / (1 + e^{-x}))`$, finite for every finite $`x`$. */
export function logSigmoid(x: TensorLike): Tensor {
  return neg(softplus(neg(x)));
}

/** Elementwise limits: values below `low` become `low`, those above `high` become `high`. */
export function clip(x: TensorLike, low: TensorLike, high: TensorLike): Tensor {
  return minimum(maximum(x, low), high);
}

/**
 * The mean over axes, as float32.
 *
 * @param x - Any tensor.
 * @param axes - Which axes; all of them when left out.
 * @returns The tensor without those axes; NaN where the axes are empty.
 */
export function mean(x: Tensor, axes?: Axes): Tensor {
  checkTensor('mean', x);
  const count = sizeOf(resolveAxes('mean', axes, x.shape.length).map((axis) => x.shape[axis] as number));
  return div(sum(cast(x, 'float32'), axes), count);
}

/**
 * The variance over axes, divided by the count (not count − 1).
 *
 * @param x - Any tensor.
 * @param axes - Which axes; all of them when left out.
 */
export function variance(x: Tensor, axes?: Axes): Tensor {
  return mean(square(sub(x, restoreAxes(mean(x, axes), x.shape, axes))), axes);
}

/** The Euclidean norm $`(\sum x^2)^{1/2}`$ over axes. Its derivative at 0 is NaN, as the norm has none there. */
export function norm(x: Tensor, axes?: Axes): Tensor {
  return sqrt(sum(square(x), axes));
}

/**
 * The product over one axis; derivatives are right also where factors are 0.
 *
 * @param x - A tensor.
 * @param axis - The axis; the last one unless given. An empty product is 1.
 */
export function prod(x: Tensor, axis = -1): Tensor {
  checkTensor('prod', x);
  const at = resolveAxis('prod', axis, x.shape.length);
  const others = x.shape.map((_, i) => i).filter((i) => i !== at);
  let rows = transpose(x, [at, ...others]);
  if (rows.shape[0] === 0) return beside([x], () => ones(rows.shape.slice(1), x.dtype === 'bool' ? 'int32' : x.dtype));
  while ((rows.shape[0] as number) > 1) {
    const length = rows.shape[0] as number;
    const half = Math.floor(length / 2);
    const product = mul(slice(rows, [0], [half]), slice(rows, [half], [half]));
    rows = length % 2 === 0 ? product : concat([product, slice(rows, [2 * half])], 0);
  }
  return reshape(rows, rows.shape.slice(1));
}

/** The largest values over axes, as constants, with 0 in place of those that are not finite: what exponents are moved by. */
function exponentShift(x: Tensor, axes?: Axes): Tensor {
  const top = stopGradient(max(x, axes));
  return where(isFinite(top), top, 0);
}

/**
 * $`\log \sum e^x`$ over axes, without overflow; −Infinity where all are −Infinity.
 *
 * @param x - A tensor.
 * @param axes - Which axes; all of them when left out.
 */
export function logSumExp(x: Tensor, axes?: Axes): Tensor {
  checkTensor('logSumExp', x);
  const shift = exponentShift(x, axes);
  return add(log(sum(exp(sub(x, restoreAxes(shift, x.shape, axes))), axes)), shift);
}

/** The values along an axis, moved so that the largest is 0. */
function shifted(x: Tensor, axis: number): Tensor {
  return sub(x, restoreAxes(exponentShift(x, axis), x.shape, axis));
}

/** $`\log`$ of `softmax`, without overflow, along one axis (the last unless given). */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  checkTensor('logSoftmax', x);
  const moved = shifted(x, axis);
  return sub(moved, restoreAxes(log(sum(exp(moved), axis)), x.shape, axis));
}

/** $`e^{x_i} / \sum_j e^{x_j}`$ without overflow, along one axis (the last unless given). */
export function softmax(x: Tensor, axis = -1): Tensor {
  checkTensor('softmax', x);
  const powers = exp(shifted(x, axis));
  return div(powers, restoreAxes(sum(powers, axis), x.shape, axis));
}

/** Whether any element over the axes is true (non-zero). */
export function any(x: Tensor, axes?: Axes): Tensor {
  return greater(sum(cast(cast(x, 'bool'), 'int32'), axes), 0);
}

/** Whether all elements over the axes are true (non-zero). */
export function all(x: Tensor, axes?: Axes): Tensor {
  return logicalNot(any(logicalNot(x), axes));
}

/** The position of the smallest value along an axis (the last unless given); the first one at a tie. int32. Any position where a value is NaN. */
export function argMin(x: Tensor, axis = -1): Tensor {
  return argMax(neg(x), axis);
}

/** The identity matrix of the given size, float32. */
export function eye(size: number): Tensor {
  return cast(equal(reshape(range(size), [size, 1]), range(size)), 'float32');
}

/**
 * The squared Euclidean length of each row: the sum of squares over all axes but the first.
 *
 * @param x - Shape `[n, ...event]`.
 * @returns Shape `[n]`.
 */
export function squaredNorm(x: Tensor): Tensor {
  return sumEvent(square(x));
}

/**
 * Sums over all axes but the first.
 *
 * @param x - Shape `[n, ...event]`; a tensor of shape `[n]` is returned as it is.
 * @returns Shape `[n]`.
 */
export function sumEvent(x: Tensor): Tensor {
  checkTensor('sumEvent', x);
  if (x.shape.length === 0) throw new ShapeError('sumEvent: expected [n, ...event], got a scalar.');
  return x.shape.length === 1
    ? x
    : sum(
        x,
        x.shape.slice(1).map((_, i) => i + 1),
      );
}

/**
 * Reshapes per-row numbers so that they broadcast over the event axes.
 *
 * @param x - Shape `[n]`.
 * @param shape - The shape `[n, ...event]` to broadcast against.
 * @returns Shape `[n, 1, …]`.
 */
export function perRow(x: Tensor, shape: Shape): Tensor {
  checkTensor('perRow', x);
  if (x.shape.length !== 1 || x.shape[0] !== shape[0])
    throw new ShapeError(`perRow: expected [n] beside ${showShape(shape)}, got ${showShape(x.shape)}.`);
  return reshape(x, [x.shape[0] as number, ...shape.slice(1).map(() => 1)]);
}
