import { f32x4, i32x4, v128 } from '../assembler/vector.js';
import { signOf } from './bits.js';
import { exponentialOfRest, reduceByLog2 } from './exponential.js';
import { log } from './logarithm.js';
import { polynomial, polynomials } from './polynomial.js';
import type { VectorFunction } from './vector-function.js';

/** `erf(x) = x + x …` in x² for |x| up to 0.9277: a minimax fit, 9e-10 in relative error. */
const centre = [0.128379166, -0.376126289, 0.112836257, -0.0268557295, 0.00519239344, -0.000804954558, 7.99529444e-5];
/** `erf(x) = 1 - e^(-x + x …)` from there to 4: a minimax fit, 7e-10. */
const flank = [-0.12864849, -0.635151327, -0.106236845, 0.0237620194, -0.00364242936, 0.000322793669, -1.12298912e-5];
const border = 0.927734375;

/** `erfinv(x) = x …` in `t = log(1 - x²)` for t ≥ -6.125: a minimax fit, 6e-8 in relative error. */
const inverseCentre = [
  0.886226892, -0.232015282, 0.0115399957, 0.00231570541, -0.000146948369, -5.5829667e-5, 1.96947767e-7, 1.24067049e-6,
  1.44377054e-7, 5.47807666e-9,
];
/** The same for smaller t, down to that of the last number below 1: 1e-7. */
const inverseFlank = [
  0.834195912, -0.269376487, 0.00317650824, 0.00270119985, 0.000354107819, 2.54016468e-5, 1.08019606e-6, 2.55886832e-8,
  2.61111854e-10,
];

/** The error function. */
export const erf: VectorFunction = (f, x) => {
  const square = f.let(f32x4.mul(x, x));
  const near = f.let(f.madd(polynomial(f, square, centre), x, x));
  const size = f.let(f32x4.pmin(f32x4.abs(x), f.f32x4(4)));
  const one = f.let(f.f32x4(1));
  const exponent = f.let(f.madd(polynomial(f, size, flank), size, f32x4.neg(size)));
  const reduced = reduceByLog2(f, exponent);
  const power = i32x4.add(reduced.exponent, one);
  const far = f.nmadd(exponentialOfRest(f, reduced.rest, one), power, one);
  return v128.bitselect(v128.or(far, signOf(f, x)), near, f32x4.gt(size, f.f32x4(border)));
};

/** The inverse of the error function: infinite at ±1, NaN beyond. */
export const erfinv: VectorFunction = (f, x) => {
  const one = f.let(f.f32x4(1));
  const t = f.let(log(f, f.let(f32x4.mul(f32x4.sub(one, x), f32x4.add(one, x)))));
  // By Horner's rule: t is infinite at ±1.
  const [far = t] = polynomials(f, [t], inverseFlank);
  const [near = t] = polynomials(f, [t], inverseCentre);
  const isFar = f32x4.lt(t, f.f32x4(-6.125));
  const factor = v128.bitselect(far, near, isFar);
  return f32x4.mul(factor, x);
};
