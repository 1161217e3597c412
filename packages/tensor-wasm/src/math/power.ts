import type { Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { f32x4, f64x2, i32x4, shuffle32, v128 } from '../assembler/vector.js';
import { infinityBits, signBit } from './bits.js';
import { doubles, promoteHalf } from './doubles.js';
import { roundingConstant, scaleByPower } from './exponential.js';
import { isUnusual, type Split, splitFloat } from './logarithm.js';
import { polynomial } from './polynomial.js';
import type { VectorFunction } from './vector-function.js';

/** `2^r = 1 + r …` for |r| ≤ 1/2: a minimax fit, 3e-9 in relative error. */
const powerOfTwo = [0.693147182, 0.240226477, 0.0555035956, 0.0096185049, 0.0013391024, 0.0001532717];

/** `y log2(2^e m)` for two lanes, in float64; the series of the area tangent up to the eleventh power, 5e-11. */
function exponentHalf(f: FunctionBuilder, { exponent, mantissa }: Split, y: V128, upper: boolean): Local<'v128'> {
  const m = f.let(promoteHalf(mantissa, upper));
  const s = f.let(f64x2.div(f64x2.sub(m, doubles(1)), f64x2.add(m, doubles(1))));
  const z = f.let(f64x2.mul(s, s));
  const total = f.let(doubles(2 / (11 * Math.LN2)));
  for (const n of [9, 7, 5, 3, 1]) f.set(total, f64x2.add(f64x2.mul(total, z), doubles(2 / (n * Math.LN2))));
  const e = f64x2.convertLowS(upper ? shuffle32(exponent, exponent, [2, 3, 2, 3]) : exponent);
  return f.let(f64x2.mul(promoteHalf(y, upper), f64x2.add(e, f64x2.mul(s, total))));
}

function joinHalves(lower: V128, upper: V128): V128 {
  return shuffle32(f32x4.demoteZero(lower), f32x4.demoteZero(upper), [0, 1, 4, 5]);
}

/** Puts right what the general formula cannot: zeros, infinities, NaN and negative bases. */
function settle(f: FunctionBuilder, result: Local<'v128'>, x: V128, y: V128, size: V128): void {
  const infinity = f.let(f.i32x4(infinityBits));
  const one = f.let(f.f32x4(1));
  const zero = f.let(f.f32x4(0));
  const endless = f.let(f32x4.eq(f32x4.abs(y), infinity));
  const edge = v128.or(endless, v128.or(f32x4.eq(size, zero), f32x4.eq(size, infinity)));
  const toZero = v128.xor(f32x4.lt(size, one), f32x4.lt(y, zero));
  f.set(result, v128.bitselect(v128.andNot(infinity, toZero), result, edge));
  const whole = f.let(f32x4.eq(f32x4.nearest(y), y));
  const half = f.let(f32x4.mul(y, f.f32x4(0.5)));
  const odd = v128.and(whole, f32x4.ne(f32x4.nearest(half), half));
  f.set(result, v128.xor(result, v128.and(v128.and(x, odd), f.i32x4(signBit))));
  const finiteNegative = v128.and(f32x4.lt(x, zero), f32x4.lt(size, infinity));
  f.set(result, v128.or(result, v128.andNot(finiteNegative, whole)));
  f.set(result, v128.or(result, v128.and(endless, f32x4.eq(size, one))));
  f.set(result, v128.or(result, v128.or(f32x4.ne(x, x), f32x4.ne(y, y))));
  const always = v128.or(f32x4.eq(y, zero), v128.and(f32x4.eq(x, one), f32x4.ne(y, y)));
  f.set(result, v128.bitselect(one, result, always));
}

/** `x^y` as JavaScript's `**` has it, except that 1 to the power of NaN is 1. */
export const pow: VectorFunction = (f, x, y) => {
  const size = f.let(f32x4.abs(x));
  const notFinite = i32x4.geS(f32x4.abs(y), f.i32x4(infinityBits));
  const unusual = f.let(v128.anyTrue(v128.or(isUnusual(f, x), notFinite)));
  const split = splitFloat(f, size, unusual);
  const lower = exponentHalf(f, split, y, false);
  const upper = exponentHalf(f, split, y, true);
  const wholes = [f.let(f64x2.nearest(lower)), f.let(f64x2.nearest(upper))] as const;
  const rest = f.let(joinHalves(f64x2.sub(lower, wholes[0]), f64x2.sub(upper, wholes[1])));
  const limited = f32x4.pmin(f32x4.pmax(joinHalves(...wholes), f.f32x4(-160)), f.f32x4(130));
  const exponent = f.let(i32x4.shl(f32x4.add(limited, f.f32x4(roundingConstant)), int(23)));
  const one = f.let(f.f32x4(1));
  const value = f.madd(polynomial(f, rest, powerOfTwo), rest, one);
  const result = f.let(scaleByPower(f, value, exponent, one));
  f.if(unusual, () => settle(f, result, x, y, size));
  return result;
};
