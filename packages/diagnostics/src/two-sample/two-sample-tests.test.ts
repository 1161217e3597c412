import { describe, expect, it } from 'vitest';
import { binomialTolerance, normalPoints, normals } from '../../fixtures/normal-draws.js';
import {
  energyDistanceTest,
  kernelSteinDiscrepancyTest,
  linearMaximumMeanDiscrepancy,
  maximumMeanDiscrepancy,
  maximumMeanDiscrepancyTest,
} from '../index.js';

/** The share of repetitions whose p-value is at most 0.05. */
function rejectionRate(repetitions: number, pValue: (repetition: number) => number): number {
  let rejected = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) rejected += pValue(repetition) <= 0.05 ? 1 : 0;
  return rejected / repetitions;
}

const origin = [0, 0];

describe('permutation tests', () => {
  const tests = {
    'MMD, unbiased': (x: Float64Array, y: Float64Array, seed: number) =>
      maximumMeanDiscrepancyTest(x, y, { dimension: 2, kernel: 'rbf', permutations: 99, seed }).pValue,
    'MMD, biased': (x: Float64Array, y: Float64Array, seed: number) =>
      maximumMeanDiscrepancyTest(x, y, { dimension: 2, estimator: 'biased', permutations: 99, seed }).pValue,
    'energy distance': (x: Float64Array, y: Float64Array, seed: number) =>
      energyDistanceTest(x, y, { dimension: 2, permutations: 99, seed }).pValue,
  };

  it.each(Object.entries(tests))('%s rejects equal distributions with probability 0.05', (_, pValue) => {
    const draw = normals(1);
    const rate = rejectionRate(500, (seed) =>
      pValue(normalPoints(draw, 20, origin), normalPoints(draw, 14, origin), seed),
    );
    expect(Math.abs(rate - 0.05)).toBeLessThan(binomialTolerance(0.05, 500));
  });

  it.each(Object.entries(tests))('%s finds a shift', (_, pValue) => {
    const draw = normals(2);
    const rate = rejectionRate(40, (seed) =>
      pValue(normalPoints(draw, 30, origin), normalPoints(draw, 30, [1, 0.5]), seed),
    );
    expect(rate).toBeGreaterThan(0.8);
  });

  it('all relabelled statistics come from one distribution with that of the data', () => {
    const draw = normals(3);
    const [x, y] = [normalPoints(draw, 12, origin), normalPoints(draw, 9, origin)];
    const { statistic, pValue, resampled } = maximumMeanDiscrepancyTest(x, y, {
      dimension: 2,
      permutations: 60,
      seed: 5,
    });
    expect(statistic).toBe(maximumMeanDiscrepancy(x, y, { dimension: 2 }));
    expect(resampled.length).toBe(60);
    expect(pValue).toBe((1 + resampled.filter((value) => value >= statistic).length) / 61);
  });
});

describe('linearMaximumMeanDiscrepancy', () => {
  const options = { dimension: 2, kernel: 'rbf', bandwidths: [1.5] } as const;

  it('is the mean over disjoint pairs, and ignores what is left over', () => {
    const k = (a: number, b: number) => Math.exp(-((a - b) ** 2) / (2 * 1.5 ** 2));
    const [x, y] = [
      [0, 1, 3, -2, 9],
      [1, 4, 0, 0],
    ];
    const h = (a: number, b: number, c: number, d: number) => k(a, b) + k(c, d) - k(a, d) - k(b, c);
    const [first, second] = [h(0, 1, 1, 4), h(3, -2, 0, 0)];
    const { statistic, standardError } = linearMaximumMeanDiscrepancy(x, y, { ...options, dimension: 1 });
    expect(statistic).toBeCloseTo((first + second) / 2, 14);
    expect(standardError).toBeCloseTo(Math.abs(first - second) / 2, 14);
  });

  it('rejects equal distributions with probability 0.05', () => {
    const draw = normals(4);
    const rate = rejectionRate(
      800,
      () =>
        linearMaximumMeanDiscrepancy(normalPoints(draw, 200, origin), normalPoints(draw, 200, origin), options).pValue,
    );
    expect(Math.abs(rate - 0.05)).toBeLessThan(binomialTolerance(0.05, 800));
  });

  it('agrees with the discrepancy of normal distributions within 5 standard errors, as the quadratic estimate does', () => {
    // For two normal samples of unit variance in d dimensions, shifted by m: 2 (1 - exp(-m^2 / 2 s)) (h^2 / s)^(d / 2), s = h^2 + 2.
    const draw = normals(5);
    const s = 1.5 ** 2 + 2;
    const wanted = (2 * (1 - Math.exp(-1 / (2 * s))) * 1.5 ** 2) / s;
    const [x, y] = [normalPoints(draw, 20_000, origin), normalPoints(draw, 20_000, [1, 0])];
    const { statistic, standardError } = linearMaximumMeanDiscrepancy(x, y, options);
    expect(Math.abs(statistic - wanted)).toBeLessThan(5 * standardError);
    expect(standardError).toBeLessThan(wanted / 10);
    const quadratic = Array.from({ length: 40 }, (_, i) =>
      maximumMeanDiscrepancy(x.subarray(200 * i, 200 * (i + 1)), y.subarray(200 * i, 200 * (i + 1)), options),
    );
    const mean = quadratic.reduce((sum, value) => sum + value, 0) / 40;
    const error = Math.sqrt(quadratic.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 39 / 40);
    expect(Math.abs(mean - wanted)).toBeLessThan(5 * error);
  });
});

describe('kernelSteinDiscrepancyTest', () => {
  const score = (x: Float64Array) => x.map((value) => -value);

  it.each([
    ['imq', 'unbiased'],
    ['rbf', 'biased'],
  ] as const)('rejects the right distribution with probability 0.05: %s, %s', (kernel, estimator) => {
    const draw = normals(6);
    const rate = rejectionRate(600, (seed) => {
      const x = normalPoints(draw, 50, origin);
      return kernelSteinDiscrepancyTest(x, score(x), { dimension: 2, kernel, estimator, resamplings: 99, seed }).pValue;
    });
    expect(Math.abs(rate - 0.05)).toBeLessThan(binomialTolerance(0.05, 600));
  });

  it('keeps its level for a chain when signs flip rarely, and loses it when they flip freely', () => {
    const draw = normals(7);
    const phi = 0.7;
    const rates = [0.5, 0.08].map((flipProbability) =>
      rejectionRate(120, (seed) => {
        let value = draw();
        const chain = Float64Array.from({ length: 150 }, () => {
          value = phi * value + Math.sqrt(1 - phi * phi) * draw();
          return value;
        });
        const options = {
          dimension: 1,
          kernel: 'rbf',
          bandwidths: [1],
          resamplings: 59,
          flipProbability,
          seed,
        } as const;
        return kernelSteinDiscrepancyTest(chain, score(chain), options).pValue;
      }),
    ) as [number, number];
    expect(rates[0]).toBeGreaterThan(0.05 + binomialTolerance(0.05, 120));
    expect(rates[1]).toBeLessThan(0.05 + binomialTolerance(0.05, 120));
  });

  it.each([
    ['a shift', [0.7, 0], 1],
    ['a wrong scale', [0, 0], 2],
  ] as const)('finds %s', (_, mean, sd) => {
    const draw = normals(8);
    const rate = rejectionRate(40, (seed) => {
      const x = normalPoints(draw, 80, mean, sd);
      return kernelSteinDiscrepancyTest(x, score(x), { dimension: 2, resamplings: 99, seed }).pValue;
    });
    expect(rate).toBeGreaterThan(0.8);
  });
});
