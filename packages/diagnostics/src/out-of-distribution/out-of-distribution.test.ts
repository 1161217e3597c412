import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../fixtures/chains-for-tests.js';
import { binomialTolerance, normals } from '../../fixtures/normal-draws.js';
import { aupr, auroc, conformalPValues, conformalThreshold, falsePositiveRateAt95, rocCurve } from '../index.js';

interface RocCase {
  readonly name: string;
  readonly positives: readonly number[];
  readonly negatives: readonly number[];
  readonly fpr: readonly number[];
  readonly tpr: readonly number[];
  readonly thresholds: readonly (number | 'Infinity')[];
  readonly auroc: number;
  readonly aupr: number;
  readonly fpr95: number;
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/scores.json', import.meta.url), 'utf8')) as {
  readonly versions: Readonly<Record<string, string>>;
  readonly roc: readonly RocCase[];
};

/** Scores with many ties. */
const classes = fc.record({
  positives: fc.array(fc.integer({ min: -4, max: 6 }), { minLength: 1, maxLength: 40 }),
  negatives: fc.array(fc.integer({ min: -6, max: 4 }), { minLength: 1, maxLength: 40 }),
});
const opposite = (values: readonly number[]) => values.map((value) => -value);

describe(`equal to scikit-learn ${fixture.versions['scikit-learn']}`, () => {
  it.each(fixture.roc)('$name', ({ positives, negatives, ...wanted }) => {
    const scores = { positives, negatives };
    const curve = rocCurve(scores);
    expect(Array.from(curve.thresholds)).toEqual(wanted.thresholds.map(Number));
    expect(Array.from(curve.falsePositiveRate)).toEqual(wanted.fpr);
    expect(Array.from(curve.truePositiveRate)).toEqual(wanted.tpr);
    expect(auroc(scores)).toBeCloseTo(wanted.auroc, 14);
    expect(aupr(scores)).toBeCloseTo(wanted.aupr, 14);
    expect(falsePositiveRateAt95(scores)).toBe(wanted.fpr95);
  });
});

