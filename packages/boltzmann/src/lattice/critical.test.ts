import { fold, key, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  canonicalMeans,
  checkerboard,
  exactDensityOfStates,
  isingCriticalBeta,
  isingLattice,
  kaufman,
  type Measured,
  type MultipleHistogram,
  measureLattice,
  multipleHistogram,
  onsager,
  wangLandau,
  wolff,
} from '../index.js';

/** Within 3 standard errors, and within half a per cent. */
function expectMeasured({ value, standardError }: Measured, exact: number, name: string): void {
  expect(Math.abs(value - exact), `${name}: ${value} +- ${standardError}, exactly ${exact}`).toBeLessThan(
    3 * standardError,
  );
  expect(Math.abs(value / exact - 1), `${name}: ${value}, exactly ${exact}`).toBeLessThan(0.005);
}

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

describe('against Onsager: energy and spontaneous magnetisation of 64 x 64', () => {
  it.each([0.46, 0.48, 0.5, 0.55, 0.65])('at beta %d', async (beta) => {
    const lattice = isingLattice({ size: [64, 64], beta });
    const { energy, magnetisation, status } = await measureLattice(lattice, {
      kernel: beta < 0.5 ? wolff(lattice, { clusters: 2 }) : checkerboard(lattice, { sweeps: 2 }),
      chains: 12,
      steps: 150,
      warmup: 30,
      key: key(5),
    });
    expect(status).toBe('ok');
    expectMeasured(energy, onsager(beta).energy, 'energy');
    expectMeasured(magnetisation, onsager(beta).magnetisation, 'magnetisation');
  });

  it.each([0.2, 0.35])('energy above the critical temperature, at beta %d', async (beta) => {
    const lattice = isingLattice({ size: [64, 64], beta });
    const kernel = checkerboard(lattice, { update: 'metropolis', sweeps: 2 });
    const { energy } = await measureLattice(lattice, { kernel, chains: 12, steps: 150, warmup: 50, key: key(6) });
    expectMeasured(energy, onsager(beta).energy, 'energy');
  });
});

/** Three runs around the critical point. */
async function aroundCriticality(side: number): Promise<MultipleHistogram> {
  const runs = [];
  for (const [i, beta] of [0.425, 0.4375, 0.45].entries()) {
    const lattice = isingLattice({ size: [side, side], beta });
    const kernel = wolff(lattice, { clusters: 5 });
    const options = { kernel, chains: 8, steps: 800, warmup: 40, key: fold(key(8), i + side) };
    runs.push((await measureLattice(lattice, options)).run);
  }
  return multipleHistogram(runs);
}

const binder = ({ m2 = 0, m4 = 0 }: Readonly<Record<string, number>>): number => 1 - m4 / (3 * m2 ** 2);

