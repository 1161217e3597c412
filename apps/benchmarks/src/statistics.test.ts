import { expect, it } from 'vitest';
import { estimateOf, ratioOf, spreadOf } from './statistics.js';

it('gives the median and the quartiles', () => {
  expect(spreadOf([5, 1, 3, 2, 4])).toEqual({ median: 3, lower: 2, upper: 4, count: 5 });
  expect(spreadOf([7])).toEqual({ median: 7, lower: 7, upper: 7, count: 1 });
  expect(spreadOf([1, 2, 3, 4]).median).toBe(2.5);
});

it('refuses to say something of nothing', () => {
  expect(() => spreadOf([])).toThrow('at least one value');
});

it('compares round by round, so that a slow round of both changes nothing', () => {
  const ours = [[1, 1, 1], [10, 10, 10], [1]];
  const theirs = [
    [2, 2],
    [20, 20],
  ];
  expect(ratioOf(ours, theirs)).toEqual({ median: 2, lower: 2, upper: 2, count: 2 });
});

it('gives the mean and its standard error', () => {
  expect(estimateOf([1, 3], (x) => x * x)).toEqual({ mean: 5, error: 4 });
  expect(estimateOf([2]).error).toBe(0);
});
