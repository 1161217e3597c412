import { fillNormal, key } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { bennettRatio, logMeanWeight } from './log-weights.js';

const normals = (seed: number, count: number): Float64Array => {
  const out = new Float64Array(count);
  fillNormal(key(seed).words, out);
  return out;
};

describe('logMeanWeight', () => {
  test('is exact on a few weights', () => {
    const weights = [1, 2, 5];
    const { logMean, standardError, ess } = logMeanWeight(Float64Array.from(weights, Math.log));
    const variance = ((1 - 8 / 3) ** 2 + (2 - 8 / 3) ** 2 + (5 - 8 / 3) ** 2) / 2;
    expect(logMean).toBeCloseTo(Math.log(8 / 3), 14);
    expect(standardError).toBeCloseTo(Math.sqrt(variance / 3) / (8 / 3), 14);
    expect(ess).toBeCloseTo(64 / 30, 14);
  });

  test('does not overflow, and an offset of the logs only moves the mean', () => {
    const base = normals(1, 50);
    const [a, b] = [logMeanWeight(base), logMeanWeight(base.map((w) => w - 5000))];
    expect(b.logMean).toBeCloseTo(a.logMean - 5000, 9);
    expect(b.standardError).toBeCloseTo(a.standardError, 9);
    expect(b.ess).toBeCloseTo(a.ess, 8);
  });

  test('equal weights have no error; NaN makes NaN', () => {
    expect(logMeanWeight(Float64Array.of(3, 3, 3))).toEqual({ logMean: 3, standardError: 0, ess: 3 });
    expect(logMeanWeight(Float64Array.of(1, Number.NaN)).logMean).toBeNaN();
    expect(logMeanWeight(Float64Array.of(Number.NEGATIVE_INFINITY, 0)).logMean).toBeCloseTo(-Math.LN2, 14);
  });

  test('its standard error is the spread of its estimates', () => {
    const estimates = Array.from({ length: 400 }, (_, i) => logMeanWeight(normals(i, 200).map((z) => 0.7 * z)));
    const mean = estimates.reduce((a, { logMean }) => a + logMean, 0) / 400;
    const spread = Math.sqrt(estimates.reduce((a, { logMean }) => a + (logMean - mean) ** 2, 0) / 399);
    const claimed = estimates.reduce((a, { standardError }) => a + standardError, 0) / 400;
    expect(Math.abs(claimed / spread - 1)).toBeLessThan(5 / Math.sqrt(2 * 400));
  });
});

describe('bennettRatio', () => {
  /** Gaussian work: forward log weights N(c - s^2 / 2, s^2), reverse ones N(-c - s^2 / 2, s^2), as Crooks' relation has it. */
  const work = (seed: number, c: number, s: number, nf: number, nr: number) => ({
    forward: normals(seed, nf).map((z) => c - s ** 2 / 2 + s * z),
    reverse: normals(seed + 1000, nr).map((z) => -c - s ** 2 / 2 + s * z),
  });

  test.each([
    [0, 1, 500, 500],
    [-120, 2, 300, 700],
    [35, 0.3, 900, 60],
  ])('finds the ratio %d of Gaussian work of width %d from %d and %d values', (c, s, nf, nr) => {
    const results = Array.from({ length: 100 }, (_, i) => {
      const { forward, reverse } = work(2 * i, c, s, nf, nr);
      return bennettRatio(forward, reverse);
    });
    const scores = results.map(({ logRatio, standardError }) => (logRatio - c) / standardError);
    expect(Math.abs(scores.reduce((a, b) => a + b, 0) / 100)).toBeLessThan(5 / Math.sqrt(100));
    const variance = scores.reduce((a, b) => a + b * b, 0) / 100;
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 100));
  });

  test('solves its equation', () => {
    const { forward, reverse } = work(7, 4, 1.5, 40, 25);
    const { logRatio: c } = bennettRatio(forward, reverse);
    const m = Math.log(40 / 25);
    const s = (x: number): number => 1 / (1 + Math.exp(-x));
    const up = forward.reduce((a, f) => a + s(f - c - m), 0);
    const down = reverse.reduce((a, r) => a + s(r + c + m), 0);
    expect(up).toBeCloseTo(down, 8);
  });

  test('NaN makes NaN', () => {
    expect(bennettRatio(Float64Array.of(1, Number.NaN), Float64Array.of(0)).logRatio).toBeNaN();
  });
});
