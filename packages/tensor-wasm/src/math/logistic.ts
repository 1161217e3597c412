import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { negativeSize, signOf } from './bits.js';
import { expm1OfNegative, expOfNegative } from './exponential.js';
import { log1pOfUnit } from './logarithm.js';
import type { VectorFunction } from './vector-function.js';

/** `e^-|x|`: what the functions below take time for, and the same for x and −x. */
export const powerOfSize: VectorFunction = (f, x) => expOfNegative(f, f.let(negativeSize(f, x)));

/** `1 / (1 + e^-x)` from x and `powerOfSize`; for negative x as `e^x / (1 + e^x)`, so that small results are as accurate. */
export const sigmoidFromPower: VectorFunction = (f, x, power) => {
  const one = f.let(f.f32x4(1));
  const numerator = v128.bitselect(power, one, i32x4.shrS(x, int(31)));
  return f32x4.div(numerator, f32x4.add(power, one));
};

/** `log(1 + e^x)` from x and `powerOfSize`. */
export const softplusFromPower: VectorFunction = (f, x, power) =>
  f32x4.add(f32x4.pmax(x, f.f32x4(0)), log1pOfUnit(f, power));

/** `1 / (1 + e^-x)`. */
export const sigmoid: VectorFunction = (f, x) => sigmoidFromPower(f, x, f.let(powerOfSize(f, x)));

/** `log(1 + e^x)`. */
export const softplus: VectorFunction = (f, x) => softplusFromPower(f, x, f.let(powerOfSize(f, x)));

/** The hyperbolic tangent: `-t / (2 + t)` with `t = e^(-2 |x|) - 1`, and the sign of x. */
export const tanh: VectorFunction = (f, x) => {
  const size = f.let(negativeSize(f, x));
  const t = f.let(expm1OfNegative(f, f.let(f32x4.add(size, size))));
  const ratio = f32x4.div(t, f32x4.add(t, f.f32x4(2)));
  return v128.or(f32x4.abs(ratio), signOf(f, x));
};
