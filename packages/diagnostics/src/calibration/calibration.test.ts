import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uniforms } from '../../fixtures/chains-for-tests.js';
import { binomialTolerance, normals } from '../../fixtures/normal-draws.js';
import {
  brierScore,
  expectedCalibrationError,
  negativeLogLikelihood,
  rankUniformity,
  reliability,
  simulationBasedCalibration,
} from '../index.js';

interface Diagram {
  readonly accuracy: readonly number[];
  readonly confidence: readonly number[];
}

interface Fixture {
  readonly versions: Readonly<Record<string, string>>;
  readonly reliability: readonly {
    readonly name: string;
    readonly bins: number;
    readonly confidences: readonly number[];
    readonly outcomes: readonly number[];
    readonly width: Diagram;
    readonly mass: Diagram;
  }[];
  readonly multiclass: readonly {
    readonly name: string;
    readonly classes: number;
    readonly probabilities: readonly number[];
    readonly labels: readonly number[];
    readonly brier: number;
    readonly logLoss: number;
  }[];
  readonly ranks: readonly {
    readonly draws: number;
    readonly bins: number;
    readonly ranks: readonly number[];
    readonly statistic: number;
    readonly pValue: number;
  }[];
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/scores.json', import.meta.url), 'utf8')) as Fixture;

describe(`equal to scikit-learn ${fixture.versions['scikit-learn']} and SciPy ${fixture.versions.scipy}`, () => {
  it.each(fixture.reliability)('reliability: $name', ({ bins, confidences, outcomes, ...wanted }) => {
    for (const binning of ['width', 'mass'] as const) {
      const got = reliability(confidences, outcomes, { bins, binning });
      expect(got.length).toBe(wanted[binning].accuracy.length);
      got.forEach(({ accuracy, confidence }, bin) => {
        expect(accuracy).toBeCloseTo(wanted[binning].accuracy[bin] as number, 12);
        expect(confidence).toBeCloseTo(wanted[binning].confidence[bin] as number, 12);
      });
      const error = got.reduce((sum, bin, i) => {
        const { accuracy, confidence } = wanted[binning];
        return sum + bin.count * Math.abs((accuracy[i] as number) - (confidence[i] as number));
      }, 0);
      const total = expectedCalibrationError(confidences, outcomes, { bins, binning });
      expect(total).toBeCloseTo(error / confidences.length, 12);
    }
  });

  it.each(fixture.multiclass)(
    'proper scores of $name classes',
    ({ classes, probabilities, labels, brier, logLoss }) => {
      expect(brierScore(probabilities, labels, { classes })).toBeCloseTo(brier, 12);
      expect(negativeLogLikelihood(probabilities, labels, { classes })).toBeCloseTo(logLoss, 12);
    },
  );

  it.each(fixture.ranks)('chi-square of ranks among $draws draws', ({ draws, bins, ranks, statistic, pValue }) => {
    const { chiSquare } = rankUniformity(ranks, { draws, bins, seed: 0 });
    expect(chiSquare.degreesOfFreedom).toBe(bins - 1);
    expect(chiSquare.statistic).toBeCloseTo(statistic, 10);
    expect(chiSquare.pValue).toBeCloseTo(pValue, 11);
  });
});

describe('expectedCalibrationError', () => {
  it('is 0 for calibrated predictions and the gap for equally wrong ones', () => {
    expect(expectedCalibrationError([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0])).toBe(0);
    expect(expectedCalibrationError([0.9, 0.9], [true, false], { binning: 'mass' })).toBeCloseTo(0.4, 14);
  });

  it('does not depend on the order of predictions, also with ties', () => {
    const predictions = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(predictions, fc.constantFrom('width', 'mass'), (rows, binning) => {
        const error = (given: readonly (readonly [number, boolean])[]) =>
          expectedCalibrationError(
            given.map(([eighths]) => eighths / 8),
            given.map(([, outcome]) => outcome),
            { bins: 5, binning },
          );
        expect(error(rows.toReversed())).toBeCloseTo(error(rows), 12);
      }),
      { seed: 1 },
    );
  });

  it('falls with the number of predictions for calibrated ones, and finds overconfidence', () => {
    const random = uniforms(1);
    const confidences = Float64Array.from({ length: 50_000 }, random);
    const outcomes = Array.from(confidences, (p) => random() < p);
    // In each of 15 bins the gap is normal with a variance of p (1 - p) / n_b, at most 1 / 4 n_b.
    const tolerance = 5 * Math.sqrt(15 / 4 / confidences.length);
    expect(expectedCalibrationError(confidences, outcomes)).toBeLessThan(tolerance);
    const overconfident = confidences.map((p) => (p > 0.5 ? 1 : 0));
    expect(Math.abs(expectedCalibrationError(overconfident, outcomes) - 0.25)).toBeLessThan(tolerance);
  });

  it('refuses what are not probabilities, and is NaN for NaN', () => {
    expect(() => reliability([1.2], [1])).toThrow('reliability: expected confidences from 0 to 1, got 1.2');
    expect(() => reliability([0.5], [1, 0])).toThrow('got 2 outcomes and 1 confidences');
    expect(() => reliability([0.5], [1], { bins: 0 })).toThrow('expected bins to be a positive whole number');
    expect(() => reliability([0.5], [1], { binning: 'equal' as 'mass' })).toThrow("got 'equal'");
    expect(expectedCalibrationError([0.5, Number.NaN], [1, 0])).toBeNaN();
  });
});

