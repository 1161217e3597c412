import { type BackendInput, type Shape, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { groupRepeats } from './axis-groups.js';
import { type Device, operand } from './device.js';
import { filled, type Kernel } from './kernel.js';

/**
 * Repeats an operand to fill a shape, one group of axes at a time, so that no kernel sees more than three axes.
 *
 * @returns The operand itself (not scratch) when there is nothing to repeat, else a new tensor; under any shape of that size.
 */
export function spread(device: Device, input: BackendInput, shape: Shape): TensorInfo {
  const { dtype } = input as BackendInput & { kind: 'tensor' };
  if (input.kind === 'literal') return filled(device, shape, input.value, dtype);
  const own = (input as BackendInput & { kind: 'tensor' }).shape;
  let value = operand(device, input);
  if (sizeOf(own) === sizeOf(shape)) return value;
  const groups = groupRepeats(own, shape);
  groups.forEach(({ length, treatment: repeated }, at) => {
    if (!repeated) return;
    const before = sizeOf(groups.slice(0, at).map((group) => group.length));
    const after = sizeOf(groups.slice(at + 1).map((group) => (group.treatment ? 1 : group.length)));
    value = device.call('Tile', { x: device.view(value, [before, 1, after]) }, { reps: [1, length, 1] });
  });
  return value;
}

/** Repeats along axes of length 1. */
export const broadcastTo: Kernel = (device, [x], _, output) => {
  const value = spread(device, x as BackendInput, output.shape);
  return device.call('Identity', { x: value });
};
