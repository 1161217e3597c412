import { activeBackend } from '../active-backend.js';
import type { Backend } from '../backend.js';
import { type DType, isDType, type TensorData } from '../dtype.js';
import { EbmError, ShapeError } from '../errors.js';
import { apply, beside, concreteOf, innermostTrace } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import { register } from '../scope.js';
import { checkShape, type Shape, showShape, sizeOf } from '../shape.js';
import { makeConcrete, type Tensor } from '../tensor.js';

/** Nested number arrays, as deep as the tensor has axes. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

function shapeOfNested(data: NestedNumbers): Shape {
  if (!Array.isArray(data)) return [];
  const [first] = data as readonly NestedNumbers[];
  return first === undefined ? [0] : [data.length, ...shapeOfNested(first)];
}

function flatten(data: NestedNumbers, shape: Shape, axis: number, out: (number | boolean)[]): void {
  if (!Array.isArray(data)) {
    if (typeof data !== 'number' && typeof data !== 'boolean')
      throw new EbmError('argument', `tensor: expected numbers or booleans inside the arrays, got ${typeof data}.`);
    if (axis !== shape.length) throw new ShapeError('tensor: nested arrays must all have one depth.');
    out.push(data);
    return;
  }
  if (data.length !== shape[axis])
    throw new ShapeError(
      `tensor: nested arrays must not be ragged, got lengths ${shape[axis]} and ${data.length} on axis ${axis}.`,
    );
  for (const inner of data as readonly NestedNumbers[]) flatten(inner, shape, axis + 1, out);
}

function dtypeOf(data: TensorData | readonly (number | boolean)[]): DType {
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Uint8Array) return 'bool';
  return Array.isArray(data) && data.length > 0 && data.every((v) => typeof v === 'boolean') ? 'bool' : 'float32';
}

function checkDType(where: string, dtype: unknown): void {
  if (!isDType(dtype))
    throw new EbmError('dtype', `${where}: dtype must be float32, int32 or bool, got ${String(dtype)}.`);
}

function isTyped(data: unknown): data is TensorData {
  return (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array
  );
}

/** 1 where a value is not zero. A plain loop: `Uint8Array.from` with a function takes fifty times as long. */
function toBooleans(values: ArrayLike<number | boolean>): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = values[i] ? 1 : 0;
  return out;
}

/** Copies values into the array type of a dtype. */
function toTensorData(
  values: ArrayLike<number | boolean>,
  dtype: DType,
  precision: 'float32' | 'float64' = 'float32',
): TensorData {
  const numbers = values as ArrayLike<number>;
  if (dtype === 'int32') return Int32Array.from(numbers);
  if (dtype === 'bool') return toBooleans(numbers);
  return precision === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers);
}

/**
 * Makes a tensor from numbers, on the active backend. The data is copied.
 *
 * @param data - A number, a boolean, nested arrays, or a typed array (`Int32Array` gives int32, `Uint8Array` gives bool, floats give float32).
 * @param shape - Axis lengths; by default those of the nesting, or one axis for a typed array.
 * @param dtype - Element type, when it should differ from what the data suggests.
 * @returns A new tensor.
 * @throws ShapeError when the data is ragged or its length does not fit the shape.
 *
 * @example
 * ```ts
 * const x = tensor([[1, 2], [3, 4]]);
 * const spins = tensor(new Int32Array([1, -1, 1]));
 * ```
 */
export function tensor(data: NestedNumbers | TensorData, shape?: Shape, dtype?: DType): Tensor {
  if (!isTyped(data) && typeof data !== 'number' && typeof data !== 'boolean' && !Array.isArray(data))
    throw new EbmError(
      'argument',
      `tensor: expected numbers, nested arrays or a typed array (Float32Array, Int32Array, Uint8Array), got ${data === null ? 'null' : typeof data}.`,
    );
  let values: TensorData | (number | boolean)[];
  let own: Shape;
  if (isTyped(data)) {
    values = data;
    own = [data.length];
  } else {
    own = shapeOfNested(data);
    values = [];
    flatten(data, own, 0, values);
  }
  const type = { shape: shape ?? own, dtype: dtype ?? dtypeOf(values) };
  checkShape('tensor', type.shape);
  checkDType('tensor', type.dtype);
  if (sizeOf(type.shape) !== values.length)
    throw new ShapeError(
      `tensor: shape ${showShape(type.shape)} holds ${sizeOf(type.shape)} values, got ${values.length}.`,
    );
  return upload(activeBackend(), values, type);
}

