import type { TensorType } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { apply } from '../interpreter.js';
import type { Operand, Primitive } from '../primitive.js';
import { dropAxes, keepAxes, resolveAxes, resolveAxis, type Shape, showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { reshape } from './manipulation.js';
import { checkTensor, numeric } from './operands.js';

/** Which axes to reduce: one, several, or (left out) all; negative axes count from the end. */
export type Axes = number | readonly number[];

function reducing(name: string): Primitive<{ readonly axes: readonly number[] }> {
  return {
    name,
    infer: ([x], { axes }) => ({ shape: dropAxes((x as TensorType).shape, axes), dtype: (x as TensorType).dtype }),
  };
}

const sumPrimitive = /* @__PURE__ */ reducing('sum');
const maxPrimitive = /* @__PURE__ */ reducing('max');
const minPrimitive = /* @__PURE__ */ reducing('min');

function reduce(primitive: Primitive<{ readonly axes: readonly number[] }>, x: Tensor, axes?: Axes): Tensor {
  checkTensor(primitive.name, x);
  return apply(primitive, [numeric(primitive.name, x)], { axes: resolveAxes(primitive.name, axes, x.shape.length) });
}

function checkNonEmpty(where: string, x: Tensor, axes?: Axes): void {
  checkTensor(where, x);
  if (resolveAxes(where, axes, x.shape.length).some((axis) => x.shape[axis] === 0))
    throw new ShapeError(`${where}: cannot reduce over an axis of length 0, got shape ${showShape(x.shape)}.`);
}

/**
 * Sums over axes.
 *
 * @param x - Any tensor; bool is counted as int32.
 * @param axes - Which axes; all of them when left out.
 * @returns The tensor without those axes; a scalar for all. An empty sum is 0.
 */
export function sum(x: Tensor, axes?: Axes): Tensor {
  return reduce(sumPrimitive, x, axes);
}

/** The largest value over axes; NaN if any is NaN. Tied values share the derivative equally. Throws `ShapeError` on an empty axis. */
export function max(x: Tensor, axes?: Axes): Tensor {
  checkNonEmpty('max', x, axes);
  return reduce(maxPrimitive, x, axes);
}

/** The smallest value over axes; NaN if any is NaN. Tied values share the derivative equally. Throws `ShapeError` on an empty axis. */
export function min(x: Tensor, axes?: Axes): Tensor {
  checkNonEmpty('min', x, axes);
  return reduce(minPrimitive, x, axes);
}

const argMaxPrimitive: Primitive<{ readonly axis: number }> = {
  name: 'argMax',
  infer: ([x], { axis }) => ({ shape: dropAxes((x as TensorType).shape, [axis]), dtype: 'int32' }),
};

/**
 * The position of the largest value along an axis; the first one at a tie, and any position where a value is NaN.
 *
 * @param x - Any tensor.
 * @param axis - The axis; the last one unless given.
 * @returns int32 positions, without that axis.
 */
export function argMax(x: Tensor, axis = -1): Tensor {
  checkTensor('argMax', x);
  const resolved = resolveAxis('argMax', axis, x.shape.length);
  checkNonEmpty('argMax', x, resolved);
  return apply(argMaxPrimitive, [numeric('argMax', x)] as readonly Operand[], { axis: resolved });
}

/** Puts reduced axes back with length 1, so that the result broadcasts against the original. */
export function restoreAxes(reduced: Tensor, original: Shape, axes?: Axes): Tensor {
  return reshape(reduced, keepAxes(original, resolveAxes('restoreAxes', axes, original.length)));
}

/**
 * Sums a tensor down to a shape that broadcasts to its own: the adjoint of broadcasting.
 *
 * @param x - A tensor.
 * @param shape - The wanted shape.
 * @throws ShapeError when `shape` does not broadcast to the shape of `x`.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('sumTo', x);
  const extra = x.shape.length - shape.length;
  const fits = extra >= 0 && shape.every((length, axis) => length === 1 || length === x.shape[axis + extra]);
  if (!fits)
    throw new ShapeError(
      `sumTo: ${showShape(shape)} must broadcast to ${showShape(x.shape)}. Broadcast the tensor first.`,
    );
  const axes = x.shape.flatMap((length, axis) =>
    axis < extra || (shape[axis - extra] === 1 && length !== 1) ? [axis] : [],
  );
  return axes.length === 0 && extra === 0 ? x : reshape(sum(x, axes), shape);
}
