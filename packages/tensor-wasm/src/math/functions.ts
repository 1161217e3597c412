import { erf, erfinv } from './error-function.js';
import { exp, expm1 } from './exponential.js';
import { log, log1p } from './logarithm.js';
import { sigmoid, softplus, tanh } from './logistic.js';
import { pow } from './power.js';
import { round, rsqrt, sqrt } from './roots.js';
import { cos, sin } from './trigonometric.js';
import type { VectorFunction } from './vector-function.js';

/** Elementary functions by the name of their primitive; `pow` takes two operands. */
export const vectorFunctions: Readonly<Record<string, VectorFunction>> = {
  exp,
  expm1,
  log,
  log1p,
  sin,
  cos,
  tanh,
  sigmoid,
  softplus,
  erf,
  erfinv,
  sqrt,
  rsqrt,
  pow,
  round,
};
