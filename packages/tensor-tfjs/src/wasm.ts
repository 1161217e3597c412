import { operand } from './device.js';
import { onHost } from './host.js';
import type { Kernel } from './kernel.js';
import { softplus } from './logarithms.js';
import { structureKernels } from './structure.js';
import { heapKernels } from './wasm-heap.js';

type TensorInput = Parameters<Kernel>[1][number] & { kind: 'tensor' };

/** The kernel takes every element for four bytes, so that it would write past the end of a bool tensor. */
const reverse: Kernel = (device, [x], attributes, output) => {
  const run = structureKernels.reverse as Kernel;
  if (output.dtype !== 'bool') return run(device, [x as TensorInput], attributes, output);
  const handle = device.call('Cast', { x: operand(device, x) }, { dtype: 'int32' });
  const turned = run(device, [{ ...(x as TensorInput), handle, dtype: 'int32' }], attributes, output);
  return device.call('Cast', { x: turned }, { dtype: 'bool' });
};

/**
 * What the wasm backend does its own way, because a kernel is inaccurate (log1p loses its digits near zero), drops NaN (max,
 * min, sign), or writes where it must not.
 */
export const wasmKernels: Readonly<Record<string, Kernel>> = {
  ...heapKernels,
  log1p: onHost('log1p'),
  sign: onHost('sign'),
  max: onHost('max'),
  min: onHost('min'),
  softplus,
  reverse,
};
