import { readSync, tensor } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { energyAt, exactBins, target } from './double-well.js';

describe('the double well of the live example', () => {
  test('the number that is drawn is the energy that is sampled', () => {
    const states = [
      [-1, 0],
      [0.3, -0.7],
      [1.4, 2],
    ] as const;
    const energies = readSync(target.energy(tensor(states.map((state) => [...state]))));
    states.forEach(([x, y], i) => {
      expect(energies[i]).toBeCloseTo(energyAt(x, y), 5);
    });
  });

  test('the exact bins are probabilities, symmetric, and have the known variance', () => {
    const [low, high, count] = [-4, 4, 4000];
    const bins = exactBins(1, low, high, count);
    const middle = (i: number): number => low + ((i + 0.5) * (high - low)) / count;
    expect(bins.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(bins[100]).toBeCloseTo(bins[count - 101] as number, 15);
    const variance = bins.reduce((total, mass, i) => total + mass * middle(i) ** 2, 0);
    expect(variance).toBeCloseTo(target.covariance[0] as number, 5);
  });
});
