import { logGamma } from './incomplete-beta.js';

const TINY = 1e-300;

/** $`P(a, x)`$ by its power series; quick for x below a + 1. */
function powerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 100_000 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a));
}

/** $`Q(a, x)`$ by its continued fraction, with Lentz's method; quick for x above a + 1. */
function continuedFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < 100_000; n++) {
    const numerator = n * (a - n);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return fraction * Math.exp(a * Math.log(x) - x - logGamma(a));
}

/**
 * The regularised upper incomplete gamma function $`Q(a, x)`$: the probability that a Gamma(a, 1) draw exceeds `x`.
 *
 * Reference: NIST Digital Library of Mathematical Functions, section 8.2.
 *
 * @param a - the shape, positive
 * @param x - the bound
 * @returns a probability; 1 for `x` at most 0; NaN for NaN
 */
export function upperIncompleteGamma(a: number, x: number): number {
  if (Number.isNaN(x) || x === Infinity) return x === Infinity ? 0 : Number.NaN;
  if (x <= 0) return 1;
  return x < a + 1 ? 1 - powerSeries(a, x) : continuedFraction(a, x);
}

/**
 * The probability that a chi-square draw exceeds `x`.
 *
 * @param x - the bound
 * @param degreesOfFreedom - positive
 * @returns a probability; NaN for NaN
 */
export function chiSquareSurvival(x: number, degreesOfFreedom: number): number {
  return upperIncompleteGamma(degreesOfFreedom / 2, x / 2);
}

/**
 * The probability that a standard normal draw exceeds `x`.
 *
 * @param x - the bound
 * @returns a probability, with full relative accuracy in the upper tail; NaN for NaN
 */
export function normalSurvival(x: number): number {
  const tail = upperIncompleteGamma(0.5, (x * x) / 2) / 2;
  return x >= 0 ? tail : 1 - tail;
}