describe('scores of two classes', () => {
  it('auroc is the share of pairs in the right order, ties counting one half', () => {
    fc.assert(
      fc.property(classes, ({ positives, negatives }) => {
        let sum = 0;
        for (const p of positives) for (const n of negatives) sum += p > n ? 1 : p === n ? 0.5 : 0;
        expect(auroc({ positives, negatives })).toBeCloseTo(sum / (positives.length * negatives.length), 13);
      }),
      { seed: 1 },
    );
  });

  it('auroc turns to its complement when the classes are exchanged, and back when the scores are negated', () => {
    fc.assert(
      fc.property(classes, ({ positives, negatives }) => {
        const area = auroc({ positives, negatives });
        expect(auroc({ positives: negatives, negatives: positives })).toBeCloseTo(1 - area, 13);
        expect(auroc({ positives: opposite(negatives), negatives: opposite(positives) })).toBeCloseTo(area, 13);
      }),
      { seed: 1 },
    );
  });

  it('all depend on the order of the scores only, and not on the order in which they are given', () => {
    fc.assert(
      fc.property(classes, ({ positives, negatives }) => {
        const changed = {
          positives: Float64Array.from(positives, Math.exp).reverse(),
          negatives: Float64Array.from(negatives, Math.exp).reverse(),
        };
        for (const measure of [auroc, aupr, falsePositiveRateAt95]) {
          expect(measure(changed)).toBe(measure({ positives, negatives }));
        }
      }),
      { seed: 1 },
    );
  });

  it('are 1, 1 and 0 for classes that are apart, and chance for equal scores', () => {
    const apart = { positives: [3, 4, 5], negatives: [0, 1] };
    expect([auroc(apart), aupr(apart), falsePositiveRateAt95(apart)]).toEqual([1, 1, 0]);
    const equal = { positives: [2, 2, 2], negatives: [2] };
    expect([auroc(equal), aupr(equal), falsePositiveRateAt95(equal)]).toEqual([0.5, 0.75, 1]);
  });

  it('takes a hundred thousand scores and infinite ones', () => {
    const draw = normals(1);
    const many = {
      positives: Float32Array.from({ length: 2e5 }, draw),
      negatives: Float32Array.from({ length: 2e5 }, draw),
    };
    expect(rocCurve(many).thresholds.length).toBeGreaterThan(2e5);
    // The variance of the Mann-Whitney statistic without signal is (n + m + 1) / (12 n m).
    expect(Math.abs(auroc(many) - 0.5)).toBeLessThan(5 * Math.sqrt(4e5 / 12 / 4e10));
    expect(auroc({ positives: [Infinity, 1], negatives: [-Infinity, 1] })).toBe(0.875);
  });

  it('are NaN for a NaN score and refuse an empty class', () => {
    const spoilt = { positives: [1, Number.NaN], negatives: [0] };
    expect([auroc(spoilt), aupr(spoilt), falsePositiveRateAt95(spoilt)]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(rocCurve(spoilt).truePositiveRate).toEqual(Float64Array.of(Number.NaN));
    expect(() => auroc({ positives: [], negatives: [1] })).toThrow(
      'auroc: expected scores of both classes, got 0 positives and 1 negatives.',
    );
  });
});

describe('conformalThreshold', () => {
  it('is the order statistic of rank ceil((n + 1) c), without a rank lost to rounding', () => {
    const scores = Array.from({ length: 99 }, (_, i) => i + 1).reverse();
    for (const percent of [1, 7, 29, 50, 57, 58, 90, 95, 99]) {
      expect(conformalThreshold(scores, { coverage: percent / 100 })).toBe(percent);
    }
    expect(conformalThreshold(scores, { coverage: 0.901 })).toBe(91);
    expect(conformalThreshold(scores, { coverage: 0.995 })).toBe(Infinity);
  });

  it.each([
    [9, 0.8],
    [19, 0.9],
    [30, 0.75],
  ])('covers a new point with probability between c and c + 1 / (n + 1): n = %d, c = %d', (n, coverage) => {
    const draw = normals(2);
    const trials = 20_000;
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const threshold = conformalThreshold(Float64Array.from({ length: n }, draw), { coverage });
      covered += draw() <= threshold ? 1 : 0;
    }
    const exact = Math.ceil((n + 1) * coverage - 1e-9) / (n + 1);
    expect(exact).toBeGreaterThanOrEqual(coverage);
    expect(Math.abs(covered / trials - exact)).toBeLessThan(binomialTolerance(exact, trials));
  });

  it('refuses an impossible coverage and no scores; NaN stays NaN', () => {
    expect(() => conformalThreshold([1], { coverage: 95 })).toThrow(
      'expected a coverage strictly between 0 and 1, got 95',
    );
    expect(() => conformalThreshold([], { coverage: 0.9 })).toThrow(
      'expected at least one calibration score, got none',
    );
    expect(conformalThreshold([1, Number.NaN, 2], { coverage: 0.5 })).toBeNaN();
  });
});

describe('conformalPValues', () => {
  it('count the calibration scores that are at least as high', () => {
    expect(conformalPValues([1, 2, 2, 5], [0, 2, 3, 9, Number.NaN])).toEqual(
      Float64Array.of(1, 0.8, 0.4, 0.2, Number.NaN),
    );
    expect(conformalPValues([1, Number.NaN], [0])).toEqual(Float64Array.of(Number.NaN));
  });

  it('are at most alpha just where a score exceeds the threshold of coverage 1 - alpha', () => {
    const random = uniforms(3);
    const calibration = Array.from({ length: 39 }, random);
    const scores = Array.from({ length: 200 }, random);
    const threshold = conformalThreshold(calibration, { coverage: 0.9 });
    const refused = Array.from(conformalPValues(calibration, scores), (p) => p <= 0.1 + 1e-12);
    expect(refused).toEqual(scores.map((score) => score > threshold));
  });
});
