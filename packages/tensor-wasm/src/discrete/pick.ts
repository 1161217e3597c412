import type { V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { v128 } from './instructions.js';

/** The numbers of a byte vector that a vector of numbers picks: each below 16, or from 128 on for 0. */
export function pick(f: FunctionBuilder, from: V128, numbers: V128): V128 {
  return f.features.relaxed ? v128.relaxedSwizzle(from, numbers) : v128.swizzle(from, numbers);
}
