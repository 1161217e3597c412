import { describe, expect, test } from 'vitest';
import { worstComponents } from './worst-components.js';

/** Draws `[steps, chains, size]` by rule. */
function drawsOf(shape: readonly [number, number, number], rule: (step: number, chain: number, i: number) => number) {
  const [steps, chains, size] = shape;
  const data = Float32Array.from({ length: steps * chains * size }, (_, at) =>
    rule(Math.floor(at / (chains * size)), Math.floor(at / size) % chains, at % size),
  );
  return { data, shape };
}

/** A number that looks random, from three. */
const noise = (a: number, b: number, c: number): number => {
  const x = Math.sin(a * 127.1 + b * 311.7 + c * 74.7) * 43758.5453;
  return x - Math.floor(x) - 0.5;
};

describe('worstComponents', () => {
  test('finds the chain that sits apart and the component that moves slowly', () => {
    const draws = drawsOf([400, 4, 50], (step, chain, i) => {
      if (i === 17) return noise(step, chain, i) + (chain === 2 ? 3 : 0);
      if (i === 31) return 1e6 + Math.sin(step / 30 + chain) + 0.01 * noise(step, chain, i);
      return noise(step, chain, i);
    });
    expect(new Set(worstComponents(draws, 3)).has(17)).toBe(true);
    expect(new Set(worstComponents(draws, 3)).has(31)).toBe(true);
  });

  test('puts what is not finite first, and what never moves last', () => {
    const draws = drawsOf([40, 2, 5], (step, chain, i) => {
      if (i === 4) return step === 7 ? Number.NaN : 0.5;
      return i === 2 ? 3 : noise(step, chain, i);
    });
    expect(worstComponents(draws, 1)).toEqual([4]);
    expect(worstComponents(draws, 4)).not.toContain(2);
  });

  test('a component in which two chains are stuck at different places is the worst', () => {
    const draws = drawsOf([40, 2, 5], (step, chain, i) => (i === 3 ? chain : noise(step, chain, i)));
    expect(worstComponents(draws, 1)).toEqual([3]);
  });

  test('gives all components when there are few, and refuses a shape that does not fit', () => {
    expect(worstComponents(drawsOf([10, 2, 3], noise), 3)).toEqual([0, 1, 2]);
    expect(() => worstComponents({ data: new Float32Array(5), shape: [2, 2, 1] }, 3)).toThrow(/got 5 numbers/);
  });
});
