import type { Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { infinityBits, signOf } from './bits.js';
import { polynomial } from './polynomial.js';
import type { VectorFunction } from './vector-function.js';

/** `log(1 + m) = m - m² / 2 + m³ …` on `[√½ - 1, √2 - 1]`: a minimax fit, 8e-10 in relative error. */
const logarithm = [
  0.333333135, -0.250000089, 0.200020716, -0.166679904, 0.142203629, -0.124062076, 0.118834704, -0.116701923,
  0.0674955621,
];
/** `log(1 + t) = s + s³ …` in `s²` with `s = 2 t / (2 + t)` for t in [0, 1]: a minimax fit, 1e-10. */
const areaTangent = [0.0833333433, 0.0124996714, 0.00223556347, 0.00041882589, 0.00011838504];

/** The bits of √½. */
export const rootHalf = 0x3f3504f3;

/** Lanes that hold no positive normal finite number, all ones. */
export function isUnusual(f: FunctionBuilder, x: V128): V128 {
  return i32x4.gtS(i32x4.add(x, f.i32x4(0x7f800000)), f.i32x4(-0x1000001));
}

/** A positive number as `2^e (1 + m)` with `1 + m` in `[√½, √2)`. */
export interface Split {
  /** e, an int32. */
  readonly exponent: Local<'v128'>;
  /** `1 + m`. */
  readonly mantissa: Local<'v128'>;
}

/** Splits positive numbers; denormal ones, too, if `unusual`, an i32, is not zero. */
export function splitFloat(f: FunctionBuilder, x: V128, unusual: Local<'i32'>): Split {
  const exponent = f.local('v128');
  const mantissa = f.local('v128');
  const half = f.let(f.i32x4(rootHalf));
  const split = (value: V128): void => {
    const shifted = f.let(i32x4.sub(value, half));
    f.set(exponent, i32x4.shrS(shifted, int(23)));
    f.set(mantissa, i32x4.add(v128.and(shifted, f.i32x4(0x7fffff)), half));
  };
  split(x);
  f.if(unusual, () => {
    const denormal = f.let(f32x4.lt(x, f.f32x4(2 ** -126)));
    split(f32x4.mul(x, i32x4.add(v128.and(denormal, f.i32x4(23 << 23)), f.f32x4(1))));
    f.set(exponent, i32x4.sub(exponent, v128.and(denormal, f.i32x4(23))));
  });
  return { exponent, mantissa };
}

function logarithmOf(f: FunctionBuilder, x: V128, correction?: V128): Local<'v128'> {
  const unusual = f.let(v128.anyTrue(isUnusual(f, x)));
  const { exponent, mantissa } = splitFloat(f, x, unusual);
  const e = f.let(f32x4.convertS(exponent));
  const m = f.let(f32x4.sub(mantissa, f.f32x4(1)));
  const square = f.let(f32x4.mul(m, m));
  const cubic = f32x4.mul(f32x4.mul(m, square), polynomial(f, m, logarithm, square));
  const withExponent = f.madd(e, f.f32x4(-2.1219444e-4), cubic);
  const small = f.nmadd(square, f.f32x4(0.5), correction ? f32x4.add(withExponent, correction) : withExponent);
  const result = f.let(f.madd(e, f.f32x4(0.693359375), f32x4.add(m, small)));
  f.if(unusual, () => {
    const zero = f.f32x4(0);
    f.set(result, v128.or(result, f32x4.lt(x, zero)));
    f.set(result, v128.bitselect(f.f32x4(Number.NEGATIVE_INFINITY), result, f32x4.eq(x, zero)));
    const kept = v128.or(f32x4.ne(x, x), i32x4.eq(x, f.i32x4(infinityBits)));
    f.set(result, v128.bitselect(x, result, kept));
  });
  return result;
}

/** The natural logarithm. */
export const log: VectorFunction = (f, x) => logarithmOf(f, x);

/** `log(1 + x)`, accurate near 0. */
export const log1p: VectorFunction = (f, x) => {
  const whole = f.let(f32x4.add(x, f.f32x4(1)));
  const lost = f32x4.sub(x, f32x4.sub(whole, f.f32x4(1)));
  const result = logarithmOf(f, whole, f32x4.div(lost, whole));
  return v128.or(result, signOf(f, x));
};

/** `log(1 + t)` for t in [0, 1]. */
export const log1pOfUnit: VectorFunction = (f, t) => {
  const s = f.let(f32x4.div(f32x4.add(t, t), f32x4.add(t, f.f32x4(2))));
  const square = f.let(f32x4.mul(s, s));
  return f.madd(f32x4.mul(s, square), polynomial(f, square, areaTangent), s);
};
