import { describe, expect, test } from 'vitest';
import { expectCloseTo, findMismatch, isCloseTo } from './close-to.js';

const tolerance = { relative: 1e-6, absolute: 0 };

describe('isCloseTo', () => {
  test.each([
    [1, 1 + 5e-7, true],
    [1, 1 + 5e-6, false],
    [-1, 1, false],
    [Number.NaN, Number.NaN, true],
    [Number.NaN, 1, false],
    [1, Number.NaN, false],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, true],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, false],
    [Number.POSITIVE_INFINITY, 4e38, true],
    [Number.POSITIVE_INFINITY, 3e38, false],
    [Number.NEGATIVE_INFINITY, 4e38, false],
    [3e38, Number.POSITIVE_INFINITY, false],
    [0, -0, true],
    [0, 1e-39, true],
    [0, 1e-37, false],
  ])('%d stands for %d: %s', (got, want, fits) => {
    expect(isCloseTo(got, want, tolerance)).toBe(fits);
  });

  test('measures against a scale when one is given', () => {
    expect(isCloseTo(1e-5, 0, tolerance)).toBe(false);
    expect(isCloseTo(1e-5, 0, tolerance, 100)).toBe(true);
  });
});

describe('findMismatch', () => {
  test('is exact without a tolerance', () => {
    expect(findMismatch([1, Number.NaN], [1, Number.NaN])).toBeUndefined();
    expect(findMismatch([1], [1 + 2 ** -52])).toMatch(/^value 0 of 1: expected 1.0000000000000002, got 1 /);
  });

  test('names lengths and the first value that differs', () => {
    expect(findMismatch([1], [1, 2])).toBe('expected 2 values, got 1');
    expect(findMismatch([1, 3, 4], [1, 2, 2], tolerance)).toBe('value 1 of 3: expected 2, got 3 (off by 1)');
  });
});

test('expectCloseTo fails with the mismatch and the place', () => {
  expectCloseTo(new Float32Array([0.1]), [0.1], { relative: 1e-7 });
  expectCloseTo([1], [1]);
  expect(() => expectCloseTo([2], [1], { absolute: 0.5 }, 'here')).toThrow(/here.*\n?.*value 0 of 1/s);
});
