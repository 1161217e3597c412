import { type BackendInput, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { broadcastTo } from './broadcast.js';
import { type Device, operand } from './device.js';
import { filled, type Kernel, maximumRank } from './kernel.js';
import { transpose } from './transposition.js';

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

/** What is to be put around a tensor. */
type Margins = { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };

/**
 * Padding axis by axis, by joining. PadV2 of the wasm backend keeps an operator for each value in a sorted map, where NaN equals every other
 * key: once it has padded with NaN, it pads everything with NaN.
 */
function padByJoining(device: Device, input: TensorInput, { before, after, value }: Margins): TensorInfo {
  const lengths = [...input.shape];
  let whole = operand(device, input);
  for (const [axis, length] of input.shape.entries()) {
    const [lead, trail] = [sizeOf(lengths.slice(0, axis)), sizeOf(lengths.slice(axis + 1))];
    const margin = (width = 0): TensorInfo[] =>
      width === 0 ? [] : [device.view(filled(device, [lead, width * trail], value, 'float32'), [lead, width * trail])];
    const parts = [...margin(before[axis]), device.view(whole, [lead, length * trail]), ...margin(after[axis])];
    if (parts.length === 1) continue;
    whole = device.call('Concat', parts, { axis: 1 });
    lengths[axis] = (before[axis] ?? 0) + length + (after[axis] ?? 0);
  }
  return whole;
}

const pad: Kernel = (device, [x], attributes, output) => {
  const { before, after, value } = attributes as Margins;
  const input = x as TensorInput;
  if (sizeOf(input.shape) === 0) return filled(device, output.shape, value, output.dtype);
  if (output.dtype === 'float32' && Number.isNaN(value)) return padByJoining(device, input, { before, after, value });
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
  const input = x as TensorInput;
  const axes = (attributes.axes as readonly number[]).filter((axis) => input.shape[axis] !== 1);
  if (axes.length === 0) return device.call('Identity', { x: operand(device, input) });
  return perAxis(
    device,
    input,
    (axis) => axes.includes(axis),
    (value, positions) =>
      device.call(
        'Reverse',
        { x: value },
        { dims: positions.flatMap((axis, at) => (axis !== undefined && axes.includes(axis) ? [at] : [])) },
      ),
  );
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
