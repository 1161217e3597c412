/**
 * Elementwise functions for shaders, where the graphics library's own are inaccurate (log1p, expm1, tanh, sin, cos, erf),
 * patch or lose NaN and infinities (exp, log, sigmoid on some devices), or are missing (erfinv). The bodies are the part that
 * GLSL and WGSL share; `LET` declares a number, `NAN` and `INFINITY` for those numbers. NaN is
 * returned before a body runs.
 */
type Body = string;

/** A polynomial by Horner's rule, from the constant term up. */
function polynomial(variable: string, coefficients: readonly number[]): string {
  const write = (c: number): string => {
    const text = c.toPrecision(9);
    return /[.e]/.test(text) ? text : `${text}.0`;
  };
  return coefficients
    .toReversed()
    .reduce((sum, c) => (sum === '' ? write(c) : `(${write(c)} + ${variable} * ${sum})`), '');
}

/** The coefficients of $`\operatorname{artanh}(t) / t`$ in $`t^2`$, twice. */
const artanh = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => 2 / (2 * n + 1));

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
const alternate = (n: number): number => (n % 2 === 0 ? 1 : -1);

/** Reduces to $`r = x - n \pi`$, with pi in three parts so that the products are exact. */
const reduceByPi = `
  LET n = floor(x * 0.318309886 + 0.5);
  LET r = ((x - n * 3.140625) - n * 0.000967025757) - n * 6.27711415e-7;
  LET u = r * r;
  LET turn = 1.0 - 2.0 * abs(n - 2.0 * floor(n * 0.5));`;

const sineTerms = [0, 1, 2, 3, 4, 5, 6].map((n) => alternate(n) / factorial(2 * n + 1));
const cosineTerms = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => alternate(n) / factorial(2 * n));
const exponentialTerms = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => 1 / factorial(n + 1));
const tanhTerms = [1, -1 / 3, 2 / 15, -17 / 315, 62 / 2835, -1382 / 155925, 21844 / 6081075, -929569 / 638512875];
const erfTerms = Array.from(
  { length: 12 },
  (_, n) => ((2 / Math.sqrt(Math.PI)) * alternate(n)) / (factorial(n) * (2 * n + 1)),
);
/** Abramowitz and Stegun 7.1.26. */
const erfcTerms = [0, 0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
/** Giles, "Approximating the erfinv function", 2012. */
const erfinvCentre = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7,
  2.81022636e-8,
];
const erfinvTail = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558,
  -0.000200214257,
];

/** The bodies by primitive. */
export const gpuFunctions: Readonly<Record<string, Body>> = {
  exp: `
  if (x < -120.0) { return 0.0; }
  return exp(x);`,
  expm1: `
  if (x < -120.0) { return -1.0; }
  if (abs(x) < 0.5) { return x * ${polynomial('x', exponentialTerms)}; }
  return exp(x) - 1.0;`,
  log: `
  if (x < 0.0) { return NAN; }
  if (x == 0.0) { return -INFINITY; }
  if (x == INFINITY) { return x; }
  return log(x);`,
  log1p: `
  if (x < -1.0) { return NAN; }
  if (x == -1.0) { return -INFINITY; }
  if (x == INFINITY) { return x; }
  if (x < -0.5 || x > 1.0) { return log(1.0 + x); }
  LET t = x / (2.0 + x);
  LET u = t * t;
  return t * ${polynomial('u', artanh)};`,
  sin: `${reduceByPi}
  return turn * r * ${polynomial('u', sineTerms)};`,
  cos: `${reduceByPi}
  return turn * ${polynomial('u', cosineTerms)};`,
  tanh: `
  if (abs(x) < 0.5) {
    LET u = x * x;
    return x * ${polynomial('u', tanhTerms)};
  }
  LET e = exp(-2.0 * min(abs(x), 50.0));
  return sign(x) * (1.0 - e) / (1.0 + e);`,
  sigmoid: `
  LET e = exp(-min(abs(x), 100.0));
  if (x < 0.0) { return e / (1.0 + e); }
  return 1.0 / (1.0 + e);`,
  softplus: `
  LET e = exp(-min(abs(x), 100.0));
  LET t = e / (2.0 + e);
  LET u = t * t;
  return max(x, 0.0) + t * ${polynomial('u', artanh)};`,
  erf: `
  LET size = abs(x);
  if (size < 1.0) {
    LET u = x * x;
    return x * ${polynomial('u', erfTerms)};
  }
  if (size > 6.0) { return sign(x); }
  LET t = 1.0 / (1.0 + 0.3275911 * size);
  return sign(x) * (1.0 - exp(-size * size) * ${polynomial('t', erfcTerms)});`,
  erfinv: `
  if (abs(x) > 1.0) { return NAN; }
  if (abs(x) == 1.0) { return x * INFINITY; }
  LET w = -log((1.0 - x) * (1.0 + x));
  if (w < 5.0) {
    LET c = w - 2.5;
    return x * ${polynomial('c', erfinvCentre)};
  }
  LET s = sqrt(w) - 3.0;
  return x * ${polynomial('s', erfinvTail)};`,
};
