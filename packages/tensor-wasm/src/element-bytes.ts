import type { DType } from '@ebmkit/tensor';

/** How many bytes one element takes. */
export function elementBytes(dtype: DType): number {
  return dtype === 'bool' ? 1 : 4;
}
