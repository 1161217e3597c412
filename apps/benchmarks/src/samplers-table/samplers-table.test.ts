import { gaussian } from '@ebmkit/energy';
import { mala } from '@ebmkit/samplers';
import { key, readSync, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { bits, normals } from '../inputs.js';
import { gridOf, isingBlocks, isingEnergy, isingMeanEnergy, isingScalars, spinsOf } from './ising-grid.js';
import { centredMoments, type Drawn, judgeDraws } from './judge-draws.js';
import { failuresOf, targetTable } from './markdown.js';
import { readyChains } from './measure-chains.js';

describe('the Ising grid', () => {
  test('has the mean energy that the sum over all states gives', () => {
    const grid = { side: 3, beta: 0.4 };
    const states = Float32Array.from({ length: 512 * 9 }, (_, i) => (Math.floor(i / 9) >> (i % 9)) & 1);
    const energies = Array.from(readSync(isingEnergy(grid).energy(spinsOf(states, 3))));
    const weights = energies.map((energy) => Math.exp(-energy));
    const total = weights.reduce((a, b) => a + b, 0);
    const mean = energies.reduce((sum, energy, i) => sum + energy * (weights[i] as number), 0) / total;
    expect(isingMeanEnergy(grid)).toBeCloseTo(mean, 5);
  });

  test('tells energy and sum of spins on the host as the energy does', () => {
    const grid = { side: 4, beta: 0.3 };
    const spins = bits(5, 6 * 16, 0.5).map((bit) => 2 * bit - 1);
    const energies = readSync(isingEnergy(grid).energy(tensor(spins, [6, 4, 4])));
    const scalars = isingScalars(spins, grid);
    for (let chain = 0; chain < 6; chain++) {
      expect(scalars[chain * 18 + 17]).toBeCloseTo(energies[chain] as number, 5);
      const own = spins.slice(chain * 16, (chain + 1) * 16);
      expect(scalars[chain * 18 + 16]).toBe(own.reduce((a, b) => a + b, 0));
    }
  });

  test.each([3, 4])('has blocks that lower the energy of a cold grid with %i spins along an edge', (side) => {
    const grid = { side, beta: 50 };
    const half = Math.ceil(side ** 2 / 2);
    const white = bits(6, 5 * (side ** 2 - half), 0.5).map((bit) => 2 * bit - 1);
    const whites = tensor(white, [5, side ** 2 - half]);
    const black = readSync(isingBlocks(grid).sampleBlock(key(1), 'black', { white: whites })) as Float32Array;
    const spins = gridOf(black, white, side);
    const energyOf = (states: Float32Array) =>
      Array.from(readSync(isingEnergy(grid).energy(tensor(states, [5, side, side]))));
    const before = energyOf(spins);
    for (let node = 0; node < side ** 2; node++) {
      if ((Math.floor(node / side) + (node % side)) % 2 === 1) continue;
      const flipped = spins.map((s, i) => (i % side ** 2 === node ? -s : s));
      for (const [chain, energy] of energyOf(flipped).entries())
        expect(energy).toBeGreaterThanOrEqual(before[chain] as number);
    }
  });
});

describe('judging draws', () => {
  const drawn = (change: (z: number, chain: number) => number): Drawn => ({
    values: normals(3, 4000 * 8).map((z, i) => change(z, Math.floor(i / 2) % 4)),
    shape: [4000, 4, 2],
  });
  const known = centredMoments([1, 1]);

  test('finds independent draws to be worth what they are', () => {
    const verdict = judgeDraws(
      drawn((z) => z),
      known,
    );
    expect(Math.abs(verdict.ess / 16_000 - 1)).toBeLessThan(0.1);
    expect(failuresOf(verdict)).toBe('');
  });

  test.each([
    ['a shifted mean', (z: number) => z + 0.1, '‡'],
    ['a variance that is too large', (z: number) => 1.1 * z, '‡'],
    ['a chain elsewhere', (z: number, chain: number) => (chain === 2 ? z + 1.5 : z), '†'],
  ])('marks %s', (_, change, mark) => {
    expect(failuresOf(judgeDraws(drawn(change), known))).toContain(mark);
  });
});

test('measures a kernel, and thins what moves slowly', async () => {
  const target = gaussian({ mean: [0, 0] });
  const effort = { seconds: 0.5, pilotSteps: 400, mostNumbers: 40_000 };
  const measure = (stepSize: number) =>
    readyChains(mala(target, { stepSize }), zeros([4, 2]), 4, { read: (x: Tensor) => readSync(x) }).measure(
      centredMoments([1, 1]),
      effort,
    );
  const [good, slow] = [await measure(0.8), await measure(0.02)];
  expect(good.worstMoment).toBeLessThan(5);
  expect(good.essPerSecond).toBeCloseTo(good.ess / (good.perStep * good.steps), 6);
  expect(good.ess / good.steps).toBeGreaterThan(5 * (slow.ess / slow.steps));
  const row = { name: 'mala, small steps', tuning: 'none', measured: slow };
  const [, , head, , cells] = targetTable('A target', [row]).split('\n');
  expect(cells?.split('|').length).toBe(head?.split('|').length);
  expect(cells).toContain('| `mala`, small steps | none |');
});
