import { argMax, type DType, type Tensor } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { compareKernel, random, stored } from '../../../fixtures/check-kernel.js';
import { structureRules } from './structure-rules.js';

const shapes: readonly (readonly [readonly number[], number])[] = [
  [[1], 0],
  [[3, 5], 1],
  [[7, 31], 1],
  [[7, 32], 1],
  [[2, 3, 71], 2],
  [[5, 1000], 1],
  [[6, 3], 0],
  [[9, 4], 0],
  [[3, 5, 7], 1],
  [[4, 6, 16], 1],
  [[2, 11, 67], 1],
  [[2, 5, 3], 0],
  [[5, 1], 1],
];

describe('argMax', () => {
  for (const dtype of ['float32', 'int32'] satisfies DType[])
    test.each(shapes)(`${dtype}, shape %j, axis %i`, (shape, axis) => {
      for (const seed of [1, 2, 3]) {
        const { got, want } = compareKernel(structureRules, (x) => argMax(x, axis), random(seed, shape, dtype));
        expect(got).toEqual(want);
      }
    });

  test('the first of equal values, whichever lane sees it, and zeros are equal', () => {
    for (const [shape, axis] of shapes)
      for (const seed of [1, 2, 3, 4]) {
        const { data } = random(seed, shape, 'int32');
        const few = stored(
          shape,
          'float32',
          (i) => [-1, 0, -0, 1][(data[i] as number) & (seed % 2 === 0 ? 3 : 1)] as number,
        );
        const { got, want } = compareKernel(structureRules, (x) => argMax(x, axis), few);
        expect(got).toEqual(want);
      }
  });

  test('NaN wins where it stands first and nowhere else; infinities are numbers', () => {
    for (const [shape, axis] of shapes)
      for (const share of [2, 5, 1]) {
        const { data } = random(share, shape, 'int32');
        const odd = stored(shape, 'float32', (i) => {
          const n = Math.abs(data[i] as number);
          if (n % share === 0) return Number.NaN;
          return n % 7 === 0 ? Number.NEGATIVE_INFINITY : (data[i] as number);
        });
        const { got, want } = compareKernel(structureRules, (x) => argMax(x, axis), odd);
        expect(got).toEqual(want);
      }
  });

  test('nothing to do', () => {
    const f = (x: Tensor): Tensor => argMax(x, 1);
    expect(compareKernel(structureRules, f, random(1, [0, 3], 'float32')).got).toHaveLength(0);
  });
});
