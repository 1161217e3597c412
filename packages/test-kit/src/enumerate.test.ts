import { cast, matMul, neg, readSync, reshape, type Tensor, tensor } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { enumerate, enumerateDistribution } from './enumerate.js';

describe('enumerate', () => {
  test('counts in binary, unit 0 first', () => {
    expect(Array.from(readSync(enumerate(2)))).toEqual([0, 0, 1, 0, 0, 1, 1, 1]);
    expect(enumerate(3).dtype).toBe('bool');
    expect(Array.from(readSync(enumerate(3, 5, 2)))).toEqual([1, 0, 1, 0, 1, 1]);
    expect(enumerate(3, 6).shape).toEqual([2, 3]);
  });

  test.each([0, 25, 1.5])('refuses %d units', (bits) => {
    expect(() => enumerate(bits)).toThrow(/bits must be a whole number from 1 to 24/);
  });
});

describe('enumerateDistribution', () => {
  test('of independent units is the product of their probabilities, also in several parts', async () => {
    const biases = Array.from({ length: 15 }, (_, i) => Math.sin(i) * 2);
    const field = tensor(biases.map((b) => [b]));
    const energy = (x: Tensor): Tensor => neg(reshape(matMul(cast(x, 'float32'), field), [x.shape[0] as number]));
    const { logZ, probabilities } = await enumerateDistribution(energy, 15);
    expect(logZ).toBeCloseTo(
      biases.reduce((total, b) => total + Math.log1p(Math.exp(b)), 0),
      4,
    );
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
    const state = 0b101_0000_0000_0110;
    const wanted = biases.reduce((p, b, i) => p / (1 + Math.exp((state >> i) & 1 ? -b : b)), 1);
    expect((probabilities[state] as number) / wanted).toBeCloseTo(1, 4);
  });
});
