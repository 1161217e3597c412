import { arithmeticKernels } from './arithmetic.js';
import { onHost } from './host.js';
import type { Kernel } from './kernel.js';

const onHostMul = onHost('mul');

/** Products of integers are taken in double precision, which loses the low bits of those beyond 2⁵³. */
const mul: Kernel = (device, inputs, attributes, output) =>
  (output.dtype === 'int32' ? onHostMul : (arithmeticKernels.mul as Kernel))(device, inputs, attributes, output);

/** What the cpu backend does its own way: products of int32 wrap, and 1 to the power of NaN is 1. */
export const cpuKernels: Readonly<Record<string, Kernel>> = { mul, pow: onHost('pow') };
