import type { V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { nextWords, type XoshiroState } from '../kernels/xoshiro.js';
import { f32x4, i32x4, v128 } from './instructions.js';

/**
 * Masks of lanes that are drawn up, each with probability `1 / denominator`: $`u \cdot d < 1`$ for a uniform $`u`$ of 24 bits. A NaN is never up.
 *
 * @param f - The function that is being written.
 * @param state - The stream.
 * @param denominator - Numbers of at least 1.
 */
export function drawUp(f: FunctionBuilder, state: XoshiroState, denominator: V128): V128 {
  const random = f32x4.convertS(i32x4.shrU(nextWords(f, state), int(8)));
  return f32x4.lt(f32x4.mul(random, denominator), f.f32x4(2 ** 24));
}

/** Uniform draws on (0, 1): the odd multiples of 2⁻²⁴. */
export function drawMiddle(f: FunctionBuilder, state: XoshiroState): V128 {
  const odd = v128.or(i32x4.shrU(nextWords(f, state), int(8)), f.i32x4(1));
  return f32x4.mul(f32x4.convertS(odd), f.f32x4(2 ** -24));
}
