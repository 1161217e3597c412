import type { Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { polynomial } from './polynomial.js';
import type { VectorFunction } from './vector-function.js';

/** 1.5 · 2²³: adding it rounds to a whole number, which the low bits of the sum then hold. */
export const roundingConstant = 12582912;

/** `e^r = 1 + r + r² …` for |r| ≤ log(2) / 2: a minimax fit, 3e-9 in relative error. */
const exponential = [0.49999994, 0.166665211, 0.041668281, 0.0083686905, 0.00138194906];
/** The same with one term more, 4e-10 relative to `e^r - 1`. */
const exponentialMinusOne = [0.5, 0.166666657, 0.0416664928, 0.00833354332, 0.00139323471, 0.00019764257];

/** A number as `k log 2 + r` with a whole k. */
export interface Reduced {
  /** k times 2²³: a power of two's exponent, in place. */
  readonly exponent: Local<'v128'>;
  /** r, at most about log(2) / 2 in size. */
  readonly rest: Local<'v128'>;
}

/** Splits numbers of at most 2¹⁴ in size, in two steps (Cody and Waite), so that nothing is lost without FMA either. */
export function reduceByLog2(f: FunctionBuilder, x: V128): Reduced {
  const rounding = f.let(f.f32x4(roundingConstant));
  const shifted = f.let(f.madd(x, f.f32x4(Math.LOG2E), rounding));
  const k = f.let(f32x4.sub(shifted, rounding));
  const high = f.nmadd(k, f.f32x4(0.693359375), x);
  return {
    exponent: f.let(i32x4.shl(shifted, int(23))),
    rest: f.let(f.nmadd(k, f.f32x4(-2.1219444e-4), high)),
  };
}

/** `e^r` for |r| ≤ log(2) / 2; `one` is a local with the number 1. */
export function exponentialOfRest(f: FunctionBuilder, rest: V128, one: V128): Local<'v128'> {
  const square = f.let(f32x4.mul(rest, rest));
  const series = polynomial(f, rest, exponential, square);
  return f.let(f.madd(series, square, f32x4.add(rest, one)));
}

/** `e^r - 1` for |r| ≤ log(2) / 2. */
function minusOneOfRest(f: FunctionBuilder, rest: V128): Local<'v128'> {
  const square = f.let(f32x4.mul(rest, rest));
  const series = polynomial(f, rest, exponentialMinusOne, square);
  return f.let(f.madd(series, square, rest));
}

/** A value near 1 times a power of two from 2⁻¹⁵⁰ to 2¹²⁸, given in place: two factors, so that denormal results are rounded once. `one` is a local with the number 1. */
export function scaleByPower(f: FunctionBuilder, value: V128, exponent: V128, one: V128): V128 {
  const half = f.let(v128.and(i32x4.shrS(exponent, int(1)), f.i32x4(~0x7fffff)));
  const first = i32x4.add(half, one);
  const second = i32x4.add(i32x4.sub(exponent, half), one);
  return f32x4.mul(f32x4.mul(value, first), second);
}

/** The exponential. */
export const exp: VectorFunction = (f, x) => {
  const limited = f.let(f32x4.pmax(f32x4.pmin(x, f.f32x4(89)), f.f32x4(-104)));
  const { exponent, rest } = reduceByLog2(f, limited);
  const one = f.let(f.f32x4(1));
  return scaleByPower(f, exponentialOfRest(f, rest, one), exponent, one);
};

/** The exponential of numbers that are not positive. */
export const expOfNegative: VectorFunction = (f, x) => {
  const limited = f.let(f32x4.pmax(x, f.f32x4(-104)));
  const { exponent, rest } = reduceByLog2(f, limited);
  // The power of two is never below 2⁻⁸⁷ after a factor 2⁶³, so it is a normal number.
  const power = i32x4.add(exponent, f.i32x4((127 + 63) << 23));
  const one = f.let(f.f32x4(1));
  return f32x4.mul(f32x4.mul(exponentialOfRest(f, rest, one), power), f.f32x4(2 ** -63));
};

/** `e^x - 1` of numbers that are not positive; -1 below -40. */
export const expm1OfNegative: VectorFunction = (f, x) => {
  const limited = f.let(f32x4.pmax(x, f.f32x4(-40)));
  const { exponent, rest } = reduceByLog2(f, limited);
  const one = f.let(f.f32x4(1));
  const power = f.let(i32x4.add(exponent, one));
  return f.madd(minusOneOfRest(f, rest), power, f32x4.sub(power, one));
};

/** `e^x - 1`, accurate near 0. */
export const expm1: VectorFunction = (f, x) => {
  const limited = f.let(f32x4.pmax(f32x4.pmin(x, f.f32x4(89)), f.f32x4(-40)));
  const { exponent, rest } = reduceByLog2(f, limited);
  // Half of the result, because 2¹²⁸ is no float32.
  const half = f.let(f.f32x4(0.5));
  const power = f.let(i32x4.add(exponent, half));
  const result = f.let(f.madd(minusOneOfRest(f, rest), power, f32x4.sub(power, half)));
  const tiny = f32x4.lt(f32x4.abs(x), f.f32x4(2 ** -26));
  return v128.bitselect(x, f32x4.add(result, result), tiny);
};