function upload(
  backend: Backend,
  values: ArrayLike<number | boolean>,
  type: { readonly shape: Shape; readonly dtype: DType },
): Tensor {
  const data = toTensorData(values, type.dtype, backend.precision);
  const made = register(makeConcrete([...type.shape], type.dtype, backend, backend.upload(data, type)));
  innermostTrace()?.adopt?.(made);
  return made;
}

/**
 * Copies a tensor to another backend, through the host.
 *
 * @param x - A tensor with numbers (not inside `jit` or `grad`).
 * @param backend - Where to.
 * @returns A new tensor, also when `x` lives there already.
 */
export async function toBackend(x: Tensor, backend: Backend): Promise<Tensor> {
  return upload(backend, await read(x), x);
}

/**
 * Reads the numbers of a tensor.
 *
 * @param x - A tensor with numbers (not inside `jit` or `grad`).
 * @returns A new typed array in row-major order: floats, `Int32Array`, or `Uint8Array` for bool.
 */
export async function read(x: Tensor): Promise<TensorData> {
  const { backend, handle } = concreteOf('read', x);
  return backend.read(handle, x);
}

/**
 * Reads the numbers of a tensor at once. On a GPU this waits for the device; prefer `read`.
 *
 * @param x - A tensor with numbers (not inside `jit` or `grad`).
 * @returns A new typed array in row-major order.
 * @throws BackendError where the device cannot be read synchronously (WebGPU).
 */
export function readSync(x: Tensor): TensorData {
  const { backend, handle } = concreteOf('readSync', x);
  return backend.readSync(handle, x);
}

const fullPrimitive: Primitive<{ readonly shape: Shape; readonly value: number; readonly dtype: DType }> = {
  name: 'full',
  infer: (_, { shape, dtype }) => ({ shape, dtype }),
};

/**
 * A tensor in which every element is the same.
 *
 * @param shape - Axis lengths.
 * @param value - The element.
 * @param dtype - Element type; float32 unless given.
 * @throws ShapeError when the shape is not a list of whole numbers.
 */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  checkShape('full', shape);
  if (typeof value !== 'number')
    throw new EbmError(
      'argument',
      `full: the value must be a number, got ${typeof value}. Use broadcastTo() for tensors.`,
    );
  checkDType('full', dtype);
  return apply(fullPrimitive, [], { shape: [...shape], value, dtype });
}

/** A tensor of zeros. */
export function zeros(shape: Shape, dtype: DType = 'float32'): Tensor {
  return full(shape, 0, dtype);
}

/** A tensor of ones. */
export function ones(shape: Shape, dtype: DType = 'float32'): Tensor {
  return full(shape, 1, dtype);
}

/** Zeros of the shape and dtype of another tensor, on its backend. */
export function zerosLike(x: Tensor): Tensor {
  return beside([x], () => full(x.shape, 0, x.dtype));
}

/** Ones of the shape and dtype of another tensor, on its backend. */
export function onesLike(x: Tensor): Tensor {
  return beside([x], () => full(x.shape, 1, x.dtype));
}

const iotaPrimitive: Primitive<{ readonly length: number; readonly dtype: DType }> = {
  name: 'iota',
  infer: (_, { length, dtype }) => ({ shape: [length], dtype }),
};

/**
 * The whole numbers 0, 1, … `length` − 1.
 *
 * @param length - How many.
 * @param dtype - Element type; int32 unless given.
 */
export function range(length: number, dtype: 'int32' | 'float32' = 'int32'): Tensor {
  checkShape('range', [length]);
  return apply(iotaPrimitive, [], { length, dtype });
}
