import { type DiscreteEnergy, denseMemory, hopfield, temper } from '@ebmkit/energy';
import { jit, key, rademacher, readSync } from '@ebmkit/tensor';
import { expect, it } from 'vitest';
import { onBothBackends } from '../../fixtures/both-backends.js';
import { type SomeDiscreteKernel, someKernel } from '../../fixtures/discrete-suite.js';
import { allStates } from '../../fixtures/tiny-discrete.js';
import { repeat } from '../combinators/repeat.js';
import { gibbsWithGradients } from './gibbs-with-gradients.js';
import { systematicScanGibbs } from './single-site-gibbs.js';
import { spinStates } from './state-space.js';

const patterns = [
  [1, 1, -1, -1, 1],
  [1, -1, 1, -1, -1],
];
const bias = [0.4, 0, 0, -0.3, 0];
const [sites, beta, chains] = [5, 0.9, 4000];

const overlaps = (x: readonly number[]): number[] =>
  patterns.map((pattern) => pattern.reduce((total, v, i) => total + v * (x[i] as number), 0));

function classicEnergy(x: readonly number[]): number {
  const pulled = x.reduce((total, v, i) => total + v * (bias[i] as number), 0);
  return -overlaps(x).reduce((total, m) => total + m * m, 0) / (2 * sites) - pulled;
}

function cubicEnergy(x: readonly number[]): number {
  return (-sites / 3) * overlaps(x).reduce((total, m) => total + (m / sites) ** 3, 0);
}

const space = spinStates();
const sweeps = (target: DiscreteEnergy): SomeDiscreteKernel =>
  someKernel(repeat(systematicScanGibbs(target, { space, sites }), 6));
const flips = (target: DiscreteEnergy): SomeDiscreteKernel =>
  someKernel(repeat(gibbsWithGradients(target, { space }), 25));

onBothBackends('a Hopfield network is a Boltzmann machine,', () => {
  it.each([
    ['classic', () => hopfield(patterns, { bias }), classicEnergy, sweeps],
    ['classic, by gradients', () => hopfield(patterns, { bias }), classicEnergy, flips],
    ['of power 3', () => denseMemory(patterns, { power: 3 }), cubicEnergy, sweeps],
  ] as const)('whose states come as often as they should, %s', (_, make, energyOf, kernelOf) => {
    const kernel = kernelOf(temper(make(), beta));
    const step = jit(kernel.step);
    const start = kernel.init(rademacher(key(1), [chains, sites]), key(2));
    const spins = readSync(step(key(3), start).state.position);
    const counts = new Map<string, number>();
    for (let n = 0; n < chains; n++) {
      const state = spins.slice(n * sites, (n + 1) * sites).join();
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    const states = allStates(sites, [-1, 1]);
    const weights = states.map((x) => Math.exp(-beta * energyOf(x)));
    const total = weights.reduce((a, b) => a + b, 0);
    states.forEach((x, s) => {
      const p = (weights[s] as number) / total;
      const error = Math.sqrt((p * (1 - p)) / chains);
      expect(Math.abs((counts.get(x.join()) ?? 0) / chains - p), x.join()).toBeLessThan(5 * error);
    });
    step.clear();
  });
});
