import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPoints, normals } from '../../fixtures/normal-draws.js';
import {
  energyDistance,
  frechetDistance,
  frechetDistanceOfMoments,
  kernelSteinDiscrepancy,
  knnJensenShannon,
  knnKullbackLeibler,
  linearMaximumMeanDiscrepancy,
  maximumMeanDiscrepancy,
  maximumMeanDiscrepancyTest,
  medianDistance,
  precisionRecallDensityCoverage,
  slicedWasserstein,
} from '../index.js';

type Distance = (x: ArrayLike<number>, y: ArrayLike<number>, dimension: number) => number;

const distances: Readonly<Record<string, Distance>> = {
  'maximumMeanDiscrepancy, biased': (x, y, dimension) =>
    maximumMeanDiscrepancy(x, y, { dimension, estimator: 'biased', bandwidths: [1, 3] }),
  energyDistance: (x, y, dimension) => energyDistance(x, y, { dimension }),
  'slicedWasserstein 1': (x, y, dimension) => slicedWasserstein(x, y, { dimension, projections: 20, seed: 1 }),
  'slicedWasserstein 2': (x, y, dimension) =>
    slicedWasserstein(x, y, { dimension, order: 2, projections: 20, seed: 1 }),
  frechetDistance: (x, y, dimension) => frechetDistance(x, y, { dimension }),
};
const symmetric: Readonly<Record<string, Distance>> = {
  ...distances,
  'maximumMeanDiscrepancy, unbiased': (x, y, dimension) => maximumMeanDiscrepancy(x, y, { dimension }),
  knnJensenShannon: (x, y, dimension) => knnJensenShannon(x, y, { dimension, neighbours: 2 }),
};

const pairs = fc
  .record({
    seed: fc.integer(),
    dimension: fc.integer({ min: 1, max: 4 }),
    n: fc.integer({ min: 8, max: 30 }),
    m: fc.integer({ min: 8, max: 30 }),
  })
  .map(({ seed, dimension, n, m }) => {
    const draw = normals(seed);
    const mean = new Array<number>(dimension).fill(0);
    return { dimension, x: normalPoints(draw, n, mean), y: normalPoints(draw, m, mean, 1.5).map((v) => v + 0.5) };
  });

/** The rows in the opposite order. */
function reversed(values: Float64Array, dimension: number): Float64Array {
  return values.map(
    (_, i) => values[values.length - dimension * (Math.floor(i / dimension) + 1) + (i % dimension)] as number,
  );
}

