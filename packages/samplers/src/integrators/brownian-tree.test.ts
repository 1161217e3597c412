import { key, memory, readSync, reference, useBackend, zeros } from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brownianTree } from './brownian-tree.js';

const chains = 20_000;
const like = zeros([chains]);
const path = () => brownianTree({ key: key(5), from: 1, to: 3, like, depth: 12 });

/** The numbers of a stretch. */
function numbersOf(from: number, to: number) {
  const { increment, area } = path().between(from, to);
  return { w: Array.from(readSync(increment)), h: Array.from(readSync(area)) };
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const product = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x * (b[i] as number));

beforeAll(() => useBackend(reference({ precision: 'float64' })));
afterAll(() => useBackend(reference()));

describe('a Brownian tree', () => {
  test.each([
    [1, 1.5, 2],
    [1.25, 1.5, 1.75],
    [1.1, 1.3, 2.9],
  ])('increments and areas of %d to %d to %d add up', (a, b, c) => {
    const [left, right, whole] = [numbersOf(a, b), numbersOf(b, c), numbersOf(a, c)];
    const cell = 2 / 2 ** 12;
    const round = (t: number): number => Math.round(t / cell) * cell;
    const [first, second] = [round(b) - round(a), round(c) - round(b)];
    const total = first + second;
    for (let i = 0; i < 100; i++) {
      const at = (values: readonly number[]): number => values[i] as number;
      expect(at(left.w) + at(right.w)).toBeCloseTo(at(whole.w), 10);
      // The integral of the path from its start, by parts and as a whole.
      const integral = first * (at(left.w) / 2 + at(left.h)) + second * (at(left.w) + at(right.w) / 2 + at(right.h));
      expect(integral).toBeCloseTo(total * (at(whole.w) / 2 + at(whole.h)), 10);
    }
  });

  test('has the variances and the independence of Brownian motion at every depth', () => {
    const stretches = [
      [1, 3],
      [1, 1.25],
      [2.25, 2.5],
      [2.5, 2.625],
    ].map(([from, to]) => ({ ...numbersOf(from as number, to as number), length: (to as number) - (from as number) }));
    const error = 5 * Math.sqrt(2 / chains);
    for (const { w, h, length } of stretches) {
      expect(Math.abs(mean(product(w, w)) / length - 1)).toBeLessThan(error);
      expect(Math.abs((12 * mean(product(h, h))) / length - 1)).toBeLessThan(error);
      expect(Math.abs((mean(product(w, h)) * Math.sqrt(12)) / length)).toBeLessThan(error);
    }
    const [, first, second, third] = stretches as [unknown, ...{ w: number[]; h: number[]; length: number }[]];
    for (const [a, b] of [
      [first, second],
      [second, third],
    ] as { w: number[]; h: number[]; length: number }[][]) {
      const scale = Math.sqrt((a?.length ?? 1) * (b?.length ?? 1));
      expect(Math.abs(mean(product(a?.w ?? [], b?.w ?? [])) / scale)).toBeLessThan(error);
      expect(Math.abs((12 * mean(product(a?.h ?? [], b?.h ?? []))) / scale)).toBeLessThan(error);
      expect(Math.abs((Math.sqrt(12) * mean(product(a?.w ?? [], b?.h ?? []))) / scale)).toBeLessThan(error);
    }
  });

  test('answers the same whatever was asked before, and keeps nothing', () => {
    const tree = path();
    const before = memory().tensors;
    const once = Array.from(readSync(tree.between(1.5, 1.75).increment));
    tree.between(1, 2.2);
    expect(Array.from(readSync(tree.between(1.5, 1.75).increment))).toEqual(once);
    expect(memory().tensors).toBe(before + 6);
  });

  test('refuses wrong spans, depths and times', () => {
    expect(() => brownianTree({ key: key(1), from: 1, to: 1, like })).toThrow(/from below to/);
    expect(() => brownianTree({ key: key(1), from: 0, to: 1, like, depth: 0 })).toThrow(/depth must be/);
    expect(() => path().between(0.5, 2)).toThrow(/known from 1 to 3, got the time 0.5/);
    expect(() => path().between(1.5, 1.5000001)).toThrow(/at least/);
  });
});
