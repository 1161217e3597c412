import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  energyDistance,
  energyDistanceTest,
  frechetDistance,
  kernelSteinDiscrepancy,
  kernelSteinDiscrepancyTest,
  knnKullbackLeibler,
  maximumMeanDiscrepancy,
  maximumMeanDiscrepancyTest,
  medianDistance,
  precisionRecallDensityCoverage,
  slicedWasserstein,
} from '../index.js';

type Estimates = Readonly<Record<'biased' | 'unbiased', number>>;

interface Case {
  readonly name: string;
  readonly dimension: number;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly scores: readonly number[];
  readonly medianDistance: number;
  readonly mmd: Readonly<Record<'rbf' | 'imq', Estimates>>;
  readonly ksd: Readonly<Record<'rbf' | 'imq', Estimates>>;
  readonly energyDistance: number;
  readonly wasserstein?: readonly [number, number];
  readonly knn?: readonly [number, number];
  readonly prdc: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly frechet: number;
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/two-sample.json', import.meta.url), 'utf8')) as {
  readonly versions: Readonly<Record<string, string>>;
  readonly bandwidths: readonly number[];
  readonly cases: readonly Case[];
};
const { bandwidths } = fixture;
const kernels = ['rbf', 'imq'] as const;
const estimators = ['biased', 'unbiased'] as const;

function close(what: string, got: number, wanted: number, tolerance = 1e-10): void {
  expect(Math.abs(got - wanted), `${what}: got ${got}, reference ${wanted}`).toBeLessThanOrEqual(
    tolerance * Math.max(1, Math.abs(wanted)),
  );
}

describe(`equal to SciPy ${fixture.versions.scipy}, PyTorch ${fixture.versions.torch} and prdc ${fixture.versions.prdc}`, () => {
  for (const { name, dimension, x, y, scores, ...wanted } of fixture.cases) {
    it(`kernel discrepancies: ${name}`, () => {
      const fewer = [x, scores].map((values) => values.slice(0, 15 * dimension)) as [number[], number[]];
      close('median distance', medianDistance([...x, ...y], { dimension }), wanted.medianDistance);
      for (const kernel of kernels) {
        for (const estimator of estimators) {
          const options = { dimension, kernel, bandwidths, estimator };
          const wantedMmd = wanted.mmd[kernel][estimator];
          const wantedKsd = wanted.ksd[kernel][estimator];
          close(`MMD ${kernel} ${estimator}`, maximumMeanDiscrepancy(x, y, options), wantedMmd);
          close(`KSD ${kernel} ${estimator}`, kernelSteinDiscrepancy(...fewer, options), wantedKsd);
          const few = { permutations: 3, resamplings: 3, seed: 1 };
          close('MMD test', maximumMeanDiscrepancyTest(x, y, { ...options, ...few }).statistic, wantedMmd);
          close('KSD test', kernelSteinDiscrepancyTest(...fewer, { ...options, ...few }).statistic, wantedKsd);
        }
      }
    });

    it(`distances: ${name}`, () => {
      close('energy distance', energyDistance(x, y, { dimension }), wanted.energyDistance);
      const test = energyDistanceTest(x, y, { dimension, permutations: 3, seed: 1 });
      close('energy distance of the test', test.statistic, wanted.energyDistance);
      // SciPy's square root of a singular matrix is good to the root of the rounding error.
      close('Fréchet distance', frechetDistance(x, y, { dimension }), wanted.frechet, 1e-6);
      wanted.wasserstein?.forEach((distance, i) => {
        const order = (i + 1) as 1 | 2;
        close(`Wasserstein ${order}`, slicedWasserstein(x, y, { dimension, order, seed: 0 }), distance);
      });
    });

    it(`nearest neighbours: ${name}`, () => {
      wanted.knn?.forEach((divergence, i) => {
        close('KL', knnKullbackLeibler(x, y, { dimension, neighbours: 2 * i + 1 }), divergence);
      });
      for (const [k, shares] of Object.entries(wanted.prdc)) {
        const got = precisionRecallDensityCoverage(x, y, { dimension, neighbours: Number(k) });
        for (const [share, value] of Object.entries(shares)) close(share, got[share as keyof typeof got], value);
      }
    });
  }
});
