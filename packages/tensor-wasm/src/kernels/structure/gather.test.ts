import { type DType, gather } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { compareKernel, numbersFrom, random, stored } from '../../../fixtures/check-kernel.js';
import { runKernel } from '../../../fixtures/run-kernel.js';
import { structureRules } from './structure-rules.js';

const cases: readonly (readonly [readonly number[], readonly number[], number])[] = [
  [[10], [7], 0],
  [[10], [], 0],
  [[5, 3], [4, 2], 0],
  [[5, 3], [6], 1],
  [[3, 5, 7], [2, 3], 1],
  [[9, 33], [20], 0],
  [[4, 300], [5], 0],
  [[2, 6, 2], [3], 1],
  [[3, 4, 5], [1], 2],
  [[3, 4, 5], [0], 1],
  [[0, 4], [3], 1],
];

describe('gather', () => {
  for (const dtype of ['float32', 'int32', 'bool'] satisfies DType[])
    test.each(cases)(`${dtype}, shape %j, indices %j, axis %i`, (shape, indices, axis) => {
      const next = numbersFrom(3);
      const positions = stored(indices, 'int32', () => Math.floor(next() * (shape[axis] as number)));
      const x = random(5, shape, dtype);
      const { got, want } = compareKernel(structureRules, (t, i) => gather(t, i, axis), x, positions);
      expect(got).toEqual(want);
    });

  test('positions outside read nothing outside', () => {
    const x = stored([3, 2], 'int32', (i) => i + 1);
    const positions = stored([5], 'int32', (i) => [-1, 3, 1, 2 ** 31 - 1, -(2 ** 31)][i] as number);
    const out = runKernel(
      structureRules.gather as never,
      [x, positions],
      { axis: 0 },
      { shape: [5, 2], dtype: 'int32' },
    );
    expect([...out].every((value) => value >= 1 && value <= 6)).toBe(true);
    expect([...out].slice(4, 6)).toEqual([3, 4]);
  });

  test('of an empty axis gives zeros', () => {
    const [x, positions] = [stored([0, 2], 'float32', () => 0), stored([3], 'int32', () => 1)];
    const output = { shape: [3, 2], dtype: 'float32' } as const;
    expect([...runKernel(structureRules.gather as never, [x, positions], { axis: 0 }, output)]).toEqual([
      0, 0, 0, 0, 0, 0,
    ]);
  });
});