/** Where two functions of the inverse temperature cross, by bisection. */
function crossing(difference: (beta: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  const sign = Math.sign(difference(a));
  while (b - a > 1e-6) {
    const middle = (a + b) / 2;
    if (Math.sign(difference(middle)) === sign) a = middle;
    else b = middle;
  }
  return a;
}

/** The largest heat capacity per site near the critical point, with its error there, on a grid of inverse temperatures. */
function peak(sites: number, heatAt: (beta: number) => { readonly value: number; readonly standardError: number }) {
  const grid = Array.from({ length: 26 }, (_, i) => 0.425 + i * 0.001);
  return grid
    .map((beta) => heatAt(beta))
    .map(({ value, standardError }) => ({ value: value / sites, standardError: standardError / sites }))
    .reduce((best, next) => (next.value > best.value ? next : best));
}

describe('at the critical point, from sides of 8, 16 and 32', () => {
  const sides = [8, 16, 32] as const;
  let combined: readonly MultipleHistogram[] = [];
  beforeAll(async () => {
    await useBackend(wasm({ threads: 1 }));
    combined = [];
    for (const side of sides) combined = [...combined, await aroundCriticality(side)];
  }, 120_000);

  it('reweights to what Kaufman knows: log Z, energy and heat capacity between the runs', () => {
    sides.forEach((side, i) => {
      const one = combined[i] as MultipleHistogram;
      expect(one.status).toBe('converged');
      const first = kaufman([side, side], 0.425).logZ;
      for (const beta of [0.43, isingCriticalBeta, 0.445]) {
        const exact = kaufman([side, side], beta);
        const heat = one.estimate(
          beta,
          ({ energy = 0, energySquared = 0 }) => beta ** 2 * (energySquared - energy ** 2),
        );
        for (const [{ value, standardError }, wanted, most] of [
          [one.logZAt(beta), exact.logZ - first, 0.005],
          [one.means(beta).energy as Measured, exact.energy, 0.01],
          [heat, exact.heatCapacity, 0.08],
        ] as const) {
          expect(Math.abs(value - wanted), `${value} +- ${standardError}, exactly ${wanted}`).toBeLessThan(
            5 * standardError,
          );
          expect(standardError / Math.abs(wanted)).toBeLessThan(most);
        }
        expect(one.effectiveSamples(beta)).toBeGreaterThan(1000);
      }
      expect(one.effectiveSamples(0.6)).toBeLessThan(one.effectiveSamples(0.44) / 4);
    });
  });

  it('has Binder cumulants that cross at 2.269 +- 0.005', () => {
    for (const [small, large] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const [a, b] = [combined[small], combined[large]] as readonly MultipleHistogram[] as [
        MultipleHistogram,
        MultipleHistogram,
      ];
      const difference = (beta: number) => b.estimate(beta, binder).value - a.estimate(beta, binder).value;
      const beta = crossing(difference, 0.43, 0.45);
      expect(Math.abs(1 / beta - 2.269)).toBeLessThan(0.005);
      // And the errors say so: the distance from the exact value is within 4 of them.
      const slope = (difference(beta + 1e-3) - difference(beta - 1e-3)) / 2e-3;
      const noise = Math.hypot(a.estimate(beta, binder).standardError, b.estimate(beta, binder).standardError);
      expect(noise / Math.abs(slope)).toBeLessThan(1e-3);
      expect(Math.abs(beta - isingCriticalBeta)).toBeLessThan((4 * noise) / Math.abs(slope) + 3e-4);
    }
  });

  it('has a heat capacity whose peak grows with log L, at the slope 8 K^2 / pi of Onsager', () => {
    const peaks = sides.map((side, i) =>
      peak(side ** 2, (beta) =>
        (combined[i] as MultipleHistogram).estimate(
          beta,
          ({ energy = 0, energySquared = 0 }) => beta ** 2 * (energySquared - energy ** 2),
        ),
      ),
    );
    const exact = sides.map((side) =>
      peak(side ** 2, (beta) => ({ value: kaufman([side, side], beta).heatCapacity, standardError: 0 })),
    );
    peaks.forEach(({ value, standardError }, i) => {
      expect(Math.abs(value - (exact[i]?.value as number))).toBeLessThan(5 * standardError);
    });
    const [low, high] = [peaks[0], peaks[2]] as [Measured, Measured];
    const slope = (high.value - low.value) / Math.log(4);
    const error = Math.hypot(high.standardError, low.standardError) / Math.log(4);
    const onsagerSlope = (8 * isingCriticalBeta ** 2) / Math.PI;
    expect(error / slope).toBeLessThan(0.1);
    // Sides as short as 8 are off by 4 % of their own.
    expect(Math.abs(slope - onsagerSlope)).toBeLessThan(3 * error + 0.04 * onsagerSlope);
  });
});

describe('Wang-Landau', () => {
  it('has the density of states of 8 x 8 to a mean error of less than 2 %', async () => {
    const lattice = isingLattice({ size: [8, 8], beta: 1 });
    const exact = exactDensityOfStates(lattice);
    const found = await wangLandau(lattice, { key: key(2), finalLogFactor: 1e-5 });
    expect(found.status).toBe('converged');
    expect([...found.energies]).toEqual([...exact.energies]);
    const errors = Array.from(found.logDensity, (log, i) => Math.abs(log - (exact.logDensity[i] as number)));
    const relative = errors.map((error, i) => error / (exact.logDensity[i] as number));
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(relative)).toBeLessThan(0.02);
    expect(mean(errors)).toBeLessThan(0.1);
    const [atCriticality, wanted] = [found, exact].map((density) => canonicalMeans(density, isingCriticalBeta));
    expect((atCriticality?.energy as number) / (wanted?.energy as number)).toBeCloseTo(1, 1);
    expect((atCriticality?.heatCapacity as number) / (wanted?.heatCapacity as number)).toBeCloseTo(1, 1);
  });
});
