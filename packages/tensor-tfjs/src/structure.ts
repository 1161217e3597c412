import { type BackendInput, type Shape, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { broadcastTo } from './broadcast.js';
import { type Device, operand } from './device.js';
import { filled, type Kernel, maximumRank } from './kernel.js';

type TensorInput = BackendInput & { kind: 'tensor' };

const reshape: Kernel = (device, [x], _, output) =>
  device.call('Reshape', { x: operand(device, x) }, { shape: [...output.shape] });

/** Runs a kernel that treats each axis by itself: at once for few axes, else one axis at a time under three axes. */
function perAxis(
  device: Device,
  input: TensorInput,
  touched: (axis: number) => boolean,
  run: (x: TensorInfo, axes: readonly (number | undefined)[]) => TensorInfo,
): TensorInfo {
  const { shape } = input;
  if (shape.length <= maximumRank)
    return run(
      operand(device, input),
      shape.map((_, axis) => axis),
    );
  let value = operand(device, input);
  const lengths = [...shape];
  shape.forEach((_, axis) => {
    if (!touched(axis)) return;
    const [before, after] = [sizeOf(lengths.slice(0, axis)), sizeOf(lengths.slice(axis + 1))];
    value = run(device.view(value, [before, lengths[axis] as number, after]), [undefined, axis, undefined]);
    lengths[axis] = value.shape[1] as number;
  });
  return value === input.handle ? device.call('Identity', { x: value }) : value;
}

const slice: Kernel = (device, [x], attributes) => {
  const { begin, size } = attributes as { begin: readonly number[]; size: readonly number[] };
  const input = x as TensorInput;
  return perAxis(
    device,
    input,
    (axis) => size[axis] !== input.shape[axis],
    (value, axes) =>
      device.call(
        'Slice',
        { x: value },
        {
          begin: axes.map((axis) => (axis === undefined ? 0 : begin[axis])),
          size: axes.map((axis, at) => (axis === undefined ? value.shape[at] : size[axis])),
        },
      ),
  );
};

const pad: Kernel = (device, [x], attributes, output) => {
  const { before, after, value } = attributes as { before: readonly number[]; after: readonly number[]; value: number };
  const input = x as TensorInput;
  if (sizeOf(input.shape) === 0) return filled(device, output.shape, value, output.dtype);
  return perAxis(
    device,
    input,
    (axis) => before[axis] !== 0 || after[axis] !== 0,
    (info, axes) =>
      device.call(
        'PadV2',
        { x: info },
        {
          paddings: axes.map((axis) => (axis === undefined ? [0, 0] : [before[axis], after[axis]])),
          constantValue: value,
        },
      ),
  );
};

const reverse: Kernel = (device, [x], attributes) => {
  const axes = attributes.axes as readonly number[];
  return perAxis(
    device,
    x as TensorInput,
    (axis) => axes.includes(axis),
    (value, positions) =>
      device.call(
        'Reverse',
        { x: value },
        { dims: positions.flatMap((axis, at) => (axis !== undefined && axes.includes(axis) ? [at] : [])) },
      ),
  );
};

/** Merges axes that stay neighbours in the permutation, and drops those of length 1. */
function groupPermutation(shape: Shape, permutation: readonly number[]): readonly [Shape, readonly number[]] {
  const runs: number[][] = [];
  for (const axis of permutation) {
    if (shape[axis] === 1) continue;
    const last = runs.at(-1);
    const previous = last?.at(-1);
    const isNext = previous !== undefined && shape.slice(previous + 1, axis).every((n) => n === 1) && axis > previous;
    if (last && isNext) last.push(axis);
    else runs.push([axis]);
  }
  const sorted = runs.map((run) => run[0] as number).sort((a, b) => a - b);
  const lengths = sorted.map((first) => {
    const run = runs.find(([head]) => head === first) as number[];
    return sizeOf(run.map((axis) => shape[axis] as number));
  });
  return [lengths, runs.map(([head]) => sorted.indexOf(head as number))];
}

/** Permutes axes; more than four groups are brought to their places one by one. */
const transpose: Kernel = (device, [x], attributes) => {
  const input = x as TensorInput;
  const [shape, permutation] = groupPermutation(input.shape, attributes.permutation as readonly number[]);
  let value = operand(device, input, shape);
  if (shape.length < 2) return device.call('Identity', { x: value });
  if (shape.length <= maximumRank) return device.call('Transpose', { x: value }, { perm: [...permutation] });
  const order = shape.map((_, axis) => axis);
  permutation.forEach((wanted, place) => {
    const from = order.indexOf(wanted);
    if (from === place) return;
    const length = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis] as number));
    const [done, skipped, rest] = [order.slice(0, place), order.slice(place, from), order.slice(from + 1)];
    const view = device.view(value, [length(done), length(skipped), length([wanted]), length(rest)]);
    value = device.call('Transpose', { x: view }, { perm: [0, 2, 1, 3] });
    order.splice(0, order.length, ...done, wanted, ...skipped, ...rest);
  });
  return value;
};

const concat: Kernel = (device, inputs, { axis }) => {
  const parts = (inputs as readonly TensorInput[]).filter(({ shape }) => sizeOf(shape) > 0);
  const at = axis as number;
  const flat = parts.map((part) =>
    operand(device, part, [sizeOf(part.shape.slice(0, at)), sizeOf(part.shape.slice(at))]),
  );
  if (flat.length === 1) return device.call('Identity', { x: flat[0] as TensorInfo });
  return device.call('Concat', flat, { axis: 1 });
};

/** Primitives that move elements. */
export const structureKernels: Readonly<Record<string, Kernel>> = {
  reshape,
  transpose,
  broadcastTo,
  slice,
  pad,
  reverse,
  concat,
  full: (device, _, { value }, { shape, dtype }) => filled(device, shape, value as number, dtype),
};

/** The length of a sequence 0, 1, … as a tensor. */
export function sequence(device: Device, length: number, dtype: 'int32' | 'float32'): TensorInfo {
  const data = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = i;
  return device.store(data, [length], dtype);
}
