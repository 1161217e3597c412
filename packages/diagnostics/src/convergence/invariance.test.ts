import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autoregressiveChains, uniforms } from '../../fixtures/chains-for-tests.js';
import {
  bulkEss,
  bulkRHat,
  type Chains,
  foldedEss,
  foldedRHat,
  madEss,
  meanEss,
  meanMcse,
  medianEss,
  plainEss,
  quantileMcse,
  rHat,
  sdEss,
  sdMcse,
  splitRHat,
  tailEss,
} from '../index.js';

type Diagnostic = readonly [string, (chains: Chains) => number];

/** Probabilities whose quantile falls between two draws: at a draw, rounding decides whether it is at most the quantile. */
const betweenDraws = [0.0537, 0.9412] as const;

const sampleSizes: readonly Diagnostic[] = [
  ['bulkEss', bulkEss],
  ['tailEss', (chains) => tailEss(chains, betweenDraws)],
  ['medianEss', medianEss],
  ['meanEss', meanEss],
  ['sdEss', sdEss],
  ['madEss', madEss],
  ['foldedEss', foldedEss],
  ['plainEss', plainEss],
];
const reductions: readonly Diagnostic[] = [
  ['rHat', rHat],
  ['foldedRHat', foldedRHat],
  ['splitRHat', splitRHat],
];
const errors: readonly Diagnostic[] = [
  ['meanMcse', meanMcse],
  ['sdMcse', sdMcse],
  ['quantileMcse', (chains) => quantileMcse(chains, betweenDraws[0])],
];

/** Chains of multiples of 2 ** -20, which powers of two and small integers scale and shift without rounding. */
const exactChains = fc
  .record({
    seed: fc.integer(),
    phi: fc.double({ min: -0.9, max: 0.95, noNaN: true }),
    chains: fc.integer({ min: 2, max: 5 }),
    draws: fc.integer({ min: 4, max: 60 }),
  })
  .map(({ seed, phi, chains, draws }) =>
    autoregressiveChains(seed, phi, chains, draws).map((chain) => chain.map((x) => Math.round(x * 2 ** 20) / 2 ** 20)),
  );

function close(got: number, wanted: number): void {
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(1e-9 * Math.abs(wanted));
}

describe('invariance', () => {
  it.each([...sampleSizes, ...reductions, ...errors])(
    '%s does not depend on the order of the chains',
    (_, diagnostic) => {
      fc.assert(
        fc.property(exactChains, fc.nat(), (chains, turn) => {
          const turned = chains.map((_, i) => chains[(i + turn) % chains.length] as Float64Array).reverse();
          close(diagnostic(turned), diagnostic(chains));
        }),
        { numRuns: 50, seed: 1 },
      );
    },
  );

  it.each([...sampleSizes, ...reductions])('%s does not depend on the unit of the draws', (name, diagnostic) => {
    const scales = name === 'tailEss' ? [0.5, 4] : [0.5, -4];
    fc.assert(
      fc.property(exactChains, fc.constantFrom(...scales), fc.integer({ min: -8, max: 8 }), (chains, scale, shift) => {
        // A reflection turns `at most the median` into `at least`, which is the same event unless a draw is the median.
        if (name === 'medianEss' && chains.length % 2 === 1 && (chains[0]?.length ?? 0) % 2 === 1) return;
        close(diagnostic(chains.map((chain) => chain.map((x) => scale * x + shift))), diagnostic(chains));
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it.each(errors)('%s scales with the unit of the draws', (_, diagnostic) => {
    fc.assert(
      fc.property(exactChains, fc.integer({ min: -8, max: 8 }), (chains, shift) => {
        close(diagnostic(chains.map((chain) => chain.map((x) => 4 * x + shift))), 4 * diagnostic(chains));
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it.each([
    ['bulkEss', bulkEss],
    ['tailEss', (chains) => tailEss(chains, betweenDraws)],
    ['bulkRHat', bulkRHat],
  ] satisfies Diagnostic[])('%s depends on ranks only', (_, diagnostic) => {
    fc.assert(
      fc.property(exactChains, (chains) => {
        close(diagnostic(chains.map((chain) => chain.map(Math.exp))), diagnostic(chains));
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('leaves its argument alone', () => {
    const chains = autoregressiveChains(3, 0.5, 3, 21);
    const copy = chains.map((chain) => chain.slice());
    for (const [, diagnostic] of [...sampleSizes, ...reductions, ...errors]) diagnostic(chains);
    expect(chains).toEqual(copy);
  });
});

describe('statistical behaviour', () => {
  it('R-hat of independent chains is 1 within 5 standard errors', () => {
    // (R-hat ** 2 - 1) n is the F-like ratio B / W minus 1: mean about 0, variance 2 / (halves - 1); two are maximised.
    const draws = 2000;
    const halves = 8;
    const chains = autoregressiveChains(11, 0, 4, draws);
    const tolerance = (5 * Math.sqrt(2 / (halves - 1))) / (draws / 2) / 2;
    expect(Math.abs(rHat(chains) - 1)).toBeLessThan(tolerance);
  });

  it('R-hat sees a chain that differs in location, in scale, and a drift', () => {
    const chains = autoregressiveChains(12, 0, 4, 500);
    const changed = (change: (x: number, t: number) => number) => [
      ...chains.slice(0, 3),
      (chains[3] as Float64Array).map(change),
    ];
    expect(rHat(changed((x) => x + 1))).toBeGreaterThan(1.05);
    expect(rHat(changed((x) => 5 * x))).toBeGreaterThan(1.05);
    expect(rHat(changed((x, t) => x + t / 100))).toBeGreaterThan(1.05);
  });

  it('meanMcse is the spread of the mean over repetitions, within 5 standard errors', () => {
    const repetitions = 200;
    const phi = 0.6;
    const seeds = uniforms(5);
    const scores = Array.from({ length: repetitions }, () => {
      const chains = autoregressiveChains(Math.floor(seeds() * 2 ** 32), phi, 4, 500);
      const mean = chains.flatMap((chain) => Array.from(chain)).reduce((sum, x) => sum + x, 0) / 2000;
      return mean / meanMcse(chains);
    });
    const variance = scores.reduce((sum, z) => sum + z * z, 0) / repetitions;
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / repetitions));
  });
});
