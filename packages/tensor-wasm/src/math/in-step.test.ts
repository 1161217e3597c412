import { describe, expect, test } from 'vitest';
import { int } from '../assembler/scalar.js';
import { vectorFunctions } from './functions.js';
import { inStep } from './in-step.js';
import { compileFunction } from './measure-accuracy.js';
import type { VectorFunction } from './vector-function.js';

const x = Float32Array.of(0.3, -2, 0, Number.NaN, 1e-40, 3e5, -1e30, 0.9);
const y = Float32Array.of(2, 3, -0, 0.5, Number.POSITIVE_INFINITY, 0.1, -0.2, 700);
const names = Object.keys(vectorFunctions);

/** The result of one of two functions that are written in step, the second one with its operands exchanged. */
function oneOf(which: 0 | 1, first: VectorFunction, second: VectorFunction): VectorFunction {
  return (f, a, b) => {
    const results = inStep(f, [(own) => own.let(first(own, a, b)), (own) => own.let(second(own, b, a))]);
    return results[which] as (typeof results)[0];
  };
}

const bitsFrom = (target: VectorFunction, ...operands: Float32Array[]): Int32Array => {
  const results = compileFunction(target, false).apply(...operands);
  return new Int32Array(results.slice().buffer);
};

describe('inStep', () => {
  test.each(names.map((name, i) => [name, names[(i + 1) % names.length] as string]))(
    'gives the bits of %s beside itself and beside %s',
    (name, other) => {
      const target = vectorFunctions[name] as VectorFunction;
      const neighbour = vectorFunctions[other] as VectorFunction;
      const alone = bitsFrom(target, x, y);
      expect(bitsFrom(oneOf(0, target, target), x, y)).toEqual(alone);
      expect(bitsFrom(oneOf(1, target, target), y, x)).toEqual(alone);
      expect(bitsFrom(oneOf(0, target, neighbour), x, y)).toEqual(alone);
      expect(bitsFrom(oneOf(1, neighbour, target), y, x)).toEqual(alone);
    },
  );

  test('keeps -0 and 0 apart among the constants', () => {
    const zeros: VectorFunction = (f) => inStep(f, [(own) => own.f32x4(0), (own) => own.f32x4(-0)])[1] as never;
    expect(bitsFrom(zeros, x)[0]).toBe(-0x80000000);
  });

  test('loads a constant outside a branch that is not taken', () => {
    const late: VectorFunction = (f, a) =>
      inStep(f, [
        (own) => {
          own.if(int(0), () => {
            own.let(own.f32x4(5));
          });
          return own.let(own.madd(a, own.f32x4(0), own.f32x4(5)));
        },
      ])[0] as never;
    expect(compileFunction(late, false).apply(Float32Array.of(1, 2, 3, 4))).toEqual(Float32Array.of(5, 5, 5, 5));
  });
});