function close(got: number, wanted: number, tolerance = 1e-9): void {
  expect(Math.abs(got - wanted), `${got} against ${wanted}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(wanted)));
}

describe('properties', () => {
  it.each(Object.entries(symmetric))('%s is symmetric', (_, distance) => {
    fc.assert(
      fc.property(pairs, ({ x, y, dimension }) => {
        close(distance(x, y, dimension), distance(y, x, dimension));
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it.each(Object.entries(distances))('%s is positive, and zero for equal samples in another order', (_, distance) => {
    fc.assert(
      fc.property(pairs, ({ x, y, dimension }) => {
        expect(distance(x, y, dimension)).toBeGreaterThan(1e-4);
        // A distance that is a root of a difference of sums is zero to the root of the rounding error.
        expect(Math.abs(distance(x, reversed(x, dimension), dimension))).toBeLessThan(1e-6);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it.each([
    ['energyDistance', Math.SQRT2],
    ['slicedWasserstein 1', 2],
    ['slicedWasserstein 2', 2],
    ['frechetDistance', 4],
    ['maximumMeanDiscrepancy, unbiased', 1],
    ['knnJensenShannon', 1],
  ] as const)('%s is unchanged by a shift and scales with the unit', (name, factor) => {
    const distance = symmetric[name] as Distance;
    fc.assert(
      fc.property(pairs, ({ x, y, dimension }) => {
        const change = (values: Float64Array) => values.map((v) => 2 * v + 8);
        close(distance(change(x), change(y), dimension), factor * distance(x, y, dimension), 1e-6);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('energy distance in one dimension by sorting equals that by pairs, as in a plane', () => {
    fc.assert(
      fc.property(pairs, ({ x, y }) => {
        const plane = (values: Float64Array) => Array.from(values).flatMap((v) => [v, 0]);
        close(energyDistance(x, y, { dimension: 1 }), energyDistance(plane(x), plane(y), { dimension: 2 }), 1e-7);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('the Stein discrepancy is unchanged when points and kernel are scaled and scores divided', () => {
    fc.assert(
      fc.property(pairs, ({ x, dimension }) => {
        const scores = x.map((v) => -Math.tanh(v));
        const wanted = kernelSteinDiscrepancy(x, scores, { dimension });
        const doubled = x.map((v) => 2 * v);
        close(
          4 *
            kernelSteinDiscrepancy(
              doubled,
              scores.map((s) => s / 2),
              { dimension },
            ),
          wanted,
        );
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});

describe('closed forms', () => {
  const draw = normals(11);
  const x = normalPoints(draw, 4000, [0, 0]);
  const y = normalPoints(draw, 4000, [1, 0], 1.5);

  it('knnKullbackLeibler of normal samples is the closed form, within 5 standard errors', () => {
    // One half of tr(S2^-1 S1) + m^T S2^-1 m - d + log det; the standard error is taken from ten parts.
    const wanted = (2 / 2.25 + 1 / 2.25 - 2 + 2 * Math.log(2.25)) / 2;
    const parts = Array.from({ length: 10 }, (_, i) =>
      knnKullbackLeibler(x.subarray(800 * i, 800 * (i + 1)), y.subarray(800 * i, 800 * (i + 1)), { dimension: 2 }),
    );
    const mean = parts.reduce((sum, value) => sum + value, 0) / 10;
    const error = Math.sqrt(parts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 9 / 10);
    expect(Math.abs(knnKullbackLeibler(x, y, { dimension: 2 }) - wanted)).toBeLessThan(5 * error);
    expect(error).toBeLessThan(wanted / 10);
    expect(Math.abs(knnKullbackLeibler(x, normalPoints(draw, 4000, [0, 0]), { dimension: 2 }))).toBeLessThan(5 * error);
  });

  it('knnJensenShannon of normal samples is the integral, and log 2 for disjoint ones', () => {
    // The integral of p log(p / m) + q log(q / m), halved, on a fine grid in one dimension.
    const [a, b] = [normalPoints(draw, 6000, [0]), normalPoints(draw, 4000, [2])];
    const density = (t: number, mean: number) => Math.exp(-((t - mean) ** 2) / 2) / Math.sqrt(2 * Math.PI);
    let wanted = 0;
    for (let t = -8; t < 10; t += 0.01) {
      const [p, q] = [density(t, 0), density(t, 2)];
      wanted += 0.005 * (p * Math.log((2 * p) / (p + q)) + q * Math.log((2 * q) / (p + q)));
    }
    const parts = Array.from({ length: 10 }, (_, i) =>
      knnJensenShannon(a.subarray(600 * i, 600 * (i + 1)), b.subarray(400 * i, 400 * (i + 1)), { dimension: 1 }),
    );
    const mean = parts.reduce((sum, value) => sum + value, 0) / 10;
    const error = Math.sqrt(parts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 9 / 10);
    expect(Math.abs(knnJensenShannon(a, b, { dimension: 1 }) - wanted)).toBeLessThan(5 * error);
    expect(
      Math.abs(
        knnJensenShannon(
          a,
          a.map((v) => v + 1000),
          { dimension: 1 },
        ) - Math.LN2,
      ),
    ).toBeLessThan(5 * error);
    expect(Math.abs(knnJensenShannon(a, normalPoints(draw, 4000, [0]), { dimension: 1 }))).toBeLessThan(5 * error);
  });

  it('slicedWasserstein 2 of a shifted sample is the shift over the root of the dimension', () => {
    const shifted = x.map((v, i) => v + (i % 2 === 0 ? 3 : 0));
    // The squared cosine of a random direction in the plane has mean 1/2 and variance 1/8.
    const projections = 400;
    const square = slicedWasserstein(x, shifted, { dimension: 2, order: 2, projections, seed: 3 }) ** 2;
    expect(Math.abs(square / 9 - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 8 / projections));
  });

  it('frechetDistance of moments is the closed form for commuting covariances, also singular ones', () => {
    const first = { mean: [1, 2], covariance: [4, 0, 0, 0] };
    const second = { mean: [1, 0], covariance: [9, 0, 0, 1] };
    expect(frechetDistanceOfMoments(first, second)).toBeCloseTo(4 + 1 + 1, 12);
  });

  it('precisionRecallDensityCoverage tells a missing mode from implausible points', () => {
    const twoModes = Float64Array.from([...normalPoints(draw, 200, [0, 0]), ...normalPoints(draw, 200, [20, 0])]);
    const missing = precisionRecallDensityCoverage(twoModes, normalPoints(draw, 400, [0, 0]), { dimension: 2 });
    expect(missing.precision).toBeGreaterThan(0.9);
    expect(missing.recall).toBeLessThan(0.55);
    expect(missing.coverage).toBeLessThan(0.55);
    const implausible = precisionRecallDensityCoverage(normalPoints(draw, 200, [0, 0]), twoModes, { dimension: 2 });
    expect(implausible.precision).toBeLessThan(0.55);
    expect(implausible.recall).toBeGreaterThan(0.9);
  });
});

describe('contract', () => {
  const bad = [1, 2, Number.NaN, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];
  const good = bad.map((_, i) => i / 3);

  it.each(Object.entries(symmetric))('%s is NaN for a NaN among the points', (_, distance) => {
    expect(distance(bad, good, 1)).toBeNaN();
    expect(distance(good, bad, 1)).toBeNaN();
  });

  it('other results are NaN for a NaN too, and a test never takes it for significant', () => {
    expect(knnKullbackLeibler(bad, good, { dimension: 1 })).toBeNaN();
    expect(kernelSteinDiscrepancy(good, bad, { dimension: 1 })).toBeNaN();
    expect(maximumMeanDiscrepancyTest(bad, good, { dimension: 1, permutations: 9, seed: 1 }).pValue).toBeNaN();
    expect(linearMaximumMeanDiscrepancy(bad, good, { dimension: 1 }).pValue).toBeNaN();
    expect(precisionRecallDensityCoverage(bad, good, { dimension: 1 }).density).toBeNaN();
  });

  it('refuses points that do not fit', () => {
    const nested = [[1, 2]] as unknown as number[];
    expect(() => energyDistance(nested, [1], { dimension: 2 })).toThrow(
      'energyDistance: expected x to be a flat array of numbers, row-major [count, dimension], got an array of other things.',
    );
    expect(() => energyDistance([1, 2, 3], [1, 2], { dimension: 2 })).toThrow(
      'energyDistance: expected x to hold at least 1 points of dimension 2, got 3 numbers.',
    );
    expect(() => energyDistance([1], [1], { dimension: 0 })).toThrow(
      'expected a dimension that is a positive whole number',
    );
    expect(() => knnKullbackLeibler([1, 2], [1, 2], { dimension: 1 })).toThrow(
      'at least 6 points of dimension 1, got 2',
    );
    expect(() => kernelSteinDiscrepancy([1, 2], [1, 2, 3], { dimension: 1 })).toThrow(
      'expected the scores of 2 points, got 3',
    );
    expect(() => frechetDistanceOfMoments({ mean: [1], covariance: [1] }, { mean: [1, 2], covariance: [1] })).toThrow(
      RangeError,
    );
  });

  it('refuses options out of range', () => {
    const options = { dimension: 1, seed: 1 };
    expect(() => maximumMeanDiscrepancy([1, 2], [1, 2], { dimension: 1, bandwidths: [0] })).toThrow(
      'bandwidths above 0',
    );
    expect(() => maximumMeanDiscrepancy([1, 1], [1, 1], { dimension: 1 })).toThrow(
      '[0], the median distance of the points',
    );
    expect(() => maximumMeanDiscrepancy([1, 2], [1, 2], { dimension: 1, kernel: 'cosine' as 'rbf' })).toThrow(
      "got 'cosine'",
    );
    expect(() => maximumMeanDiscrepancyTest([1, 2], [1, 2], { ...options, permutations: 0 })).toThrow(
      'expected permutations to be a positive whole number, got 0',
    );
    expect(() => slicedWasserstein([1], [2], { ...options, order: 3 as 2 })).toThrow(
      'expected the order 1 or 2, got 3',
    );
    expect(() => slicedWasserstein([1], [2], { dimension: 1 } as never)).toThrow('expected a seed');
    expect(() => medianDistance([1], { dimension: 1 })).toThrow('medianDistance: expected x to hold at least 2 points');
  });

  it('leaves its arguments alone and takes Float32Array', () => {
    const x = Float32Array.of(3, 1, 2);
    expect(energyDistance(x, [0, 5], { dimension: 1 })).toBe(energyDistance([3, 1, 2], [0, 5], { dimension: 1 }));
    expect(x).toEqual(Float32Array.of(3, 1, 2));
  });
});
