import type { TensorType } from '../dtype.js';
import { EbmError, ShapeError } from '../errors.js';
import { apply, beside } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import { resolveAxis, sameShape, showShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { add, equal, mul } from './arithmetic.js';
import { cast } from './cast.js';
import { range } from './creation.js';
import { expandDims, reshape, transpose } from './manipulation.js';
import { checkTensor } from './operands.js';

function checkIndices(where: string, indices: Tensor): void {
  checkTensor(where, indices);
  if (indices.dtype !== 'int32')
    throw new EbmError(
      'dtype',
      `${where}: indices must be int32, got ${indices.dtype}. Cast them with cast(indices, "int32").`,
    );
}

const gatherPrimitive: Primitive<{ readonly axis: number }> = {
  name: 'gather',
  infer: (types, { axis }) => {
    const [x, indices] = types as readonly [TensorType, TensorType];
    return { shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype };
  },
};

/**
 * Picks slices along an axis: `result[..., i..., ...] = x[..., indices[i...], ...]`.
 *
 * @param x - A tensor.
 * @param indices - int32 positions on that axis, of any shape; each must be in 0 … length − 1 (the result is undefined otherwise).
 * @param axis - The axis; 0 unless given.
 * @returns The tensor with that axis replaced by the axes of `indices`.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkTensor('gather', x);
  checkIndices('gather', indices);
  return apply(gatherPrimitive, [x, indices], { axis: resolveAxis('gather', axis, x.shape.length) });
}

const scatterPrimitive: Primitive<{ readonly length: number }> = {
  name: 'scatterAdd',
  infer: (types, { length }) => {
    const [indices, updates] = types as readonly [TensorType, TensorType];
    return { shape: [length, ...updates.shape.slice(indices.shape.length)], dtype: updates.dtype };
  },
};

/**
 * Adds slices into zeros: `result[indices[i...]] += updates[i...]`; the adjoint of `gather` on axis 0.
 *
 * @param indices - int32 positions in 0 … `length` − 1 (the result is undefined otherwise); repeated positions add up.
 * @param updates - Values; the leading axes are those of `indices`. Float32 or int32.
 * @param length - The length of the first axis of the result.
 */
export function scatterAdd(indices: Tensor, updates: Tensor, length: number): Tensor {
  checkIndices('scatterAdd', indices);
  checkTensor('scatterAdd', updates);
  if (!sameShape(updates.shape.slice(0, indices.shape.length), indices.shape))
    throw new ShapeError(
      `scatterAdd: updates ${showShape(updates.shape)} must begin with the axes of indices ${showShape(indices.shape)}.`,
    );
  return apply(scatterPrimitive, [indices, updates.dtype === 'bool' ? cast(updates, 'int32') : updates], { length });
}

/**
 * Picks one value per position along an axis: for the last axis, `result[..., i] = x[..., indices[..., i]]`.
 *
 * @param x - A tensor.
 * @param indices - int32, of the same shape but on that axis.
 * @param axis - The axis; the last one unless given.
 * @returns A tensor of the shape of `indices`.
 */
export function takeAlongAxis(x: Tensor, indices: Tensor, axis = -1): Tensor {
  checkTensor('takeAlongAxis', x);
  checkIndices('takeAlongAxis', indices);
  const rank = x.shape.length;
  const at = resolveAxis('takeAlongAxis', axis, rank);
  if (indices.shape.length !== rank || indices.shape.some((n, i) => i !== at && n !== x.shape[i]))
    throw new ShapeError(
      `takeAlongAxis: indices ${showShape(indices.shape)} must have the shape of ${showShape(x.shape)} but on axis ${at}.`,
    );
  const order = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== at), at];
  const inverse = order.map((_, i) => order.indexOf(i));
  const [source, positions] = [transpose(x, order), transpose(indices, order)];
  const length = x.shape[at] as number;
  const rows = sizeOf(source.shape.slice(0, -1));
  const offsets = beside([x], () => mul(range(rows), length));
  const flat = add(reshape(positions, [rows, positions.shape.at(-1) as number]), expandDims(offsets, 1));
  const taken = gather(reshape(source, [rows * length]), flat);
  return transpose(reshape(taken, positions.shape), inverse);
}

const argSortPrimitive: Primitive<{ readonly axis: number }> = {
  name: 'argSort',
  infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: 'int32' }),
};

/**
 * The positions that sort a tensor along an axis, ascending; equal values keep their order and NaN comes last.
 *
 * @param x - A float32 or int32 tensor.
 * @param axis - The axis; the last one unless given.
 */
export function argSort(x: Tensor, axis = -1): Tensor {
  checkTensor('argSort', x);
  return apply(argSortPrimitive, [x.dtype === 'bool' ? cast(x, 'int32') : x], {
    axis: resolveAxis('argSort', axis, x.shape.length),
  });
}

/** Sorts along an axis, ascending, NaN last. Derivatives follow the values to their places. */
export function sort(x: Tensor, axis = -1): Tensor {
  return takeAlongAxis(x, argSort(x, axis), axis);
}

const cumsumPrimitive: Primitive<{ readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }> = {
  name: 'cumsum',
  infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: (x as TensorType).dtype }),
};

/** How a running sum goes. */
export interface CumsumOptions {
  /** Leave the element itself out of its sum. */
  readonly exclusive?: boolean;
  /** Run from the end to the start. */
  readonly reverse?: boolean;
}

/**
 * Running sums along an axis.
 *
 * @param x - Any tensor; bool is counted as int32.
 * @param axis - The axis; the last one unless given.
 * @param options - Exclusive or reversed sums.
 */
export function cumsum(x: Tensor, axis = -1, options: CumsumOptions = {}): Tensor {
  checkTensor('cumsum', x);
  const { exclusive = false, reverse = false } = options;
  const source = x.dtype === 'bool' ? cast(x, 'int32') : x;
  return apply(cumsumPrimitive, [source], { axis: resolveAxis('cumsum', axis, x.shape.length), exclusive, reverse });
}

/**
 * Indicator vectors: `result[..., j] = 1` where `j` is the index.
 *
 * @param indices - int32 of any shape.
 * @param classes - The length of the new last axis.
 * @returns A bool tensor; an index outside the range gives a row of zeros.
 */
export function oneHot(indices: Tensor, classes: number): Tensor {
  checkIndices('oneHot', indices);
  return beside([indices], () => equal(expandDims(indices, -1), range(classes)));
}
