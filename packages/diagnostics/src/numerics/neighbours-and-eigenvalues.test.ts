import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalPoints, normals } from '../../fixtures/normal-draws.js';
import { chiSquareSurvival, normalSurvival, upperIncompleteGamma } from './incomplete-gamma.js';
import { inverseNormalCdf } from './inverse-normal-cdf.js';
import { kdTree, neighbourSquare, visitBall } from './k-d-tree.js';
import { type Points, squaredDistance } from './points.js';
import { randomStream, shuffle } from './random-stream.js';
import { symmetricEigenvalues } from './symmetric-eigenvalues.js';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/scores.json', import.meta.url), 'utf8')) as {
  readonly upperIncompleteGamma: readonly (readonly [number, number, number])[];
  readonly chiSquare: readonly (readonly [number, number, number])[];
  readonly normal: readonly (readonly [number, number])[];
  readonly symmetric: readonly { n: number; matrix: readonly number[]; eigenvalues: readonly number[] }[];
};

describe('incomplete gamma function', () => {
  it.each(fixture.upperIncompleteGamma)('Q(%d, %d) equals SciPy', (a, x, wanted) => {
    expect(Math.abs(upperIncompleteGamma(a, x) / wanted - 1)).toBeLessThan(1e-12);
  });

  it.each(fixture.chiSquare)('the chi-square tail at %d with %d degrees of freedom equals SciPy', (x, k, wanted) => {
    expect(Math.abs(chiSquareSurvival(x, k) / wanted - 1)).toBeLessThan(1e-12);
  });

  it.each(fixture.normal)('the normal tail at %d equals SciPy', (x, wanted) => {
    expect(Math.abs(normalSurvival(x) / wanted - 1)).toBeLessThan(1e-12);
  });

  it('inverts the normal quantile function, and has the limits of a tail', () => {
    for (const p of [1e-9, 0.02, 0.5, 0.8, 0.9999]) expect(normalSurvival(inverseNormalCdf(1 - p))).toBeCloseTo(p, 12);
    expect(chiSquareSurvival(0, 3)).toBe(1);
    expect(chiSquareSurvival(Infinity, 3)).toBe(0);
    expect(chiSquareSurvival(Number.NaN, 3)).toBeNaN();
  });
});

describe('symmetricEigenvalues', () => {
  it.each(fixture.symmetric)('equal NumPy for $n rows', ({ n, matrix, eigenvalues }) => {
    const given = Float64Array.from(matrix);
    const got = symmetricEigenvalues(given, n);
    const scale = Math.max(...eigenvalues.map(Math.abs));
    eigenvalues.forEach((value, i) => {
      expect(Math.abs((got[i] as number) - value)).toBeLessThan(1e-13 * scale);
    });
    expect(given).toEqual(Float64Array.from(matrix));
  });

  it('are NaN for a matrix with NaN', () => {
    expect(symmetricEigenvalues(Float64Array.of(1, Number.NaN, 0, 1), 2)).toEqual(
      Float64Array.of(Number.NaN, Number.NaN),
    );
  });
});

describe('k-d tree', () => {
  /** Points on a coarse grid as well as spread out, so that there are many ties. */
  const clouds = fc
    .record({
      seed: fc.integer(),
      count: fc.integer({ min: 1, max: 120 }),
      dimension: fc.integer({ min: 1, max: 5 }),
      grid: fc.boolean(),
    })
    .map(({ seed, count, dimension, grid }): Points => {
      const values = normalPoints(normals(seed), count, new Array<number>(dimension).fill(0));
      return { values: grid ? values.map(Math.round) : values, count, dimension };
    });

  it('finds the distances that looking at every point finds', () => {
    fc.assert(
      fc.property(clouds, fc.integer({ min: 1, max: 6 }), (points, k) => {
        const tree = kdTree(points);
        for (let i = 0; i < points.count; i++) {
          const squares = Array.from({ length: points.count }, (_, j) => squaredDistance(points, i, points, j));
          const query = points.values.subarray(i * points.dimension, (i + 1) * points.dimension);
          const all = squares.toSorted((a, b) => a - b);
          const others = squares.toSpliced(i, 1).sort((a, b) => a - b);
          expect(neighbourSquare(tree, query, k)).toBe(all[k - 1] ?? Infinity);
          expect(neighbourSquare(tree, query, k, i)).toBe(others[k - 1] ?? Infinity);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('visits exactly the points strictly inside a ball, each once', () => {
    fc.assert(
      fc.property(clouds, fc.double({ min: 0, max: 3, noNaN: true }), (points, radius) => {
        const centre = points.values.slice(0, points.dimension);
        const visited: number[] = [];
        visitBall(kdTree(points), centre, radius * radius, (index) => visited.push(index));
        const inside = Array.from({ length: points.count }, (_, j) => j).filter(
          (j) => squaredDistance(points, 0, points, j) < radius * radius,
        );
        expect(visited.sort((a, b) => a - b)).toEqual(inside);
      }),
      { numRuns: 100, seed: 1 },
    );
  });
});

describe('randomStream', () => {
  it('repeats for a seed and differs between seeds, also in the upper word', () => {
    const first = (seed: number) => Array.from({ length: 5 }, randomStream('test', seed));
    expect(first(1)).toEqual(first(1));
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1];
    expect(new Set(seeds.map((seed) => first(seed)[0])).size).toBe(seeds.length);
  });

  it('is uniform: moments and correlation of neighbours within 5 standard errors', () => {
    const random = randomStream('test', 3);
    const n = 100_000;
    const draws = Float64Array.from({ length: n }, random);
    const mean = draws.reduce((sum, u) => sum + u, 0) / n;
    const square = draws.reduce((sum, u) => sum + (u - 0.5) ** 2, 0) / n;
    const product = draws.reduce((sum, u, i) => sum + (u - 0.5) * ((draws[i + 1] ?? 0.5) - 0.5), 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(square - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * n));
    expect(Math.abs(product)).toBeLessThan(5 / (12 * Math.sqrt(n)));
  });

  it('shuffles into every order equally often, by the chi-square test', () => {
    const random = randomStream('test', 4);
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const values = Uint8Array.of(0, 1, 2, 3);
      shuffle(random, values);
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    const statistic = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(counts.size).toBe(24);
    expect(chiSquareSurvival(statistic, 23)).toBeGreaterThan(1e-5);
  });

  it('refuses what is not a seed', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, undefined as unknown as number]) {
      expect(() => randomStream('where', seed)).toThrow('where: expected a seed that is a whole number');
    }
  });
});
