import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { energyFraction } from './energy-transitions.js';
import { kernelDensity } from './kernel-density.js';

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/densities.json', import.meta.url), 'utf8')) as {
  densities: { name: string; values: number[]; bandwidth: number; y: number[] }[];
  energyFractions: { energies: number[][]; fractions: number[] };
};

describe('kernelDensity', () => {
  it.each(fixture.densities)('is that of Botev by SciPy: $name', ({ values, bandwidth, y }) => {
    const curve = kernelDensity(values);
    expect(Math.abs((curve?.bandwidth ?? 0) / bandwidth - 1)).toBeLessThan(1e-3);
    const highest = Math.max(...y);
    y.forEach((known, j) => {
      expect(Math.abs((curve?.y[j] ?? Number.NaN) - Math.max(0, known))).toBeLessThan(2e-3 * highest);
    });
  });

  it('has the integral 1 on the range of the values', () => {
    for (const { values } of fixture.densities) {
      const { x, y } = kernelDensity(values) as { x: Float64Array; y: Float64Array };
      const cell = (x[1] ?? 0) - (x[0] ?? 0);
      expect(y.reduce((sum, height) => sum + height * cell, 0)).toBeCloseTo(1, 4);
      expect((x[0] ?? 0) - cell / 2).toBeCloseTo(Math.min(...values), 8);
    }
  });

  it('moves with the values, and is as narrow as they are', () => {
    const { values = [] } = fixture.densities[0] ?? {};
    const plain = kernelDensity(values);
    const moved = kernelDensity(values.map((value) => 1000 * value - 7));
    expect((moved?.bandwidth ?? 0) / (plain?.bandwidth ?? 1)).toBeCloseTo(1000, 0);
    expect((moved?.y[100] ?? 0) * 1000).toBeCloseTo(plain?.y[100] ?? 0, 2);
  });

  it('leaves out what cannot be drawn, and knows when there is no density', () => {
    const { values = [] } = fixture.densities[0] ?? {};
    expect(kernelDensity([...values, Number.NaN, Number.POSITIVE_INFINITY])).toEqual(kernelDensity(values));
    expect(kernelDensity([2, 2, 2])).toBeUndefined();
    expect(kernelDensity([Number.NaN])).toBeUndefined();
    expect(kernelDensity([1, 2])?.y.every(Number.isFinite)).toBe(true);
  });
});

describe('energyFraction', () => {
  it('equals the bfmi of ArviZ', () => {
    const { energies, fractions } = fixture.energyFractions;
    energies.forEach((list, chain) => {
      expect(energyFraction(list)).toBeCloseTo(fractions[chain] ?? Number.NaN, 10);
    });
  });

  it('is unknown for energies that do not move or are not finite', () => {
    for (const list of [[], [1], [2, 2, 2], [1, Number.NaN, 2]]) expect(energyFraction(list)).toBeNaN();
  });
});
