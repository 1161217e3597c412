import { readFileSync } from 'node:fs';
import { reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { allStates } from '../../fixtures/lattice-enumeration.js';
import {
  canonicalMeans,
  exactDensityOfStates,
  type IsingLattice,
  isingCriticalBeta,
  isingLattice,
  kaufman,
  onsager,
  type PottsLattice,
  pottsCriticalBeta,
  pottsLattice,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const square = (side: number, beta = 1): IsingLattice => isingLattice({ size: [side, side], beta });

/** How many states there are at each energy, by looking at each. */
function countAll(lattice: IsingLattice | PottsLattice): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { energy } of allStates(lattice)) counts.set(energy, (counts.get(energy) ?? 0) + 1);
  return counts;
}

describe('the density of states by a transfer matrix', () => {
  const cases: readonly [string, IsingLattice | PottsLattice][] = [
    ['Ising 4 x 4', square(4)],
    ['Ising 3 x 5', isingLattice({ size: [3, 5], beta: 1 })],
    ['antiferromagnet 4 x 2', isingLattice({ size: [4, 2], coupling: -1, beta: 1 })],
    ['Potts q = 3, 3 x 3', pottsLattice({ size: [3, 3], states: 3, beta: 1 })],
    ['Potts q = 4, 2 x 3', pottsLattice({ size: [2, 3], states: 4, coupling: 2, beta: 1 })],
  ];
  it.each(cases)('counts every state of %s', (_, lattice) => {
    const { energies, logDensity } = exactDensityOfStates(lattice);
    const counted = countAll(lattice);
    expect([...energies]).toEqual([...counted.keys()].sort((a, b) => a - b));
    energies.forEach((energy, i) => {
      expect(Math.exp(logDensity[i] as number)).toBeCloseTo(counted.get(energy) as number, 6);
    });
  });

  it('has the exact counts of 8 x 8', () => {
    const { unequal } = JSON.parse(
      readFileSync(new URL('../../fixtures/lattice-density.json', import.meta.url), 'utf8'),
    ) as { readonly unequal: Readonly<Record<string, string>> };
    const { energies, logDensity } = exactDensityOfStates(square(8));
    expect([...energies]).toEqual(Object.keys(unequal).map((broken) => 2 * Number(broken) - 128));
    Object.values(unequal).forEach((count, i) => {
      expect(Math.abs((logDensity[i] as number) - Math.log(Number(count)))).toBeLessThan(1e-13 * 64);
    });
  });

  it('refuses what it cannot do', () => {
    expect(() => exactDensityOfStates(isingLattice({ size: [2, 2, 2], beta: 1 }))).toThrow('two sides');
    expect(() => exactDensityOfStates(isingLattice({ size: [4, 4], field: 1, beta: 1 }))).toThrow('without a field');
    expect(() => exactDensityOfStates(square(16))).toThrow('more than 2e9 additions. Use wangLandau.');
  });
});

describe("Kaufman's solution", () => {
  it.each([
    [2, 2],
    [4, 4],
    [3, 5],
    [6, 4],
  ] as const)('is what the density of states of %d x %d says', (rows, columns) => {
    for (const coupling of [1, 0.7]) {
      const density = exactDensityOfStates(isingLattice({ size: [rows, columns], coupling, beta: 1 }));
      for (const beta of [0.1, 0.3, 0.44, isingCriticalBeta / coupling, 0.6, 1.2]) {
        const exact = canonicalMeans(density, beta);
        const found = kaufman([rows, columns], beta, coupling);
        for (const name of ['logZ', 'energy', 'heatCapacity'] as const)
          expect(Math.abs(found[name] - exact[name]), `${name} at ${beta}`).toBeLessThan(1e-9 * Math.abs(exact[name]));
      }
    }
  });

  it('does not overflow on large lattices, and is near the infinite one away from the critical point', () => {
    for (const beta of [0.2, 0.35, 0.6]) {
      const found = kaufman([256, 256], beta);
      const exact = onsager(beta);
      const states = beta > isingCriticalBeta ? Math.LN2 / 65536 : 0;
      expect(found.logZ / 65536 - states).toBeCloseTo(exact.logZ, 12);
      expect(found.energy / 65536).toBeCloseTo(exact.energy, 10);
      expect(found.heatCapacity / 65536).toBeCloseTo(exact.heatCapacity, 8);
    }
  });

  it('refuses what it is not for', () => {
    expect(() => kaufman([1, 4], 0.3)).toThrow('size must be two whole numbers');
    expect(() => kaufman([4, 4], 0)).toThrow('beta and coupling must be above 0');
  });
});

describe("Onsager's solution", () => {
  it('has the known values at the critical point', () => {
    const { energy, magnetisation, heatCapacity } = onsager(isingCriticalBeta);
    expect(energy).toBeCloseTo(-Math.SQRT2, 12);
    expect(magnetisation).toBeLessThan(0.02);
    expect(heatCapacity).toBeGreaterThan(8);
    // log 2 / 2 + 2 G / pi with Catalan's constant G.
    expect(onsager(isingCriticalBeta).logZ).toBeCloseTo(Math.LN2 / 2 + (2 * 0.915965594177219) / Math.PI, 6);
    expect(1 / isingCriticalBeta).toBeCloseTo(2.269185314213022, 14);
    expect(pottsCriticalBeta(2)).toBeCloseTo(2 * isingCriticalBeta, 14);
    for (const states of [-4, 0.5, Number.NaN])
      expect(() => pottsCriticalBeta(states)).toThrow(`at least 1, got ${states}`);
  });

  it('is consistent: energy and heat capacity are derivatives of log Z, also for another coupling', () => {
    for (const [beta, coupling] of [
      [0.25, 1],
      [0.42, 1],
      [0.47, 1],
      [0.5, 1.4],
    ] as const) {
      const h = 1e-4;
      const [below, at, above] = [beta - h, beta, beta + h].map((b) => onsager(b, coupling));
      const centre = at as NonNullable<typeof at>;
      const slope = (name: 'logZ' | 'energy') =>
        ((above as NonNullable<typeof above>)[name] - (below as NonNullable<typeof below>)[name]) / (2 * h);
      expect(-slope('logZ')).toBeCloseTo(centre.energy, 5);
      expect(-(beta ** 2) * slope('energy')).toBeCloseTo(centre.heatCapacity, 4);
    }
  });

  it('gives the magnetisation of Yang', () => {
    expect(onsager(0.5).magnetisation).toBeCloseTo((1 - Math.sinh(1) ** -4) ** (1 / 8), 14);
    expect(onsager(0.4).magnetisation).toBe(0);
    expect(() => onsager(-1)).toThrow('must be above 0');
  });
});

describe('lattices', () => {
  it('refuse sizes and numbers that are not', () => {
    expect(() => isingLattice({ size: [4], beta: 1 })).toThrow('size must be 2 or 3 sides');
    expect(() => isingLattice({ size: [4, 1], beta: 1 })).toThrow('got [4,1]');
    expect(() => isingLattice({ size: [4, 4], beta: -1 })).toThrow(
      'beta must be a finite number of at least 0, got -1',
    );
    expect(() => isingLattice({ size: [4, 4], beta: 1, field: Number.NaN })).toThrow('field must be a finite number');
    expect(() => pottsLattice({ size: [4, 4], beta: 1, states: 1 })).toThrow('states must be a whole number');
    expect(() => square(4).energy(tensor(new Uint8Array(8), [1, 2, 4]))).toThrow('expected states [n, 4, 4]');
    expect(() => square(4).energy(tensor(new Int32Array(16), [1, 4, 4]))).toThrow('expected bool states, got int32');
  });
});
