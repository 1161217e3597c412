import { bulkEss, rHat, scalarChains } from '@ebmkit/diagnostics';
import { type ContinuousEnergy, gaussian } from '@ebmkit/energy';
import { key, normal, type Tensor, tensor, uniform } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { mala } from '../continuous/mala.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { everyChainMoved, type MoveInfo } from '../kernel/move-info.js';
import type { ChainStats } from './chain-stats.js';
import { sample } from './sample.js';
import { findWarnings } from './sample-warnings.js';

const moves = { after: 400, all: 400 };

/** Chains `[400, chains, 3]` by rule, and statistics with nothing wrong. */
function sampleOf(chains: number, rule: (step: number, chain: number, i: number, noise: () => number) => number) {
  let seed = 1;
  const noise = (): number => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647 - 0.5;
  };
  const data = Float32Array.from({ length: 400 * chains * 3 }, (_, at) =>
    rule(Math.floor(at / (3 * chains)), Math.floor(at / 3) % chains, at % 3, noise),
  );
  const stats: ChainStats = {
    acceptanceRate: new Float64Array(chains).fill(1),
    acceptanceProbability: new Float64Array(chains).fill(1),
    diverged: new Int32Array(chains),
    energies: new Float32Array(0),
    moves: {},
  };
  return { draws: { data, shape: [400, chains, 3] }, stats };
}

describe('the warnings of a sample', () => {
  test('none for independent draws', () => {
    const { draws, stats } = sampleOf(8, (_step, _chain, _i, noise) => noise());
    expect(findWarnings(draws, stats, moves)).toEqual([]);
  });

  test('unconverged: names the component whose chains disagree, with its R-hat as ArviZ has it', () => {
    const { draws, stats } = sampleOf(4, (_, chain, i, noise) => noise() + (i === 1 && chain === 3 ? 0.4 : 0));
    const [first] = findWarnings(draws, stats, moves);
    expect(first).toMatchObject({ code: 'unconverged', quantity: 'x[1]' });
    expect(first?.value).toBe(rHat(scalarChains(draws.data, draws.shape)[1] as Float64Array[]));
    expect(first?.remedy).toMatch(/Run longer/);
  });

  test('imprecise: names the component of fewest effective draws a chain', () => {
    let last = 0;
    const { draws, stats } = sampleOf(1, (_step, _chain, i, noise) => {
      if (i !== 2) return noise();
      last = 0.9 * last + noise();
      return last;
    });
    const found = findWarnings({ w: draws, b: draws }, stats, moves).find(({ code }) => code === 'imprecise');
    expect(found?.quantity).toMatch(/^[wb]\[2\]$/);
    expect(found?.value).toBeLessThanOrEqual(bulkEss(scalarChains(draws.data, draws.shape)[2] as Float64Array[]));
    expect(found?.value).toBeLessThan(100);
  });

  test('the energy is watched too', () => {
    const { draws, stats } = sampleOf(4, (_step, _chain, _i, noise) => noise());
    const energies = Float32Array.from({ length: 1600 }, (_, at) => (at % 4) + Math.sin(at * 1.7));
    expect(findWarnings(draws, { ...stats, energies }, moves)[0]).toMatchObject({
      code: 'unconverged',
      quantity: 'energy',
    });
  });

  test('names places in events of many axes, and looks at some chains of very many', () => {
    const chains = 2000;
    const { draws, stats } = sampleOf(chains, (step, _chain, i, noise) => noise() + (i === 2 && step > 200 ? 3 : 0));
    const warned = findWarnings({ ...draws, shape: [400, chains, 1, 3] }, stats, moves);
    expect(warned[0]).toMatchObject({ code: 'unconverged', quantity: 'x[0, 2]' });
  });

  test('moves first: chains that diverge, then chains that are stuck, with their numbers', () => {
    const { draws, stats } = sampleOf(4, (_step, _chain, _i, noise) => noise());
    const worse = { ...stats, diverged: Int32Array.of(0, 3, 0, 2), acceptanceRate: Float64Array.of(1, 0, 1, 1) };
    const [first, second] = findWarnings(draws, worse, moves);
    expect(first).toMatchObject({ code: 'diverging', value: 5 });
    expect(first?.message).toMatch(/5 of 1600 moves, in 2 of 4 chains/);
    expect(second).toMatchObject({ code: 'stuck', value: 1 });
  });
});

/** Independent draws of a Gaussian, with a report of its own. */
const teleport: Kernel<Tensor, { readonly position: Tensor }, MoveInfo & { readonly luck: Tensor }> = defineKernel({
  init: (position) => ({ position }),
  step: (k, { position }) => {
    const [chains] = position.shape as [number];
    const luck = uniform(k, [chains]);
    return { state: { position: normal(k, position.shape) }, info: { ...everyChainMoved(chains), luck } };
  },
});

describe('sample', () => {
  test('says ok for draws that have converged', async () => {
    const result = await sample(
      {},
      { sampler: () => teleport, start: tensor([[0], [0], [0], [0]]), steps: 400, key: key(1) },
    );
    expect(result).toMatchObject({ status: 'ok', warnings: [] });
    expect(result.message).toMatch(/every chain moved/);
  });

  test('keeps what else a kernel reports of each kept move', async () => {
    const options = { sampler: () => teleport, start: tensor([[0], [0]]), steps: 6, warmup: 2, thin: 3, key: key(1) };
    const { stats } = await sample({}, options);
    expect(Object.keys(stats.moves)).toEqual(['luck']);
    expect(stats.moves.luck?.length).toBe(12);
    expect(new Set(stats.moves.luck).size).toBe(12);
  });

  test('gives the mean acceptance probability of the moves after the warm-up', async () => {
    const target: ContinuousEnergy = gaussian({ mean: [0] });
    const { init, step } = mala(target, { stepSize: 1.2 });
    const { stats } = await sample(target, {
      sampler: () => ({
        init,
        step: (k, state) => {
          const next = step(k, state);
          return { ...next, info: { ...next.info, probability: next.info.acceptanceProbability } };
        },
      }),
      start: tensor([[0.3]]),
      steps: 50,
      warmup: 5,
      key: key(4),
    });
    const mean = (stats.moves.probability as Float32Array).reduce((a, b) => a + b, 0) / 50;
    expect(mean).toBeLessThan(0.999);
    expect(stats.acceptanceProbability[0]).toBeCloseTo(mean, 5);
  });
});
