import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autoregressiveChains } from '../../fixtures/chains-for-tests.js';
import { fourierTransform } from '../numerics/fourier.js';
import { autocorrelation, autocovariance, meanAutocovariance } from './autocorrelation.js';
import { autocorrelationTime } from './autocorrelation-time.js';
import { meanEss } from './effective-sample-size.js';

const draw = fc.double({ min: -100, max: 100, noNaN: true });

function directAutocovariance(draws: readonly number[], lag: number): number {
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  let sum = 0;
  for (let i = 0; i + lag < draws.length; i++) sum += ((draws[i] ?? 0) - mean) * ((draws[i + lag] ?? 0) - mean);
  return sum / draws.length;
}

describe('fourierTransform', () => {
  it.each([1, 2, 4, 16, 64])('equals the defining sum for size %d', (size) => {
    const real = Float64Array.from({ length: size }, (_, j) => Math.sin(3 * j + 1));
    const imaginary = Float64Array.from({ length: size }, (_, j) => Math.cos(j * j));
    const transformedReal = real.slice();
    const transformedImaginary = imaginary.slice();
    fourierTransform(transformedReal, transformedImaginary);
    for (let k = 0; k < size; k++) {
      let sumReal = 0;
      let sumImaginary = 0;
      for (let j = 0; j < size; j++) {
        const angle = (-2 * Math.PI * j * k) / size;
        sumReal += (real[j] ?? 0) * Math.cos(angle) - (imaginary[j] ?? 0) * Math.sin(angle);
        sumImaginary += (real[j] ?? 0) * Math.sin(angle) + (imaginary[j] ?? 0) * Math.cos(angle);
      }
      expect(transformedReal[k]).toBeCloseTo(sumReal, 11);
      expect(transformedImaginary[k]).toBeCloseTo(sumImaginary, 11);
    }
  });
});

describe('autocovariance', () => {
  it('equals the defining sum at every lag, for any length', () => {
    fc.assert(
      fc.property(fc.array(draw, { minLength: 1, maxLength: 70 }), (draws) => {
        const covariance = autocovariance(draws);
        expect(covariance.length).toBe(draws.length);
        covariance.forEach((value, lag) => {
          expect(value).toBeCloseTo(directAutocovariance(draws, lag), 9);
        });
      }),
      { seed: 1 },
    );
  });

  it('of several chains is the mean of those of each, for even and odd numbers of chains', () => {
    for (const count of [1, 2, 3, 4, 5]) {
      const chains = autoregressiveChains(count, 0.5, count, 33);
      const each = chains.map((chain) => autocovariance(chain));
      meanAutocovariance(chains).forEach((value, lag) => {
        const wanted = each.reduce((sum, covariance) => sum + (covariance[lag] ?? 0), 0) / count;
        expect(value).toBeCloseTo(wanted, 13);
      });
    }
  });

  it('of nothing is nothing', () => {
    expect(autocovariance([])).toEqual(new Float64Array(0));
    expect(autocovariance([5])).toEqual(Float64Array.of(0));
  });
});

describe('autocorrelation', () => {
  it('is the worked example of its documentation', () => {
    const wanted = [1, 0.25, -0.3, -0.45];
    autocorrelation([1, 2, 3, 4]).forEach((value, lag) => {
      expect(value).toBeCloseTo(wanted[lag] ?? Number.NaN, 14);
    });
  });

  it('is NaN for a constant chain and for a chain with NaN', () => {
    expect(autocorrelation([0.1, 0.1, 0.1]).every(Number.isNaN)).toBe(true);
    expect(autocorrelation([1, Number.NaN, 2]).every(Number.isNaN)).toBe(true);
  });
});

describe('autocorrelationTime', () => {
  // Sokal 1997: the relative variance of the estimate is about 2 (2 M + 1) / n, with M the last lag that is summed.
  it.each([
    [0.9, 19],
    [0.5, 3],
    [0, 1],
    [-0.4, 3 / 7],
  ])('of an autoregression with phi = %d is (1 + phi) / (1 - phi) = %d within 5 standard errors', (phi, wanted) => {
    const [chains, draws] = [4, 25_000];
    const lastLag = phi === 0 ? 2 : Math.ceil(Math.log(0.005) / Math.log(Math.abs(phi)));
    const standardError = wanted * Math.sqrt((2 * (2 * lastLag + 1)) / (chains * draws));
    const sampled = autoregressiveChains(7, phi, chains, draws);
    expect(Math.abs(autocorrelationTime(sampled) - wanted)).toBeLessThan(5 * standardError);
    expect(Math.abs((chains * draws) / meanEss(sampled) - wanted)).toBeLessThan(5 * standardError);
  });

  it('is 1 for equal draws and NaN for too few', () => {
    expect(autocorrelationTime([[2, 2, 2, 2, 2]])).toBe(1);
    expect(autocorrelationTime([[2, 1, 2]])).toBeNaN();
  });
});
