import { type BackendInput, reference, type TensorData } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Device, operand } from './device.js';
import type { Kernel } from './kernel.js';

const host = reference();

/** Copies an operand to the host's reference backend. */
function download(device: Device, input: BackendInput): BackendInput {
  if (input.kind !== 'tensor') return input;
  const data = device.load(operand(device, input));
  return { ...input, handle: host.upload(data, input) };
}

/**
 * Computes a primitive on the host with the kernel of the reference backend: reads the operands back and stores the result.
 *
 * @param primitive - The primitive's name.
 */
export function onHost(primitive: string): Kernel {
  return (device, inputs, attributes, output): TensorInfo => {
    const local = inputs.map((input) => download(device, input));
    const handle = host.run(primitive, local, attributes, output);
    const info = device.store(handle as TensorData, output.shape, output.dtype);
    for (const input of local) if (input.kind === 'tensor') host.free(input.handle);
    host.free(handle);
    return info;
  };
}
