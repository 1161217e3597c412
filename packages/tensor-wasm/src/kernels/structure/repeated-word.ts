import type { DType } from '@ebmkit/tensor';
import { floatBits } from '../../assembler/constant-pool.js';

/** Four bytes that hold copies of a value as an element of this type. */
export function wordOf(value: number, dtype: DType): number {
  if (dtype === 'float32') return floatBits(value);
  if (dtype === 'int32') return value | 0;
  return (value & 255) === 0 ? 0 : 0x01010101;
}
