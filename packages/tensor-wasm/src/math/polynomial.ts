import type { Local, V128 } from '../assembler/expression.js';
import type { FunctionBuilder } from '../assembler/function-builder.js';
import { f32x4 } from '../assembler/vector.js';

/**
 * The polynomial with these coefficients, constant first, at `x`, a local, by Estrin's scheme: a shorter chain of dependent
 * operations than Horner's rule, for moderate `x`.
 */
export function polynomial(f: FunctionBuilder, x: V128, coefficients: readonly number[], square?: V128): Local<'v128'> {
  let terms = coefficients.map((coefficient) => f.f32x4(coefficient));
  let power = x;
  for (let level = 0; terms.length > 1; level++) {
    if (level > 0) power = level === 1 && square ? square : f.let(f32x4.mul(power, power));
    const upper = terms.filter((_, i) => i % 2 === 1);
    terms = terms
      .filter((_, i) => i % 2 === 0)
      .map((term, i) => (upper[i] ? f.let(f.madd(upper[i], power, term)) : term));
  }
  return f.let(terms[0] as V128);
}

/** One polynomial at several points, in step, by Horner's rule; each constant is loaded once. */
export function polynomials(
  f: FunctionBuilder,
  points: readonly V128[],
  coefficients: readonly number[],
): Local<'v128'>[] {
  const [highest = 0, ...rest] = [...coefficients].reverse();
  const first = f.let(f.f32x4(highest));
  const totals: Local<'v128'>[] = [];
  rest.forEach((coefficient, i) => {
    const constant = points.length === 1 ? f.f32x4(coefficient) : f.let(f.f32x4(coefficient));
    points.forEach((x, j) => {
      const value = f.madd(totals[j] ?? first, x, constant);
      if (i === 0) totals.push(f.let(value));
      else f.set(totals[j] as Local<'v128'>, value);
    });
  });
  return totals;
}
