import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { incompleteBeta, inverseIncompleteBeta, logGamma } from './incomplete-beta.js';
import { inverseNormalCdf } from './inverse-normal-cdf.js';

interface Fixture {
  readonly normalQuantile: readonly (readonly [number, number])[];
  readonly betaQuantile: readonly (readonly [number, number, number, number])[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/special-functions.json', import.meta.url), 'utf8'),
) as Fixture;

describe('inverseNormalCdf', () => {
  it.each(fixture.normalQuantile)('of %d is within 1e-14 of 40-digit arithmetic', (p, wanted) => {
    expect(Math.abs(inverseNormalCdf(p) / wanted - 1)).toBeLessThan(1e-14);
  });

  it('is exact at 0, 1/2 and 1 and NaN outside', () => {
    expect(inverseNormalCdf(0)).toBe(-Infinity);
    expect(inverseNormalCdf(0.5)).toBe(0);
    expect(inverseNormalCdf(1)).toBe(Infinity);
    for (const p of [-1e-300, 1.0000000000000002, Number.NaN]) expect(inverseNormalCdf(p)).toBeNaN();
  });

  it('is odd about 1/2 and increasing', () => {
    const eighths = fc.integer({ min: 1, max: 2 ** 20 - 1 }).map((n) => n / 2 ** 20);
    fc.assert(
      fc.property(eighths, (p) => {
        expect(inverseNormalCdf(1 - p)).toBeCloseTo(-inverseNormalCdf(p), 13);
        expect(inverseNormalCdf(p + 2 ** -21)).toBeGreaterThan(inverseNormalCdf(p));
      }),
      { seed: 1 },
    );
  });
});

describe('incomplete beta function', () => {
  it.each(fixture.betaQuantile)(
    'quantile %d of Beta(%d, %d) is within 1e-12 of 40-digit arithmetic',
    (p, a, b, wanted) => {
      expect(Math.abs(inverseIncompleteBeta(p, a, b) / wanted - 1)).toBeLessThan(1e-12);
    },
  );

  it('has the closed forms x ** a for b = 1 and 1 - (1 - x) ** b for a = 1', () => {
    for (const x of [0, 0.01, 0.3, 0.8, 0.999, 1]) {
      expect(incompleteBeta(x, 3, 1)).toBeCloseTo(x ** 3, 14);
      expect(incompleteBeta(x, 1, 2.5)).toBeCloseTo(1 - (1 - x) ** 2.5, 14);
    }
  });

  it('is symmetric: I_x(a, b) = 1 - I_{1-x}(b, a)', () => {
    const shape = fc.double({ min: 1, max: 1000, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1024 }), shape, shape, (n, a, b) => {
        expect(incompleteBeta(n / 1024, a, b)).toBeCloseTo(1 - incompleteBeta(1 - n / 1024, b, a), 11);
      }),
      { seed: 1 },
    );
  });

  it('uses a gamma function with the factorials', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 13);
      factorial *= n;
    }
    expect(logGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
  });
});
