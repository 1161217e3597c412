import { promote, type TensorType } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { apply, reshapePrimitive } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import {
  broadcastShapes,
  checkShape,
  resolveAxes,
  resolveAxis,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
} from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { checkTensor } from './operands.js';

/**
 * The same values in row-major order under other axes.
 *
 * @param x - A tensor.
 * @param shape - New axis lengths; one of them may be −1 and is then worked out.
 * @throws ShapeError when the sizes differ.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor('reshape', x);
  const given: unknown = shape;
  if (!Array.isArray(given)) throw new ShapeError(`reshape: a shape is a list of lengths, got ${typeof shape}.`);
  const size = sizeOf(x.shape);
  const rest = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  const wild = shape.filter((length) => length === -1).length;
  const full = shape.map((length) => (length === -1 ? (rest === 0 ? 0 : size / rest) : length));
  if (wild > 1 || sizeOf(full) !== size || full.some((length) => !Number.isInteger(length) || length < 0))
    throw new ShapeError(`reshape: ${showShape(x.shape)} has ${size} values and cannot become ${showShape(shape)}.`);
  return sameShape(full, x.shape) ? x : apply(reshapePrimitive, [x], { shape: full });
}

/** Inserts an axis of length 1 before position `axis` (negative counts from the end of the result). */
export function expandDims(x: Tensor, axis: number): Tensor {
  checkTensor('expandDims', x);
  const at = resolveAxis('expandDims', axis, x.shape.length + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Drops axes of length 1: the given ones, or all. Throws `ShapeError` when a named axis is longer. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('squeeze', x);
  const all = x.shape.flatMap((length, axis) => (length === 1 ? [axis] : []));
  const named = axes === undefined ? all : resolveAxes('squeeze', axes, x.shape.length);
  if (named.some((axis) => x.shape[axis] !== 1))
    throw new ShapeError(`squeeze: axes ${showShape(named)} of ${showShape(x.shape)} must have length 1.`);
  return reshape(
    x,
    x.shape.filter((_, axis) => !named.includes(axis)),
  );
}

const transposePrimitive: Primitive<{ readonly permutation: readonly number[] }> = {
  name: 'transpose',
  infer: ([x], { permutation }) => ({
    shape: permutation.map((axis) => (x as TensorType).shape[axis] as number),
    dtype: (x as TensorType).dtype,
  }),
};

/**
 * Permutes axes.
 *
 * @param x - A tensor.
 * @param permutation - Axis `i` of the result is axis `permutation[i]` of `x`; by default the last two axes swap.
 */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  checkTensor('transpose', x);
  const rank = x.shape.length;
  const swap = Array.from({ length: rank }, (_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
  const order = (permutation ?? (rank < 2 ? Array.from({ length: rank }, (_, i) => i) : swap)).map((axis) =>
    resolveAxis('transpose', axis, rank),
  );
  if (order.length !== rank || new Set(order).size !== rank)
    throw new ShapeError(`transpose: expected a permutation of ${rank} axes, got ${showShape(permutation ?? [])}.`);
  return order.every((axis, i) => axis === i) ? x : apply(transposePrimitive, [x], { permutation: order });
}

const broadcastPrimitive: Primitive<{ readonly shape: Shape }> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => ({ shape, dtype: (x as TensorType).dtype }),
};

/**
 * Repeats a tensor along axes of length 1 (and new leading ones) to fill a shape.
 *
 * @throws ShapeError when the tensor does not broadcast to that shape.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', x);
  checkShape('broadcastTo', shape);
  if (!sameShape(broadcastShapes('broadcastTo', x.shape, shape), shape))
    throw new ShapeError(`broadcastTo: ${showShape(x.shape)} does not broadcast to ${showShape(shape)}.`);
  return sameShape(x.shape, shape) ? x : apply(broadcastPrimitive, [x], { shape: [...shape] });
}

const slicePrimitive: Primitive<{ readonly begin: readonly number[]; readonly size: readonly number[] }> = {
  name: 'slice',
  infer: ([x], { size }) => ({ shape: size, dtype: (x as TensorType).dtype }),
};

/**
 * Cuts a block out of a tensor.
 *
 * @param x - A tensor.
 * @param begin - The first index on each axis; missing trailing axes start at 0.
 * @param size - The length on each axis; −1 or missing takes all that is left.
 * @throws ShapeError when the block reaches outside.
 */
export function slice(x: Tensor, begin: readonly number[], size: readonly number[] = []): Tensor {
  checkTensor('slice', x);
  const from = x.shape.map((_, axis) => begin[axis] ?? 0);
  const lengths = x.shape.map((length, axis) => {
    const wanted = size[axis] ?? -1;
    return wanted === -1 ? length - (from[axis] as number) : wanted;
  });
  const inside = lengths.every((n, axis) => {
    const b = from[axis] as number;
    return Number.isInteger(b) && Number.isInteger(n) && b >= 0 && n >= 0 && b + n <= (x.shape[axis] as number);
  });
  if (!inside || begin.length > x.shape.length || size.length > x.shape.length)
    throw new ShapeError(
      `slice: begin ${showShape(begin)} and size ${showShape(size)} reach outside ${showShape(x.shape)}.`,
    );
  return sameShape(lengths, x.shape) ? x : apply(slicePrimitive, [x], { begin: from, size: lengths });
}

const padPrimitive: Primitive<{
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}> = {
  name: 'pad',
  infer: ([x], { before, after }) => ({
    shape: (x as TensorType).shape.map((length, axis) => length + (before[axis] as number) + (after[axis] as number)),
    dtype: (x as TensorType).dtype,
  }),
};

/**
 * Surrounds a tensor with a constant.
 *
 * @param x - A tensor.
 * @param before - How many values to add at the start of each axis.
 * @param after - How many to add at the end.
 * @param value - The constant.
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  checkTensor('pad', x);
  const good = [before, after].every(
    (list) => list.length === x.shape.length && list.every((n) => Number.isInteger(n) && n >= 0),
  );
  if (!good)
    throw new ShapeError(
      `pad: expected a whole number of at least 0 for each of ${x.shape.length} axes, got ${showShape(before)} and ${showShape(after)}.`,
    );
  return [...before, ...after].every((n) => n === 0)
    ? x
    : apply(padPrimitive, [x], { before: [...before], after: [...after], value });
}

const concatPrimitive: Primitive<{ readonly axis: number }> = {
  name: 'concat',
  infer: (types, { axis }) => {
    const [first] = types as readonly [TensorType];
    const length = types.reduce((total, { shape }) => total + (shape[axis] as number), 0);
    return { shape: first.shape.map((n, i) => (i === axis ? length : n)), dtype: first.dtype };
  },
};

/**
 * Joins tensors along an axis that they have already.
 *
 * @param parts - At least one tensor; all lengths but that of `axis` agree.
 * @param axis - Where to join.
 */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  const [first] = parts;
  checkTensor('concat', first);
  const at = resolveAxis('concat', axis, first.shape.length);
  for (const part of parts) {
    checkTensor('concat', part);
    if (part.shape.length !== first.shape.length || part.shape.some((n, i) => i !== at && n !== first.shape[i]))
      throw new ShapeError(
        `concat: shapes must agree except on axis ${at}, got ${parts.map((p) => showShape(p.shape)).join(' and ')}.`,
      );
  }
  const dtype = parts.map((part) => part.dtype).reduce(promote);
  return parts.length === 1
    ? first
    : apply(
        concatPrimitive,
        parts.map((part) => cast(part, dtype)),
        { axis: at },
      );
}

/** Joins tensors of one shape along a new axis. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  return concat(
    parts.map((part) => expandDims(part, axis)),
    axis,
  );
}

const reversePrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: 'reverse',
  infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: (x as TensorType).dtype }),
};

/** Reverses the order along axes (all of them when left out). */
export function reverse(x: Tensor, axes?: number | readonly number[]): Tensor {
  checkTensor('reverse', x);
  return apply(reversePrimitive, [x], { axes: resolveAxes('reverse', axes, x.shape.length) });
}
