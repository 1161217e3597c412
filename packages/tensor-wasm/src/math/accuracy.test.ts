import { describe, expect, test } from 'vitest';
import { vectorFunctions } from './functions.js';
import { allowRelaxed, compileFunction, measureAccuracy, pairs, sweep } from './measure-accuracy.js';

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

/** The largest error allowed over all float32 numbers, in units of the last place. */
const bounds: Readonly<Record<string, number>> = {
  exp: 1.5,
  expm1: 1.75,
  log: 1,
  log1p: 1.5,
  sin: 2.5,
  cos: 2.5,
  tanh: 3,
  sigmoid: 2.75,
  softplus: 3.25,
  erf: 1.5,
  erfinv: 3.5,
  sqrt: 0.5,
  rsqrt: 1.5,
  pow: 2,
  round: 0,
};

/** Operand, or operands, and the result to the bit. */
const special: Readonly<Record<string, readonly (readonly [number | readonly [number, number], number])[]>> = {
  exp: [
    [0, 1],
    [-0, 1],
    [infinity, infinity],
    [-infinity, 0],
    [88.8, infinity],
    [-104, 0],
    [-103.9, 2 ** -149],
  ],
  expm1: [
    [0, 0],
    [-0, -0],
    [infinity, infinity],
    [-infinity, -1],
    [-200, -1],
    [89, infinity],
    [-1e-45, -(2 ** -149)],
  ],
  log: [
    [1, 0],
    [0, -infinity],
    [-0, -infinity],
    [infinity, infinity],
    [-1e-45, nan],
    [-infinity, nan],
  ],
  log1p: [
    [0, 0],
    [-0, -0],
    [-1, -infinity],
    [infinity, infinity],
    [-1.0001, nan],
    [-infinity, nan],
    [1e-45, 2 ** -149],
  ],
  sin: [
    [0, 0],
    [-0, -0],
    [infinity, nan],
    [-infinity, nan],
    [-1e-45, -(2 ** -149)],
  ],
  cos: [
    [0, 1],
    [-0, 1],
    [infinity, nan],
    [-infinity, nan],
    [1e-45, 1],
  ],
  tanh: [
    [0, 0],
    [-0, -0],
    [infinity, 1],
    [-infinity, -1],
    [1e-45, 2 ** -149],
    [-1e30, -1],
  ],
  sigmoid: [
    [0, 0.5],
    [-0, 0.5],
    [infinity, 1],
    [-infinity, 0],
    [-1e30, 0],
    [-103.9, 2 ** -149],
  ],
  softplus: [
    [infinity, infinity],
    [-infinity, 0],
    [1e30, Math.fround(1e30)],
    [-103.9, 2 ** -149],
  ],
  erf: [
    [0, 0],
    [-0, -0],
    [infinity, 1],
    [-infinity, -1],
    [5, 1],
    [-1e-45, -(2 ** -149)],
  ],
  erfinv: [
    [0, 0],
    [-0, -0],
    [1, infinity],
    [-1, -infinity],
    [1.0001, nan],
    [-infinity, nan],
  ],
  sqrt: [
    [0, 0],
    [-0, -0],
    [infinity, infinity],
    [-1, nan],
  ],
  rsqrt: [
    [0, infinity],
    [-0, -infinity],
    [infinity, 0],
    [-1, nan],
    [4, 0.5],
  ],
  round: [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [infinity, infinity],
    [8388609, 8388609],
  ],
  pow: [
    [[nan, 0], 1],
    [[1, nan], 1],
    [[1, infinity], nan],
    [[-1, -infinity], nan],
    [[-2, 3], -8],
    [[-2, 0.5], nan],
    [[-0, -3], -infinity],
    [[-0, 2], 0],
    [[-infinity, 3], -infinity],
    [[-infinity, 0.5], infinity],
    [[0.5, infinity], 0],
    [[2, -infinity], 0],
    [[2, -149], 2 ** -149],
    [[-2, 127], -(2 ** 127)],
    [[2, 128], infinity],
  ],
};

/** The float32 numbers around multiples of π/2, small and huge, in blocks. */
function* nearQuarterTurns(): Generator<[Float32Array]> {
  for (let power = 0; power < 127; power++) {
    const nearest = Float32Array.from(
      { length: 512 },
      (_, i) => Math.round(2 ** power * (1 + i / 512)) * (Math.PI / 2),
    );
    const bits = new Int32Array(nearest.buffer);
    for (const step of [-1, 0, 1]) yield [new Float32Array(bits.map((word) => word + step).buffer)];
  }
  // The float32 that comes closest to a multiple of π/2.
  yield [Float32Array.of(16367173 * 2 ** 72)];
}

describe.each(allowRelaxed() ? [false, true] : [false])('with relaxed SIMD: %s', (relaxed) => {
  describe.each(Object.keys(vectorFunctions))('%s', (name) => {
    const compiled = compileFunction(vectorFunctions[name] as never, relaxed);

    test('is within its bound over all of float32', () => {
      const blocks = name === 'pow' ? pairs(150) : sweep(name === 'erfinv' ? 100_003 : 2003);
      const { ulp, at } = measureAccuracy(compiled, name, blocks);
      expect(ulp, `at ${at.join()}`).toBeLessThanOrEqual(bounds[name] as number);
    });

    if (name === 'sin' || name === 'cos')
      test('is as accurate next to multiples of π/2, of every size', () => {
        const { ulp, at } = measureAccuracy(compiled, name, nearQuarterTurns());
        expect(ulp, `at ${at.join()}`).toBeLessThanOrEqual(bounds[name] as number);
      });

    test('has the special values right, NaN among them', () => {
      for (const [operand, result] of [...(special[name] ?? []), [[nan, nan], nan] as const]) {
        const operands = typeof operand === 'number' ? [operand] : operand;
        const vectors = operands.map((x) => new Float32Array(4).fill(x));
        expect(Array.from(compiled.apply(...vectors)), `at ${operands.join()}`).toEqual([
          result,
          result,
          result,
          result,
        ]);
      }
    });

    test('treats each lane alone', () => {
      const x = Float32Array.of(0.3, nan, 2.5, infinity, -0.7, 3e5, 1e30, -0, 1e-40, 0.01, 200, -300);
      const y = Float32Array.of(3, 2, nan, 0.5, 2, -0, 0.1, -2, 0.5, -1, 1, 5);
      const together = Array.from(compiled.apply(x, y));
      const alone = together.flatMap((_, i) =>
        Array.from(
          compiled
            .apply(new Float32Array(4).fill(x[i] as number), new Float32Array(4).fill(y[i] as number))
            .slice(0, 1),
        ),
      );
      expect(together).toEqual(alone);
    });
  });
});

test('an error in the last place is counted as one', () => {
  const next = compileFunction((f) => f.f32x4(1 + 2 ** -23), false);
  expect(measureAccuracy(next, 'sqrt', [[Float32Array.of(1)]])).toEqual({ ulp: 1, at: [1] });
  expect(measureAccuracy(next, 'sqrt', [[Float32Array.of(-1)]]).ulp).toBe(infinity);
});
