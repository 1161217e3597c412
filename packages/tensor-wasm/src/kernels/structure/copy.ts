import { sizeOf } from '@ebmkit/tensor';
import type { I32 } from '../../assembler/expression.js';
import { elementBytes } from '../../element-bytes.js';
import type { KernelRule } from '../step-kernel.js';
import type { PhaseCode } from './phase-code.js';
import { segmentKernel } from './segments.js';

/** The same bytes in another buffer: what a reshape is when it may not be a view. */
export const copy: KernelRule = (_inputs, _attributes, { shape, dtype }) =>
  segmentKernel(1, 1, [
    { bytes: sizeOf(shape) * elementBytes(dtype), from: ({ inputs }: PhaseCode) => inputs[0] as I32 },
  ]);
