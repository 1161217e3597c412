import { operation, type V128 } from '../assembler/expression.js';
import { f64x2, shuffle32 } from '../assembler/vector.js';

/** Two copies of a float64 constant. */
export function doubles(value: number): V128 {
  const bytes = new Uint8Array(Float64Array.of(value, value).buffer);
  return operation('v128', [0xfd, 0x0c, ...bytes], []);
}

/** Two of four float32 lanes, the lower or the upper ones, as float64. */
export function promoteHalf(x: V128, upper: boolean): V128 {
  return f64x2.promoteLow(upper ? shuffle32(x, x, [2, 3, 2, 3]) : x);
}
