import type { Attributes, BackendInput, TensorType } from '@ebmkit/tensor';
import { sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Device, operand } from './device.js';

/**
 * Computes one primitive on a device. The output has at least one element; the result is scratch, and may have another
 * shape of the same size as the output.
 */
export type Kernel = (
  device: Device,
  inputs: readonly BackendInput[],
  attributes: Attributes,
  output: TensorType,
) => TensorInfo;

/** The highest rank that every kernel of every TensorFlow.js backend takes. */
export const maximumRank = 4;

/** A shape of the same size in which a kernel that looks at each element alone may read a tensor. */
export function plainShape(device: Device, shape: readonly number[]): readonly number[] {
  if (device.linear) return [sizeOf(shape)];
  if (shape.length <= maximumRank) return shape;
  const lead = shape.length - maximumRank + 1;
  return [sizeOf(shape.slice(0, lead)), ...shape.slice(lead)];
}

/** A tensor in which every element is the same. */
export function filled(device: Device, shape: readonly number[], value: number, dtype: TensorType['dtype']) {
  const info = device.call('Fill', {}, { shape: [...plainShape(device, shape)], value, dtype });
  return device.linear ? device.view(info, shape) : info;
}

/** The first input under its plain shape. */
export function plainOperand(device: Device, input: BackendInput | undefined): TensorInfo {
  const tensor = input as BackendInput & { shape: readonly number[] };
  return device.view(operand(device, tensor), plainShape(device, tensor.shape));
}

/** Runs kernels of one operand `x` one after another. */
export function chain(device: Device, x: TensorInfo, ...kernels: readonly string[]): TensorInfo {
  return kernels.reduce((value, kernel) => device.call(kernel, { x: value }), x);
}
