import { type BackendInput, type Shape, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Device, operand } from './device.js';
import { type Kernel, maximumRank } from './kernel.js';
import { transposeOnWebgpu } from './webgpu-program.js';

type TensorInput = BackendInput & { kind: 'tensor' };

/** Permutes up to four axes. */
export function transposed(device: Device, x: TensorInfo, permutation: readonly number[]): TensorInfo {
  if (device.name === 'webgpu' && x.dtype !== 'float32') return transposeOnWebgpu(device, x, permutation);
  return device.call('Transpose', { x }, { perm: [...permutation] });
}

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
export const transpose: Kernel = (device, [x], attributes) => {
  const input = x as TensorInput;
  const [shape, permutation] = groupPermutation(input.shape, attributes.permutation as readonly number[]);
  let value = operand(device, input, shape);
  if (shape.length < 2) return device.call('Identity', { x: value });
  if (shape.length <= maximumRank) return transposed(device, value, permutation);
  const order = shape.map((_, axis) => axis);
  permutation.forEach((wanted, place) => {
    const from = order.indexOf(wanted);
    if (from === place) return;
    const length = (axes: readonly number[]): number => sizeOf(axes.map((axis) => shape[axis] as number));
    const [done, skipped, rest] = [order.slice(0, place), order.slice(place, from), order.slice(from + 1)];
    const view = device.view(value, [length(done), length(skipped), length([wanted]), length(rest)]);
    value = transposed(device, view, [0, 2, 1, 3]);
    order.splice(0, order.length, ...done, wanted, ...skipped, ...rest);
  });
  return value;
};
