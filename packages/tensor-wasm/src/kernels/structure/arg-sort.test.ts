import { argSort, type DType } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { compareKernel, random, stored } from '../../../fixtures/check-kernel.js';
import { structureRules } from './structure-rules.js';

const shapes: readonly (readonly [readonly number[], number])[] = [
  [[1], 0],
  [[2], 0],
  [[8], 0],
  [[9], 0],
  [[100], 0],
  [[1025], 0],
  [[40, 17], 1],
  [[17, 40], 0],
  [[3, 50, 7], 1],
  [[5, 1], 1],
  [[0, 4], 1],
  [[4, 0], 1],
];

describe('argSort', () => {
  for (const dtype of ['float32', 'int32'] satisfies DType[])
    test.each(shapes)(`${dtype}, shape %j, axis %i`, (shape, axis) => {
      for (const seed of [1, 2, 3]) {
        const { got, want } = compareKernel(structureRules, (x) => argSort(x, axis), random(seed, shape, dtype));
        expect(got).toEqual(want);
      }
    });

  test('ties keep their order, zeros are equal, NaN of any sign comes after infinity', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, -0, 0, 1, -1, Number.NEGATIVE_INFINITY, 1e-45, -1e-45];
    for (const [shape, axis] of shapes)
      for (const seed of [1, 2]) {
        const { data } = random(seed, shape, 'int32');
        const odd = stored(shape, 'float32', (i) => values[Math.abs(data[i] as number) % values.length] as number);
        const words = new Int32Array(odd.data.buffer);
        words.forEach((word, i) => {
          if (Number.isNaN(odd.data[i]) && i % 2 === 0) words[i] = word | -0x80000000;
        });
        const { got, want } = compareKernel(structureRules, (x) => argSort(x, axis), odd);
        expect(got).toEqual(want);
      }
  });

  test('the ends of int32', () => {
    const ends = stored([40], 'int32', (i) => [0x7fffffff, -0x80000000, 0, -1][(i * 7) % 4] as number);
    const { got, want } = compareKernel(structureRules, (x) => argSort(x), ends);
    expect(got).toEqual(want);
  });
});
