import { type BackendInput, sizeOf } from '@ebmkit/tensor';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { spread } from './broadcast.js';
import { type Device, operand } from './device.js';
import type { Kernel } from './kernel.js';

type Numbers = Float32Array | Int32Array | Uint8Array;

/** The part of the wasm backend that gives its heap. */
interface HeapStorage extends KernelBackend {
  readonly makeOutput: (shape: number[], dtype: string) => TensorInfo;
  readonly typedArrayFromHeap: (info: TensorInfo) => Numbers;
}

/** A new tensor on the heap, and the heap's numbers of tensors: views that a later allocation may invalidate. */
function onHeap(
  device: Device,
  shape: readonly number[],
  dtype: string,
  operands: readonly TensorInfo[],
): { readonly result: TensorInfo; readonly out: Numbers; readonly data: readonly Numbers[] } {
  const heap = device.storage as HeapStorage;
  const result = device.scratch(heap.makeOutput([...shape], dtype));
  return { result, out: heap.typedArrayFromHeap(result), data: operands.map((info) => heap.typedArrayFromHeap(info)) };
}

/** A loop over elements; a mask is 0 for an operand of one element, whose position is then always 0, else −1. */
type Loop = (out: Numbers, a: Numbers, b: Numbers, maskA: number, maskB: number) => void;

const maskOf = ({ length }: Numbers): number => (length === 1 ? 0 : -1);

/** Each loop is written out, so that the engine compiles it by itself; comparisons without a branch, which would be mispredicted. */
const loops: Readonly<Record<string, Loop>> = {
  minimum: (out, a, b, maskA, maskB) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.min(a[i & maskA] as number, b[i & maskB] as number);
  },
  maximum: (out, a, b, maskA, maskB) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.max(a[i & maskA] as number, b[i & maskB] as number);
  },
  equal: (out, a, b, maskA, maskB) => {
    for (let i = 0; i < out.length; i++) out[i] = Number(a[i & maskA] === b[i & maskB]);
  },
  notEqual: (out, a, b, maskA, maskB) => {
    for (let i = 0; i < out.length; i++) out[i] = Number(a[i & maskA] !== b[i & maskB]);
  },
  less: (out, a, b, maskA, maskB) => {
    for (let i = 0; i < out.length; i++) out[i] = Number((a[i & maskA] as number) < (b[i & maskB] as number));
  },
  lessEqual: (out, a, b, maskA, maskB) => {
    for (let i = 0; i < out.length; i++) out[i] = Number((a[i & maskA] as number) <= (b[i & maskB] as number));
  },
};

/** The operand itself where it has one element or all, else repeated. */
function wholeOrScalar(device: Device, input: BackendInput, shape: readonly number[]): TensorInfo {
  const own = (input as BackendInput & { shape: readonly number[] }).shape;
  return sizeOf(own) === 1 ? operand(device, input) : spread(device, input, shape);
}

/** Runs a loop over the heap. */
function looped(name: string, swapped = false): Kernel {
  const loop = loops[name] as Loop;
  return (device, inputs, _, { shape, dtype }) => {
    const ordered = swapped ? [inputs[1], inputs[0]] : inputs;
    const operands = ordered.map((input) => wholeOrScalar(device, input as BackendInput, shape));
    const { result, out, data } = onHeap(device, shape, dtype, operands);
    const [a, b] = data as [Numbers, Numbers];
    loop(out, a, b, maskOf(a), maskOf(b));
    return result;
  };
}

/** How many neighbours share each element of an operand that is repeated along its last axes only; undefined for others. */
function runOf(own: readonly number[], shape: readonly number[]): number | undefined {
  let axis = own.length;
  while (axis > 0 && own[axis - 1] === 1) axis--;
  const aligned = own.length === shape.length && own.every((length, i) => i >= axis || length === shape[i]);
  return aligned ? sizeOf(shape.slice(axis)) : undefined;
}

/**
 * Without a branch, which random conditions would mispredict: four bytes at a time are taken for an integer, whatever they are. A
 * condition on rows is not spread first: a byte for each element is dear to make.
 */
const select: Kernel = (device, inputs, _, { shape, dtype }) => {
  const [chosen, ...values] = inputs as [BackendInput & { shape: readonly number[] }, BackendInput, BackendInput];
  const run = runOf(chosen.shape, shape);
  const condition = run === undefined ? spread(device, chosen, shape) : operand(device, chosen);
  const operands = [condition, ...values.map((input) => wholeOrScalar(device, input, shape))];
  const { result, out, data } = onHeap(device, shape, dtype, operands);
  const [c, a, b, target] = [...data, out].map((part) => (part instanceof Float32Array ? integersOf(part) : part)) as [
    Numbers,
    Numbers,
    Numbers,
    Numbers,
  ];
  const [maskA, maskB, length] = [maskOf(a), maskOf(b), run ?? 1];
  for (let row = 0, i = 0; row < c.length; row++) {
    const mask = -(c[row] as number);
    for (const end = i + length; i < end; i++) {
      const other = b[i & maskB] as number;
      target[i] = other ^ (((a[i & maskA] as number) ^ other) & mask);
    }
  }
  return result;
};

/** The bits of floats. */
function integersOf({ buffer, byteOffset, length }: Float32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** Copies runs of neighbouring elements: the trailing axes that are taken whole, and the axis before them. */
const slice: Kernel = (device, [x], attributes, { shape: size, dtype }) => {
  const begin = attributes.begin as readonly number[];
  const { shape: from } = x as BackendInput & { kind: 'tensor' };
  const { result, out, data } = onHeap(device, size, dtype, [operand(device, x)]);
  const [source] = data as [Numbers];
  let axis = from.length - 1;
  while (axis > 0 && size[axis] === from[axis]) axis--;
  const run = sizeOf(size.slice(axis));
  const steps = from.map((__, depth) => sizeOf(from.slice(depth + 1)));
  let at = 0;
  const descend = (depth: number, offset: number): void => {
    const [step, first] = [steps[depth] as number, begin[depth] as number];
    if (depth >= axis) {
      out.set(source.subarray(offset + first * step, offset + first * step + run), at);
      at += run;
    } else for (let i = 0; i < (size[depth] as number); i++) descend(depth + 1, offset + (first + i) * step);
  };
  descend(0, 0);
  return result;
};

/**
 * Primitives that run as JavaScript loops over the wasm backend's heap, without a copy. Its own kernels drop NaN (minimum,
 * maximum), take a bool for four bytes (select), copy the whole tensor first (slice), and call a function for every element.
 */
export const heapKernels: Readonly<Record<string, Kernel>> = {
  minimum: looped('minimum'),
  maximum: looped('maximum'),
  equal: looped('equal'),
  notEqual: looped('notEqual'),
  less: looped('less'),
  lessEqual: looped('lessEqual'),
  greater: looped('less', true),
  greaterEqual: looped('lessEqual', true),
  select,
  slice,
};
