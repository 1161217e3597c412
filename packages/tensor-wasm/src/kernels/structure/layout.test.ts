import { concat, type DType, pad, type Tensor } from '@ebmkit/tensor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareKernel, random } from '../../../fixtures/check-kernel.js';
import { structureRules } from './structure-rules.js';

const dtypes = fc.constantFrom<DType>('float32', 'int32', 'bool');
const seeded = { seed: 20, numRuns: 60 };

describe('concat', () => {
  const check = (shapes: readonly (readonly number[])[], axis: number, dtype: DType): void => {
    const parts = shapes.map((shape, i) => random(i + 1, shape, dtype));
    const { got, want } = compareKernel(structureRules, (...tensors: Tensor[]) => concat(tensors, axis), ...parts);
    expect(got).toEqual(want);
  };

  test('any number of inputs along any axis, empty ones too', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 5 });
    const around = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(lengths, around, dtypes, (along, [rows, width], dtype) => {
        check(
          along.map((n) => [rows, n, width]),
          1,
          dtype,
        );
        check(
          along.map((n) => [n, width]),
          0,
          dtype,
        );
        check(
          along.map((n) => [rows, width, n]),
          2,
          dtype,
        );
      }),
      seeded,
    );
  });

  test('long ones, which are cut into pieces', () => {
    for (const dtype of ['float32', 'bool'] as const) {
      check([[5000], [1], [3], [20000], [4097]], 0, dtype);
      check(
        [
          [3, 100],
          [3, 57],
          [3, 1],
        ],
        1,
        dtype,
      );
      check(
        [
          [70, 100],
          [1, 100],
        ],
        0,
        dtype,
      );
    }
  });
});

describe('pad', () => {
  const check = (
    shape: readonly number[],
    before: readonly number[],
    after: readonly number[],
    dtype: DType,
    value = 0,
  ) => {
    const { got, want } = compareKernel(structureRules, (x) => pad(x, before, after, value), random(9, shape, dtype));
    expect(got).toEqual(want);
  };

  test('any shape, before and after', () => {
    const lengths = (max: number) => fc.array(fc.integer({ min: 0, max }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        lengths(6),
        lengths(2),
        lengths(2),
        fc.integer({ min: 1, max: 4 }),
        dtypes,
        (shape, before, after, rank, dtype) => {
          const cut = (list: readonly number[]) => list.slice(0, rank);
          if ([...cut(before), ...cut(after)].every((n) => n === 0)) return;
          check(cut(shape), cut(before), cut(after), dtype, dtype === 'bool' ? 1 : -3);
        },
      ),
      { seed: 21, numRuns: 200 },
    );
  });

  test('long lines, images and odd values', () => {
    check([20000], [3], [5000], 'float32', 1.5);
    check([20000], [3], [5000], 'bool', 1);
    check([2, 3, 28, 28], [0, 0, 1, 1], [0, 0, 1, 1], 'float32');
    check([5, 40], [0, 30], [0, 1], 'float32', Number.NaN);
    check([5], [1], [1], 'float32', Number.NEGATIVE_INFINITY);
    check([5], [1], [1], 'int32', 2.7);
  });
});
