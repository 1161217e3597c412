import type { V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { type Quarters, reduceAngle } from './angle-reduction.js';
import { signBit, signOf } from './bits.js';
import { polynomial } from './polynomial.js';
import type { VectorFunction } from './vector-function.js';

/** `sin(r) = r + r³ …` in r² for |r| ≤ π/4: a minimax fit, 4e-9 in relative error. */
const sine = [-0.166666552, 0.00833218731, -0.000195178945];
/** `cos(r) = 1 - r² / 2 + r⁴ …` in r² for |r| ≤ π/4: a minimax fit, 1e-10. */
const cosine = [0.0416666456, -0.00138873095, 2.4432331e-5];

/** The sine of `turns π/2 + rest`, with its sign flipped where `sign` has the sign bit. */
function sineOf(f: FunctionBuilder, { turns, rest }: Quarters, sign: V128): V128 {
  const square = f.let(f32x4.mul(rest, rest));
  const s = f.let(f.madd(f32x4.mul(polynomial(f, square, sine), square), rest, rest));
  const head = f.nmadd(square, f.f32x4(0.5), f.f32x4(1));
  const c = f.let(f.madd(polynomial(f, square, cosine), f32x4.mul(square, square), head));
  const odd = i32x4.shrS(i32x4.shl(turns, int(31)), int(31));
  const value = v128.bitselect(c, s, odd);
  return v128.xor(value, v128.xor(sign, v128.and(i32x4.shl(turns, int(30)), f.i32x4(signBit))));
}

/** The sine, of every float32. */
export const sin: VectorFunction = (f, x) => {
  return sineOf(f, reduceAngle(f, f.let(f32x4.abs(x))), signOf(f, x));
};

/** The cosine, of every float32. */
export const cos: VectorFunction = (f, operand) => {
  const { turns, rest } = reduceAngle(f, f.let(f32x4.abs(operand)));
  return sineOf(f, { turns: f.let(i32x4.add(turns, f.i32x4(1))), rest }, f.i32x4(0));
};
