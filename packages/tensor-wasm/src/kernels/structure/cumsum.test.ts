import { cumsum, type DType } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { compareKernel, random, stored } from '../../../fixtures/check-kernel.js';
import { structureRules } from './structure-rules.js';

const shapes: readonly (readonly [readonly number[], number])[] = [
  [[1], 0],
  [[1000], 0],
  [[5, 17], 1],
  [[5, 3], 0],
  [[5, 4], 0],
  [[3, 9, 7], 1],
  [[4, 6, 16], 1],
  [[2, 11, 67], 1],
  [[0, 4], 1],
  [[4, 0], 1],
];

describe('cumsum', () => {
  for (const dtype of ['float32', 'int32'] satisfies DType[])
    test.each(shapes)(`${dtype}, shape %j, axis %i`, (shape, axis) => {
      for (const exclusive of [false, true])
        for (const reverse of [false, true]) {
          const x = random(7, shape, dtype);
          const { got, want } = compareKernel(structureRules, (t) => cumsum(t, axis, { exclusive, reverse }), x);
          expect(got).toEqual(want);
        }
    });

  test('adds in double precision, so that nothing is lost between large numbers', () => {
    const x = stored([2, 3, 5], 'float32', (i) => [2 ** 30, 0.25, -(2 ** 30)][Math.floor(i / 5) % 3] as number);
    const { got, want } = compareKernel(structureRules, (t) => cumsum(t, 1), x);
    expect(got).toEqual(want);
    expect(got[10]).toBe(0.25);
  });

  test('int32 wraps, NaN stays', () => {
    const large = stored([10], 'int32', () => 0x60000000);
    const odd = stored([3, 4], 'float32', (i) => (i === 5 ? Number.NaN : i));
    for (const x of [large, odd]) {
      const { got, want } = compareKernel(structureRules, (t) => cumsum(t, 0), x);
      expect(got).toEqual(want);
    }
  });
});
