const TINY = 1e-300;

/**
 * The logarithm of the gamma function, by Stirling's series after shifting the argument above 12.
 *
 * @param x - a positive number
 * @returns $`\ln \Gamma(x)`$
 */
export function logGamma(x: number): number {
  let shift = 1;
  let z = x;
  for (; z < 12; z++) shift *= z;
  const w = 1 / (z * z);
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - (w * 691) / 360360))))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(shift);
}

/** The continued fraction of the incomplete beta function, by Lentz's method; quick for x below (a + 1) / (a + b + 2). */
function continuedFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return fraction;
}

/** Logarithm of the density of Beta(a, b) at x. */
function logDensity(x: number, a: number, b: number): number {
  return (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b);
}

/**
 * The regularised incomplete beta function: the probability that a Beta(a, b) draw is at most `x`.
 *
 * Reference: NIST Digital Library of Mathematical Functions, section 8.17.
 *
 * @param x - between 0 and 1
 * @param a - first shape, positive
 * @param b - second shape, positive
 * @returns $`I_x(a, b)`$
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const front = Math.exp(logDensity(x, a, b)) * x * (1 - x);
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

/**
 * The quantile function of the Beta(a, b) distribution, by Newton's method kept inside a bracket.
 *
 * @param probability - strictly between 0 and 1
 * @param a - first shape, positive
 * @param b - second shape, positive
 * @returns the `x` with $`I_x(a, b)`$ equal to `probability`
 */
export function inverseIncompleteBeta(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let iteration = 0; iteration < 200; iteration++) {
    const excess = incompleteBeta(x, a, b) - probability;
    if (excess > 0) high = x;
    else low = x;
    const newton = x - excess * Math.exp(-logDensity(x, a, b));
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-15 * x) return next;
    x = next;
  }
  return x;
}
