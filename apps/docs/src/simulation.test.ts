import { memory } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { exactBins } from './double-well.js';
import { startSimulation } from './simulation.js';

const settings = { chains: 64, stepSize: 0.05, beta: 1 };

describe('startSimulation', () => {
  test('keeps no tensor but the state, and none after the end', () => {
    const before = memory().tensors;
    const simulation = startSimulation(settings, 1);
    simulation.step();
    const during = memory().tensors;
    for (let i = 0; i < 50; i++) simulation.step();
    expect(memory().tensors).toBe(during);
    simulation.end();
    expect(memory().tensors).toBe(before);
  });

  test('the same seed gives the same chains, another seed others', () => {
    const positionsOf = (seed: number): readonly number[] => {
      const simulation = startSimulation(settings, seed);
      simulation.step();
      const { positions } = simulation.step();
      simulation.end();
      return Array.from(positions);
    };
    expect(positionsOf(3)).toEqual(positionsOf(3));
    expect(positionsOf(3)).not.toEqual(positionsOf(4));
  });

  test('chains start in the left well and spread as the exact density says', () => {
    const chains = 500;
    const simulation = startSimulation({ chains, stepSize: 0.08, beta: 0.5 }, 5);
    expect(Array.from(simulation.step().positions).filter((x, i) => i % 2 === 0 && x < 0).length).toBeGreaterThan(450);
    for (let i = 0; i < 400; i++) simulation.step();
    const { positions } = simulation.step();
    simulation.end();
    const xs = Array.from(positions).filter((_, i) => i % 2 === 0);
    const share = (test: (x: number) => boolean): number => xs.filter(test).length / chains;
    const [low, high, count] = [-4, 4, 800];
    const inMiddle = exactBins(0.5, low, high, count)
      .slice(350, 450)
      .reduce((a, b) => a + b, 0);
    const fiveSigma = (p: number): number => 5 * Math.sqrt((p * (1 - p)) / chains);
    expect(Math.abs(share((x) => x > 0) - 0.5)).toBeLessThan(fiveSigma(0.5));
    expect(Math.abs(share((x) => Math.abs(x) < 0.5) - inMiddle)).toBeLessThan(fiveSigma(inMiddle));
  });

  test('a large step size is accepted less often', () => {
    const acceptanceAt = (stepSize: number): number => {
      const simulation = startSimulation({ ...settings, stepSize }, 2);
      let total = 0;
      for (let i = 0; i < 40; i++) total += simulation.step().acceptance;
      simulation.end();
      return total / 40;
    };
    expect(acceptanceAt(0.01)).toBeGreaterThan(0.9);
    expect(acceptanceAt(0.2)).toBeLessThan(0.6);
  });
});
