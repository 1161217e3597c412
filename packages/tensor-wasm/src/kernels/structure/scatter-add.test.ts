import { type DType, scatterAdd, sizeOf } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { compareKernel, numbersFrom, random, stored } from '../../../fixtures/check-kernel.js';
import { runKernel } from '../../../fixtures/run-kernel.js';
import { structureRules } from './structure-rules.js';

const cases: readonly (readonly [readonly number[], readonly number[], number])[] = [
  [[7], [], 10],
  [[50], [], 3],
  [[50], [3], 20],
  [[2, 9], [4], 5],
  [[30], [7], 100],
  [[30], [41], 9],
  [[], [5], 3],
  [[0], [5], 3],
  [[4], [0], 3],
  [[0], [2], 0],
];

describe('scatterAdd', () => {
  for (const dtype of ['float32', 'int32'] satisfies DType[])
    test.each(cases)(`${dtype}, indices %j, slices %j, length %i`, (indices, slice, length) => {
      const next = numbersFrom(3);
      const positions = stored(indices, 'int32', () => Math.floor(next() * length));
      const updates = random(5, [...indices, ...slice], dtype);
      const { got, want } = compareKernel(structureRules, (i, u) => scatterAdd(i, u, length), positions, updates);
      expect(got).toHaveLength(want.length);
      got.forEach((value, i) => {
        expect(Math.abs(value - (want[i] as number))).toBeLessThan(dtype === 'int32' ? 1e-9 : 2e-5);
      });
    });

  test('adds to one slot in the order of the indices', () => {
    const positions = stored([4], 'int32', () => 1);
    const updates = stored([4, 5], 'float32', (i) => [2 ** 25, 1, -(2 ** 25), 1][Math.floor(i / 5)] as number);
    const out = runKernel(
      structureRules.scatterAdd as never,
      [positions, updates],
      { length: 3 },
      { shape: [3, 5], dtype: 'float32' },
    );
    expect([...out]).toEqual([...Array<number>(5).fill(0), ...Array<number>(5).fill(1), ...Array<number>(5).fill(0)]);
  });

  test('passes over positions outside', () => {
    const positions = stored([5], 'int32', (i) => [-1, 3, 1, 2 ** 31 - 1, -(2 ** 31)][i] as number);
    for (const slice of [[], [3], [50]]) {
      const updates = stored([5, ...slice], 'int32', (i) => 1 + Math.floor(i / sizeOf(slice)));
      const output = { shape: [3, ...slice], dtype: 'int32' } as const;
      const out = runKernel(structureRules.scatterAdd as never, [positions, updates], { length: 3 }, output);
      const width = sizeOf(slice);
      expect([...out]).toEqual([0, 3, 0].flatMap((value) => Array<number>(width).fill(value)));
    }
  });
});
