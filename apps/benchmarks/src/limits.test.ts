import { expect, it } from 'vitest';
import { boundOf } from './limits.js';

const limits = { gflops: 50, gflopsUnfused: 30, gbytes: 10, gwords: 2 };

it('adds arithmetic and random words, which share the vector units', () => {
  expect(boundOf({ flops: 50e6, words: 2e6 }, limits)).toBeCloseTo(2);
});

it('takes memory traffic as something that goes on beside', () => {
  expect(boundOf({ flops: 50e6, bytes: 5e6 }, limits)).toBeCloseTo(1);
  expect(boundOf({ flops: 50e6, bytes: 50e6 }, limits)).toBeCloseTo(5);
});