describe('proper scores', () => {
  it('are least on average for the true probabilities', () => {
    const truth = [0.2, 0.5, 0.3];
    const expected = (score: typeof brierScore, guess: readonly number[]) =>
      truth.reduce((sum, p, label) => sum + p * score(guess, [label], { classes: 3 }), 0);
    const guesses = fc.tuple(
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(guesses, ([a, b]) => {
        const guess = [a, b, 1].map((value) => value / (a + b + 1));
        for (const score of [brierScore, negativeLogLikelihood]) {
          expect(expected(score, guess)).toBeGreaterThanOrEqual(expected(score, truth) - 1e-12);
        }
      }),
      { seed: 1 },
    );
  });

  it('have their bounds, and refuse what does not fit', () => {
    expect(brierScore([0, 1], [0], { classes: 2 })).toBe(2);
    expect(negativeLogLikelihood([0, 1], [0], { classes: 2 })).toBe(Infinity);
    expect(negativeLogLikelihood([Number.NaN, 1], [0], { classes: 2 })).toBeNaN();
    expect(() => brierScore([1, 0, 0], [0], { classes: 2 })).toThrow(
      'brierScore: expected 2 probabilities for each label',
    );
    expect(() => brierScore([1, 0], [2], { classes: 2 })).toThrow('expected labels from 0 to 1, got 2');
  });
});

/** Truths from a standard normal prior, one observation with unit noise each, and draws from a claimed posterior. */
function simulate(seed: number, count: number, draws: number, shift: number, spread: number) {
  const draw = normals(seed);
  const truths = Float64Array.from({ length: count }, draw);
  const posterior = new Float64Array(count * draws);
  truths.forEach((truth, i) => {
    const observation = truth + draw();
    for (let j = 0; j < draws; j++) posterior[i * draws + j] = observation / 2 + shift + spread * Math.SQRT1_2 * draw();
  });
  return { truths, posterior };
}

