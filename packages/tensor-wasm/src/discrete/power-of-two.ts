import type { Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { roundingConstant } from '../math/exponential.js';
import { polynomials } from '../math/polynomial.js';
import { f32x4, i32x4 } from './instructions.js';

/** $`2^r`$ for |r| ≤ ½: a minimax fit, 7.5e-8 in relative error. */
const coefficients = [1.00000007, 0.69314697, 0.2402212, 0.05550713, 0.00967554, 0.00132765];
/** Beyond this size results are those at this size: no draw can tell them apart. */
const mostSize = 126;

/** $`2^y`$ of several vectors, in step; NaN stays NaN. */
export function powersOfTwo(f: FunctionBuilder, exponents: readonly V128[]): Local<'v128'>[] {
  const [low, high] = [f.let(f.f32x4(-mostSize)), f.let(f.f32x4(mostSize))];
  const rounding = f.let(f.f32x4(roundingConstant));
  const limited = exponents.map((y) => f.let(f32x4.pmax(f32x4.pmin(y, high), low)));
  const shifted = limited.map((y) => f.let(f32x4.add(y, rounding)));
  const rests = limited.map((y, i) => f.let(f32x4.sub(y, f32x4.sub(shifted[i] as V128, rounding))));
  const values = polynomials(f, rests, coefficients);
  return values.map((value, i) => f.let(i32x4.add(value, i32x4.shl(shifted[i] as V128, int(23)))));
}
