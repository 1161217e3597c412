import type { DType } from '@ebmkit/tensor';
import { floatBits } from '../../assembler/constant-pool.js';

/** How many bytes one element takes. */
export function elementBytes(dtype: DType): number {
  return dtype === 'bool' ? 1 : 4;
}

/** Four bytes that hold copies of a value as an element of this type. */
export function wordOf(value: number, dtype: DType): number {
  if (dtype === 'float32') return floatBits(value);
  if (dtype === 'int32') return value | 0;
  return (value & 255) === 0 ? 0 : 0x01010101;
}
