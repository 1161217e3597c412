import { sizeOf, type TensorType } from '@ebmkit/tensor';
import type { I32 } from '../../assembler/expression.js';
import { i32, int } from '../../assembler/scalar.js';
import { elementBytes } from '../../element-bytes.js';
import type { KernelRule } from '../step-kernel.js';
import { type Segment, segmentKernel } from './segments.js';

/** Joins tensors along the attribute `axis`: every row of the output is a row of each input. */
export const concat: KernelRule = (inputs, attributes, { shape, dtype }) => {
  const axis = attributes.axis as number;
  const segments = inputs.map((input, i): Segment => {
    const bytes = sizeOf((input as TensorType).shape.slice(axis)) * elementBytes(dtype);
    return { bytes, from: (code, row) => i32.add(code.inputs[i] as I32, i32.mul(row, int(bytes))) };
  });
  return segmentKernel(inputs.length, sizeOf(shape.slice(0, axis)), segments);
};
