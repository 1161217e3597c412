import { f32x4 } from '../assembler/vector.js';
import type { VectorFunction } from './vector-function.js';

/** The square root. */
export const sqrt: VectorFunction = (_, x) => f32x4.sqrt(x);

/** One over the square root: -Infinity at -0. */
export const rsqrt: VectorFunction = (f, x) => f32x4.div(f.f32x4(1), f32x4.sqrt(x));

/** The nearest whole number, halves to even. */
export const round: VectorFunction = (_, x) => f32x4.nearest(x);
