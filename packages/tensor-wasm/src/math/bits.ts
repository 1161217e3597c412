import type { V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { v128 } from '../assembler/vector.js';

/** The bit that holds the sign of a float32. */
export const signBit = -0x80000000;

/** The bits of +Infinity. */
export const infinityBits = 0x7f800000;

/** The sign bit of each lane. */
export function signOf(f: FunctionBuilder, x: V128): V128 {
  return v128.and(x, f.i32x4(signBit));
}

/** Minus the absolute value of each lane. */
export function negativeSize(f: FunctionBuilder, x: V128): V128 {
  return v128.or(x, f.i32x4(signBit));
}