describe('simulationBasedCalibration', () => {
  it('ranks the truth among its draws, and gives ties a random order', () => {
    const { ranks, draws } = simulationBasedCalibration([2.5, 0, 9], [1, 2, 3, 1, 2, 3, 1, 2, 3], { seed: 1 });
    expect([draws, ...ranks]).toEqual([3, 2, 0, 3]);
    const tied = simulationBasedCalibration(new Float64Array(4000), new Float64Array(4000 * 4), { seed: 1 });
    expect(tied.chiSquare.degreesOfFreedom).toBe(4);
    expect(tied.chiSquare.pValue).toBeGreaterThan(1e-5);
  });

  it('accepts the right posterior', () => {
    const { truths, posterior } = simulate(1, 1000, 99, 0, 1);
    const { chiSquare, envelope } = simulationBasedCalibration(truths, posterior, { seed: 1 });
    expect(chiSquare.pValue).toBeGreaterThan(1e-3);
    expect(envelope.pValue).toBeGreaterThan(1e-3);
    expect(envelope.isInside).toBe(envelope.pValue > 0.05);
  });

  it.each([
    ['is shifted', 0.2, 1],
    ['is too narrow', 0, 0.7],
    ['is too wide', 0, 1.4],
  ])('refuses a posterior that %s', (_, shift, spread) => {
    const { truths, posterior } = simulate(2, 1000, 99, shift, spread);
    const { chiSquare, envelope } = simulationBasedCalibration(truths, posterior, { seed: 1 });
    expect(chiSquare.pValue).toBeLessThan(1e-3);
    expect(envelope.pValue).toBeLessThan(0.002);
    expect(envelope.isInside).toBe(false);
  });

  it('refuses numbers that do not fit', () => {
    expect(() => simulationBasedCalibration([1, 2], [1, 2, 3], { seed: 1 })).toThrow('got 3 numbers');
    expect(() => simulationBasedCalibration([1], [1, Number.NaN], { seed: 1 })).toThrow('got NaN for truth 0');
  });
});

describe('rankUniformity', () => {
  it('both tests refuse uniform ranks with probability 0.05', () => {
    const random = uniforms(4);
    const [repetitions, draws, count] = [600, 19, 150];
    let [byChiSquare, byEnvelope] = [0, 0];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const ranks = Array.from({ length: count }, () => Math.floor(random() * (draws + 1)));
      const { chiSquare, envelope } = rankUniformity(ranks, { draws, bins: 10, simulations: 200, seed: repetition });
      byChiSquare += chiSquare.pValue <= 0.05 ? 1 : 0;
      byEnvelope += envelope.isInside ? 0 : 1;
    }
    const tolerance = binomialTolerance(0.05, repetitions);
    expect(Math.abs(byChiSquare / repetitions - 0.05)).toBeLessThan(tolerance);
    expect(Math.abs(byEnvelope / repetitions - 0.05)).toBeLessThan(tolerance);
  });

  it('the distribution function is inside its envelope exactly when it says so, at exact places', () => {
    const random = uniforms(5);
    for (const [draws, power] of [
      [9, 1],
      [9, 1.3],
      [499, 1],
      [499, 1.5],
    ] as const) {
      const ranks = Array.from({ length: 400 }, () => Math.floor(random() ** power * (draws + 1)));
      const { places, ecdf, lower, upper, isInside } = rankUniformity(ranks, { draws, seed: 1 }).envelope;
      const within = ecdf.every((value, i) => value >= (lower[i] as number) && value <= (upper[i] as number));
      expect(within).toBe(isInside);
      expect(places.length).toBe(Math.min(draws + 1, 100) - 1);
      places.forEach((place, i) => {
        const below = ranks.filter((rank) => rank < Math.round(place * (draws + 1))).length;
        expect(ecdf[i]).toBe(below / ranks.length);
        expect(lower[i]).toBeLessThanOrEqual(place);
        expect(upper[i]).toBeGreaterThanOrEqual(place);
      });
    }
  });

  it('refuses impossible ranks and options', () => {
    expect(() => rankUniformity([5], { draws: 4, seed: 1 })).toThrow('expected ranks from 0 to 4, got 5');
    expect(() => rankUniformity([], { draws: 4, seed: 1 })).toThrow('expected at least one rank');
    expect(() => rankUniformity([1], { draws: 4, bins: 6, seed: 1 })).toThrow('expected 2 to 5 bins, got 6');
    expect(() => rankUniformity([1], { draws: 4, coverage: 1, seed: 1 })).toThrow('strictly between 0 and 1, got 1');
    expect(() => rankUniformity([1], { draws: 4 } as never)).toThrow('expected a seed');
  });
});
