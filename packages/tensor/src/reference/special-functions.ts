const rootPi = Math.sqrt(Math.PI);

/** The complementary error function for x of at least 1, by its continued fraction (modified Lentz). */
function erfcTail(x: number): number {
  const tiny = 1e-300;
  let f = x;
  let c = x;
  let d = 0;
  for (let n = 1; n < 200; n++) {
    const a = n / 2;
    d = 1 / (x + a * d || tiny);
    c = x + a / c || tiny;
    const ratio = c * d;
    f *= ratio;
    if (Math.abs(ratio - 1) < 1e-16) break;
  }
  return Math.exp(-x * x) / (f * rootPi);
}

/** The error function of |x| below 2 by its series of positive terms. */
function erfSeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / rootPi) * Math.exp(-x * x) * total;
}

/**
 * The error function in double precision.
 *
 * @see Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 7.1.6 and 7.1.14
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (!(size < 2)) return Number.isNaN(x) ? x : Math.sign(x) * (size > 6.5 ? 1 : 1 - erfcTail(size));
  return x === 0 ? x : erfSeries(x);
}

/** A starting value for `erfinv`, within 0.2 % (Winitzki). */
function roughErfinv(x: number): number {
  const l = Math.log((1 - x) * (1 + x));
  const a = 0.147;
  const b = 2 / (Math.PI * a) + l / 2;
  return Math.sign(x) * Math.sqrt(Math.sqrt(b * b - l / a) - b);
}

/** The inverse of the error function in double precision: Halley's steps on `erf`, or on its complement near ±1. */
export function erfinv(x: number): number {
  if (!(Math.abs(x) < 1)) return Math.abs(x) === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  if (x === 0) return x;
  const size = Math.abs(x);
  let y = Math.abs(roughErfinv(x));
  for (let i = 0; i < 4; i++) {
    const miss = y >= 1 ? 1 - size - erfcTail(y) : erf(y) - size;
    const step = miss / ((2 / rootPi) * Math.exp(-y * y));
    y -= step / (1 + y * step);
  }
  return Math.sign(x) * y;
}

/** $`\log(1 + e^x)`$ without overflow. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** $`1 / (1 + e^{-x})`$ without overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** The nearest whole number, halves to even. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest === 0.5) return down % 2 === 0 ? down : down + 1;
  return rest < 0.5 ? down : down + 1;
}
