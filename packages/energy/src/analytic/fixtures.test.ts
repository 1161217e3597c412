import { readFileSync } from 'node:fs';
import { readSync, reference, tensor, withBackend } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { doubleWell, type ExactEnergy, gaussian, gaussianMixture } from '../index.js';

interface Points {
  readonly points: number[][];
  readonly energies: number[];
}
interface Normal {
  readonly mean: number[];
  readonly covariance: number[][];
}
interface Fixtures {
  readonly doubleWells: { barrierHeight: number; minimum: number; logZ: number; variance: number }[];
  readonly gaussians: (Points & Normal & { logZ: number })[];
  readonly mixtures: (Points & { components: (Normal & { weight: number })[] })[];
}

const path = new URL('../../fixtures/normalisers.json', import.meta.url);
const { doubleWells, gaussians, mixtures } = JSON.parse(readFileSync(path, 'utf8')) as Fixtures;
const oracle = reference({ precision: 'float64' });

function expectEnergies(e: ExactEnergy, { points, energies }: Points): void {
  const found = withBackend(oracle, () => readSync(e.energy(tensor(points))));
  found.forEach((v, i) => {
    const wanted = energies[i] as number;
    expect(Math.abs(v - wanted)).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted)));
  });
}

describe('equal to SciPy', () => {
  test.each(doubleWells)('double well $barrierHeight high at $minimum', ({ logZ, variance, ...options }) => {
    const e = doubleWell(options);
    expect(Math.abs(e.logZ - logZ)).toBeLessThan(1e-11);
    expect(Math.abs((e.covariance[0] as number) / variance - 1)).toBeLessThan(1e-11);
    const twice = doubleWell({ ...options, eventShape: [3], wellAxes: 2 });
    expect(twice.logZ).toBeCloseTo(2 * logZ + 0.5 * Math.log(2 * Math.PI), 10);
    expect(Array.from(twice.covariance)).toEqual([e.covariance[0], 0, 0, 0, e.covariance[0], 0, 0, 0, 1]);
  });

  test.each(gaussians)('gaussian around $mean', ({ mean, covariance, logZ, ...points }) => {
    const e = gaussian({ mean, covariance });
    expect(Math.abs(e.logZ - logZ)).toBeLessThan(1e-11);
    expectEnergies(e, points);
  });

  test.each(mixtures)('mixture', ({ components, ...points }) => {
    expectEnergies(gaussianMixture({ components }), points);
  });
});

describe('wrong arguments say what is right', () => {
  test.each([
    [() => gaussian({ mean: [] }), /gaussian: expected a mean of at least one finite number/],
    [() => gaussian({ mean: [0, Number.NaN] }), /gaussian: expected a mean/],
    [() => gaussian({ mean: [0], scale: 0 }), /gaussian: scale must be a positive number, got 0/],
    [() => gaussian({ mean: [0], scale: 1, diagonal: [1] }), /at most one of covariance, diagonal and scale/],
    [() => gaussian({ mean: [0], diagonal: [1, 2] }), /expected a diagonal of 1 variances, got 2/],
    [() => gaussian({ mean: [0, 0], diagonal: [1, -2] }), /every variance must be a positive number, got -2/],
    [() => gaussian({ mean: [0, 0], covariance: [[1, 0]] }), /expected a covariance of 2 rows of 2 numbers/],
    [
      () =>
        gaussian({
          mean: [0, 0],
          covariance: [
            [1, 0.5],
            [0.4, 1],
          ],
        }),
      /not symmetric at row 1, column 0/,
    ],
    [
      () =>
        gaussian({
          mean: [0, 0],
          covariance: [
            [1, 2],
            [2, 1],
          ],
        }),
      /not positive definite at row 1/,
    ],
    [() => gaussian({ mean: [0, 0], eventShape: [3] }), /expected an eventShape that holds 2 numbers, got \[3\]/],
    [() => gaussianMixture({ components: [] }), /expected at least one component/],
    [() => gaussianMixture({ components: [{ mean: [0], weight: 0 }] }), /each of positive weight, got weights \[0\]/],
    [() => gaussianMixture({ components: [{ mean: [0] }, { mean: [0, 1] }] }), /one dimension, got means of 1 and 2/],
    [() => doubleWell({ barrierHeight: -1 }), /doubleWell: barrierHeight must be a positive number/],
    [() => doubleWell({ minimum: 0 }), /doubleWell: minimum must be a positive number/],
    [() => doubleWell({ wellAxes: 2 }), /wellAxes must be a whole number from 1 to 1, got 2/],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });
});
