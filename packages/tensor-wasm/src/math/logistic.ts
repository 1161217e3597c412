import { int } from '../assembler/scalar.js';
import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { negativeSize, signOf } from './bits.js';
import { expm1OfNegative, expOfNegative } from './exponential.js';
import { log1pOfUnit } from './logarithm.js';
import type { VectorFunction } from './vector-function.js';

/** `1 / (1 + e^-x)`; for negative x as `e^x / (1 + e^x)`, so that small results are as accurate. */
export const sigmoid: VectorFunction = (f, x) => {
  const one = f.let(f.f32x4(1));
  const power = f.let(expOfNegative(f, f.let(negativeSize(f, x))));
  const numerator = v128.bitselect(power, one, i32x4.shrS(x, int(31)));
  return f32x4.div(numerator, f32x4.add(power, one));
};

/** `log(1 + e^x)`. */
export const softplus: VectorFunction = (f, x) => {
  const power = f.let(expOfNegative(f, f.let(negativeSize(f, x))));
  return f32x4.add(f32x4.pmax(x, f.f32x4(0)), log1pOfUnit(f, power));
};

/** The hyperbolic tangent: `-t / (2 + t)` with `t = e^(-2 |x|) - 1`, and the sign of x. */
export const tanh: VectorFunction = (f, x) => {
  const size = f.let(negativeSize(f, x));
  const t = f.let(expm1OfNegative(f, f.let(f32x4.add(size, size))));
  const ratio = f32x4.div(t, f32x4.add(t, f.f32x4(2)));
  return v128.or(f32x4.abs(ratio), signOf(f, x));
};
