import { free, jit, key, matMul, normal, readSync, reference, reshape, type Tensor, withBackend } from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initialiser,
  lecunNormal,
  lecunUniform,
  orthogonal,
  truncatedGaussian,
  varianceScaling,
} from '../index.js';

const oracle = reference({ precision: 'float64' });
const draw = (initialiser: Initialiser, seed: number, shape: readonly number[]) =>
  withBackend(oracle, () => [...readSync(initialiser(key(seed), shape))]);
const mean = (values: readonly number[]) => values.reduce((total, v) => total + v, 0) / values.length;

describe('exact', () => {
  it.each([
    ['square', [24, 24], 24],
    ['tall', [40, 7], 7],
    ['wide', [7, 40], 7],
    ['a window', [3, 3, 4, 10], 10],
    ['one column', [9, 1], 1],
    ['one number', [1, 1], 1],
  ] as const)('orthogonal weights are orthonormal: %s', (_, shape, rank) => {
    const gain = 1.5;
    const gram = withBackend(oracle, () => {
      const weight = reshape(orthogonal({ gain })(key(3), shape), [-1, shape.at(-1) as number]);
      const isTall = (weight.shape[0] as number) >= (weight.shape[1] as number);
      return [...readSync(matMul(weight, weight, isTall ? { transposeA: true } : { transposeB: true }))];
    });
    expect(gram.length).toBe(rank ** 2);
    gram.forEach((value, i) => {
      expect(Math.abs(value - (i % (rank + 1) === 0 ? gain ** 2 : 0))).toBeLessThan(1e-12);
    });
  });

  it('stays orthonormal to single precision in large matrices', () => {
    const weight = orthogonal()(key(1), [120, 120]);
    const gram = [...readSync(matMul(weight, weight, { transposeA: true }))];
    const worst = gram.reduce((most, v, i) => Math.max(most, Math.abs(v - (i % 121 === 0 ? 1 : 0))), 0);
    expect(worst).toBeLessThan(2e-5);
    free(weight);
  });

  it('constant is constant', () => {
    expect(draw(constant(0.5), 1, [2, 2])).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('cuts the tails', () => {
    const values = draw(truncatedGaussian({ scale: 0.1 }), 4, [100, 100]);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.2 / 0.8796256610342398 + 1e-9);
  });
});

describe('statistical', () => {
  const shape = [3, 3, 20, 60];
  const [fanIn, fanOut] = [9 * 20, 9 * 60];
  // Variance and fourth moment in units of the variance: the standard error of the mean square is sqrt((m4 - 1) / n).
  const [uniformFourth, normalFourth, cutFourth] = [9 / 5, 3, 2.4];

  it.each([
    ['glorotUniform', glorotUniform, 2 / (fanIn + fanOut), uniformFourth],
    ['glorotNormal', glorotNormal, 2 / (fanIn + fanOut), normalFourth],
    ['heUniform', heUniform, 2 / fanIn, uniformFourth],
    ['heNormal', heNormal, 2 / fanIn, normalFourth],
    ['lecunUniform', lecunUniform, 1 / fanIn, uniformFourth],
    ['lecunNormal', lecunNormal, 1 / fanIn, normalFourth],
    ['truncatedGaussian', truncatedGaussian({ scale: 0.3 }), 0.09, cutFourth],
    [
      'varianceScaling, out, truncated',
      varianceScaling({ scale: 3, fan: 'out', distribution: 'truncatedNormal' }),
      3 / fanOut,
      cutFourth,
    ],
  ] as const)('%s has the variance that it says', (_, initialiser, variance, fourth) => {
    const values = draw(initialiser, 11, shape);
    expect(Math.abs(mean(values))).toBeLessThan(5 * Math.sqrt(variance / values.length));
    const ratio = mean(values.map((v) => v * v)) / variance;
    expect(Math.abs(ratio - 1)).toBeLessThan(5 * Math.sqrt((fourth - 1) / values.length));
  });

  it('orthogonal weights are uniform over all orthogonal matrices', () => {
    // In O(n): E tr Q = 0, E (tr Q)^2 = 1, E (tr Q)^4 = 3, and each entry has mean square 1 / n.
    const traces = Array.from({ length: 800 }, (_, seed) => {
      const q = draw(orthogonal(), seed, [4, 4]);
      return [0, 5, 10, 15].reduce((total, i) => total + (q[i] as number), 0);
    });
    const error = (fourth: number) => 5 * Math.sqrt(fourth / traces.length);
    expect(Math.abs(mean(traces))).toBeLessThan(error(1));
    expect(Math.abs(mean(traces.map((t) => t ** 2)) - 1)).toBeLessThan(error(2));
    expect(Math.abs(mean(traces.map((t) => t ** 4)) - 3)).toBeLessThan(error(96));
  });
});

describe('contract', () => {
  it.each([
    ['glorotUniform', glorotUniform],
    ['orthogonal', orthogonal()],
    ['truncatedGaussian', truncatedGaussian({ scale: 1 })],
    ['normal', normal],
  ] as const)('%s traces, and uses its key', (_, initialiser) => {
    const compiled = jit((k: ReturnType<typeof key>): Tensor => initialiser(k, [6, 5]));
    const [plain, traced, other] = withBackend(oracle, () =>
      [initialiser(key(1), [6, 5]), compiled(key(1)), compiled(key(2))].map((t) => [...readSync(t)]),
    );
    expect(traced).toEqual(plain);
    expect(other).not.toEqual(plain);
    compiled.clear();
  });

  it.each([
    [() => lecunNormal(key(1), [3]), /expected a shape \[\.\.\., inputs, outputs\], got \[3\]/],
    [() => orthogonal()(key(1), [3]), /orthogonal: expected a shape/],
    [() => orthogonal({ gain: 0 }), /orthogonal: gain must be a finite number above 0, got 0/],
    [() => truncatedGaussian({ scale: -1 }), /truncatedGaussian: scale must be/],
    [() => constant(Number.NaN), /constant: value must be a finite number/],
    [() => varianceScaling({ fan: 'both' as 'in', distribution: 'normal' }), /fan must be "in", "out" or "average"/],
    [() => varianceScaling({ fan: 'in', distribution: 'cauchy' as 'normal' }), /distribution must be/],
  ])('%#: wrong arguments say what is right', (make, message) => {
    expect(make).toThrow(message);
  });
});
