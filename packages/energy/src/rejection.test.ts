import { jit, key } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { doubleWell } from './double-well.js';
import { integrateEven } from './quadrature.js';
import { staircaseRejection } from './rejection.js';

const energy = (x: number): number => 3 * (x * x - 1) ** 2;
const end = Math.sqrt(1 + Math.sqrt(745 / 3));
const count = 100_000;

describe('staircaseRejection', () => {
  test.each([2, 7, 1024])('draws from the density whatever the number of steps, here %d', (cells) => {
    const { secondMoment } = integrateEven(energy, end, 1e-3);
    const draws = staircaseRejection(energy, 1, end, cells)(key(5), count);
    expect(draws.length).toBe(count);
    const average = (f: (x: number) => number): number => draws.reduce((total, x) => total + f(x), 0) / count;
    const [mean, second, fourth] = [average((x) => x), average((x) => x * x), average((x) => x ** 4)];
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(second / count));
    expect(Math.abs(second - secondMoment)).toBeLessThan(5 * Math.sqrt((fourth - second ** 2) / count));
  });

  test('makes the same draws from the same key', () => {
    const draw = staircaseRejection(energy, 1, end);
    expect(draw(key(1), 9)).toEqual(draw(key(1), 9));
    expect(draw(key(1), 0).length).toBe(0);
  });

  test('says that it cannot be traced', () => {
    expect(() => jit((k: ReturnType<typeof key>) => doubleWell().draw(k, 3))(key(1))).toThrow(/cannot run inside jit/);
  });
});
