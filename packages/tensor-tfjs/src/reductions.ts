import { type BackendInput, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { choose } from './arithmetic.js';
import { groupAxes } from './axis-groups.js';
import { type Device, operand } from './device.js';
import { onHost } from './host.js';
import { filled, type Kernel } from './kernel.js';
import { product } from './products.js';
import { transposed } from './transposition.js';

type TensorInput = BackendInput & { kind: 'tensor' };

/**
 * Brings `[before, length, after]` into a shape in which kernels work along axis 1. Those of webgpu would transpose by
 * themselves, by a kernel that does not compile for int32.
 */
function alongMiddle(device: Device, x: TensorInfo): TensorInfo {
  const [before, length, after] = x.shape as [number, number, number];
  if (after === 1) return device.view(x, [before, length]);
  return device.name === 'webgpu' ? device.view(transposed(device, x, [0, 2, 1]), [before * after, length]) : x;
}

/** Reduces the middle axis of `[before, length, after]`. */
type ReduceMiddle = (device: Device, x: TensorInfo) => TensorInfo;

/** Applies a reduction to one group of neighbouring axes after another, from the last to the first. */
function overGroups(reduceMiddle: ReduceMiddle, device: Device, input: TensorInput, axes: readonly number[]) {
  const groups = groupAxes(input.shape, (axis) => axes.includes(axis));
  let value = operand(device, input);
  let after = 1;
  for (let at = groups.length - 1; at >= 0; at--) {
    const { length, treatment: reduced } = groups[at] as { length: number; treatment: boolean };
    if (!reduced) after *= length;
    else {
      const before = sizeOf(groups.slice(0, at).map((group) => group.length));
      value = reduceMiddle(device, device.view(value, [before, length, after]));
    }
  }
  return value === input.handle ? device.call('Identity', { x: value }) : value;
}

/** The largest divisor of `length` that is at most `limit`. */
function divisorUpTo(length: number, limit: number): number {
  for (let divisor = Math.min(limit, length); divisor > 1; divisor--) if (length % divisor === 0) return divisor;
  return 1;
}

const block = 256;

/**
 * Sums of the middle axis in blocks, and then of the blocks: running sums in single precision over many values drift.
 * Integers are summed as they are.
 */
const sumMiddle: ReduceMiddle = (device, x) => {
  const [before, length, after] = x.shape as [number, number, number];
  if (x.dtype !== 'float32' || device.name === 'cpu' || length <= block) return sumOnce(device, x);
  const divisor = divisorUpTo(length, block);
  if (divisor < block / 8) {
    const paddings = [
      [0, 0],
      [0, block - (length % block)],
      [0, 0],
    ];
    return sumMiddle(device, device.call('PadV2', { x }, { paddings, constantValue: 0 }));
  }
  const parts = sumOnce(device, device.view(x, [before * (length / divisor), divisor, after]));
  return sumMiddle(device, device.view(parts, [before, length / divisor, after]));
};

/** One sum. Columns are added as a product with a row of ones on wasm, where that is ten times as fast. */
function sumOnce(device: Device, x: TensorInfo): TensorInfo {
  const [before, length, after] = x.shape as [number, number, number];
  if (device.name === 'wasm' && before === 1 && after > 1 && x.dtype === 'float32') {
    const ones = filled(device, [1, 1, length], 1, 'float32');
    return product(device, ones, x);
  }
  return device.call('Sum', { x: alongMiddle(device, x) }, { axis: [1], keepDims: false });
}

const sum: Kernel = (device, [x], { axes }, output) => {
  const input = x as TensorInput;
  if (sizeOf(input.shape) === 0) return filled(device, output.shape, 0, output.dtype);
  return overGroups(sumMiddle, device, input, axes as readonly number[]);
};

/** `max` or `min` in which NaN wins. */
function extremum(kernel: 'Max' | 'Min'): Kernel {
  const middle: ReduceMiddle = (device, whole) => {
    const x = alongMiddle(device, whole);
    const attributes = { reductionIndices: [1], axis: [1], keepDims: false };
    const result = device.call(kernel, { x }, attributes);
    if (x.dtype !== 'float32') return result;
    const isNaN = device.call('NotEqual', { a: x, b: x });
    const any = device.call('Any', { x: isNaN }, { axis: [1], keepDims: false });
    return choose(device, any, filled(device, result.shape, Number.NaN, 'float32'), result);
  };
  return (device, [x], { axes }) => overGroups(middle, device, x as TensorInput, axes as readonly number[]);
}

/** An input as `[before, length, after]` around an axis. */
function around(device: Device, input: TensorInput, axis: number): TensorInfo {
  const { shape } = input;
  return operand(device, input, [sizeOf(shape.slice(0, axis)), shape[axis] as number, sizeOf(shape.slice(axis + 1))]);
}

const argMax: Kernel = (device, [x], { axis }) =>
  device.call('ArgMax', { x: alongMiddle(device, around(device, x as TensorInput, axis as number)) }, { axis: 1 });

/** On webgpu, reversed sums are forward sums of the reversed tensor: the kernel is compiled for one length and used for all. */
const cumsum: Kernel = (device, [x], { axis, exclusive, reverse }) => {
  const whole = around(device, x as TensorInput, axis as number);
  const line = alongMiddle(device, whole);
  if (device.name !== 'webgpu') return device.call('Cumsum', { x: line }, { axis: 1, exclusive, reverse });
  const turn = (info: TensorInfo): TensorInfo => (reverse ? device.call('Reverse', { x: info }, { dims: [1] }) : info);
  const sums = turn(device.call('Cumsum', { x: turn(line) }, { axis: 1, exclusive, reverse: false }));
  const [before, length, after] = whole.shape as [number, number, number];
  return after === 1 ? sums : transposed(device, device.view(sums, [before, after, length]), [0, 2, 1]);
};

/** Primitives that combine elements along axes. */
export const reductionKernels: Readonly<Record<string, Kernel>> = {
  sum,
  max: extremum('Max'),
  min: extremum('Min'),
  argMax,
  cumsum,
  argSort: onHost('argSort'),
};
