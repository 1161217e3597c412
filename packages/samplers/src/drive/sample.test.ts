import { type BlockConditional, type ContinuousEnergy, doubleWell, gaussian } from '@ebmkit/energy';
import {
  bernoulli,
  full,
  greater,
  key,
  memory,
  mul,
  readSync,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@ebmkit/tensor';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { langevin } from '../continuous/langevin.js';
import { mala } from '../continuous/mala.js';
import { gibbs } from '../discrete/gibbs.js';
import { isAbortedRun } from './aborted.js';
import type { DrawArray } from './draw-store.js';
import { run } from './run.js';
import { sample } from './sample.js';

const target = gaussian({
  mean: [1, -1],
  covariance: [
    [1, 0.5],
    [0.5, 1],
  ],
});
let before: ReturnType<typeof memory>;
beforeEach(() => {
  before = memory();
});
afterEach(() => {
  expect(memory()).toEqual(before);
});

/** Draws of a machine of two units, each of which copies the other with probability 0.9. */
const pair: BlockConditional<'a' | 'b'> = {
  blocks: ['a', 'b'],
  sampleBlock: (k, name, x) => bernoulli(k, where(x[name === 'a' ? 'b' : 'a'] as Tensor, 0.9, 0.1)),
};

describe('sample', () => {
  test('gives draws, energies and acceptance of an energy that knows its shape, with nothing to free', async () => {
    const { draws, stats, status, message, saved } = await sample(target, {
      chains: 8,
      steps: 50,
      warmup: 10,
      key: key(1),
    });
    expect(draws.shape).toEqual([50, 8, 2]);
    expect(draws.data).toBeInstanceOf(Float32Array);
    expect(draws.data.length).toBe(800);
    expect(stats.energies.length).toBe(400);
    expect(stats.acceptanceRate.every((rate) => rate > 0.8 && rate <= 1)).toBe(true);
    expect(Array.from(stats.diverged)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(status).toBe('unconverged');
    expect(message).toMatch(/R-hat of .* is 1\.\d+, above 1.01.*Run longer/);
    expect(saved.step).toBe(60);
    const x = tensor(draws.data.slice(-16), [8, 2]);
    const energies = target.energy(x);
    readSync(energies).forEach((e, i) => {
      expect(stats.energies[392 + i]).toBeCloseTo(e, 4);
    });
    before = memory();
  });

  test('keeps every thin-th state after the warm-up of the same chain that run follows', async () => {
    const start = zeros([3, 2]);
    before = memory();
    const sampler = (e: ContinuousEnergy) => mala(e, { stepSize: 0.4 });
    const { draws, stats } = await sample(target, { sampler, start, steps: 4, warmup: 5, thin: 3, key: key(2) });
    const all = await run(sampler(target), start, {
      steps: 17,
      key: key(2),
      observe: ({ state, info }) => ({ x: readSync(state.position), accepted: readSync(info.accepted) }),
    });
    expect(Array.from(draws.data)).toEqual([7, 10, 13, 16].flatMap((i) => Array.from(all[i]?.x as Float32Array)));
    const counts = [0, 1, 2].map((chain) => all.slice(5).filter(({ accepted }) => accepted[chain] === 1).length / 12);
    expect(Array.from(stats.acceptanceRate)).toEqual(counts);
  });

  test('goes on from its end, and from an abort, as if it had never stopped', async () => {
    const options = { chains: 3, warmup: 4, thin: 2, key: key(3) };
    const whole = await sample(target, { ...options, steps: 10 });
    const half = await sample(target, { ...options, steps: 6 });
    const rest = await sample(target, { ...options, steps: 10, start: structuredClone(half.saved) });
    expect(rest.draws.shape).toEqual([4, 3, 2]);
    expect([...half.draws.data, ...rest.draws.data]).toEqual(Array.from(whole.draws.data));
    expect(rest.stats.acceptanceRate).toEqual(whole.stats.acceptanceRate);
    expect(rest.saved).toEqual(whole.saved);

    const controller = new AbortController();
    const energy = { ...target };
    const stopAt = { saveEvery: 9, onSave: () => controller.abort() };
    const error: unknown = await sample(energy, { ...options, ...stopAt, steps: 10, signal: controller.signal }).catch(
      (e: unknown) => e,
    );
    if (!isAbortedRun(error)) throw error;
    const partial = error.collected as DrawArray;
    expect(partial.shape).toEqual([2, 3, 2]);
    const after = await sample(target, { ...options, steps: 10, start: error.saved });
    expect([...partial.data, ...after.draws.data]).toEqual(Array.from(whole.draws.data));
  });

  test('moves chains that begin where the energy is steep', async () => {
    const start = full([6, 2], 3.5);
    before = memory();
    const { status, draws, stats } = await sample(doubleWell({ eventShape: [2] }), {
      start,
      steps: 200,
      warmup: 100,
      key: key(4),
    });
    expect(status).not.toMatch(/diverging|stuck/);
    expect(stats.diverged.every((count) => count === 0)).toBe(true);
    expect(draws.data.every((x) => Math.abs(x) < 3)).toBe(true);
  });

  test('says when numbers went bad', async () => {
    const walled: ContinuousEnergy = {
      energy: (x) => where(greater(sumEvent(x), 1), Number.NaN, mul(sumEvent(square(x)), 0.5)),
      gradient: (x) => x,
    };
    const start = zeros([4, 1]);
    before = memory();
    const { status, message, stats, draws } = await sample(walled, { start, steps: 1000, key: key(1) });
    expect(status).toBe('diverging');
    expect(message).toMatch(/^\d+ of 4000 moves, in 4 of 4 chains, met an energy or gradient that is NaN or infinite/);
    expect(stats.diverged.every((count) => count > 0)).toBe(true);
    expect(draws.data.every((x) => x <= 1)).toBe(true);
  });

  test('says when a chain never moved', async () => {
    const narrow = gaussian({ mean: [0], scale: 1e-4 });
    const start = zeros([2, 1]);
    before = memory();
    const { status, message } = await sample(narrow, { start, steps: 20, key: key(1) });
    expect(status).toBe('stuck');
    expect(message).toMatch(/2 of 2 chains accepted none of their 20 moves/);
  });

  test('gives a tree of draws for a sampler over a tree, without energies where there are none', async () => {
    const start = { a: full([5, 1], 0, 'bool'), b: full([5, 1], 0, 'bool') };
    before = memory();
    const { draws, stats, status } = await sample(pair, { sampler: gibbs, start, steps: 20, key: key(1) });
    expectTypeOf(draws).toEqualTypeOf<Readonly<Record<'a' | 'b', DrawArray>>>();
    expect(draws.a.shape).toEqual([20, 5, 1]);
    expect(new Set(draws.b.data)).toEqual(new Set([0, 1]));
    expect(stats.energies.length).toBe(0);
    expect(status).not.toMatch(/diverging|stuck/);
  });

  test('computes the energies where the kernel does not keep them', async () => {
    const start = zeros([2, 2]);
    before = memory();
    const bare = { energy: (x: Tensor) => sumEvent(square(sub(x, 1))) };
    const sampler = (e: ContinuousEnergy) => {
      const kernel = langevin(e, { stepSize: 0.1 });
      return {
        init: (x: Tensor) => ({ position: kernel.init(x, key(0)).position }),
        step: (k: typeof start extends never ? never : Parameters<typeof kernel.step>[0], s: { position: Tensor }) => {
          const { state, info } = kernel.step(k, kernel.init(s.position, k));
          return { state: { position: state.position }, info };
        },
      };
    };
    const { draws, stats } = await sample(bare, { sampler, start, steps: 5, key: key(1) });
    stats.energies.forEach((e, i) => {
      const [x, y] = draws.data.slice(2 * i, 2 * i + 2) as unknown as [number, number];
      expect(e).toBeCloseTo((x - 1) ** 2 + (y - 1) ** 2, 4);
    });
  });

  test('wrong options say what is right', async () => {
    const well = doubleWell();
    await expect(sample(well, { steps: 3, key: key(1) })).rejects.toThrow(
      /sample: expected start, or chains and an energy/,
    );
    await expect(sample({ energy: well.energy }, { chains: 2, steps: 3, key: key(1) })).rejects.toThrow(
      /knows its eventShape/,
    );
    await expect(sample(well, { chains: 0, steps: 3, key: key(1) })).rejects.toThrow(
      /chains must be a whole number of at least 1/,
    );
    await expect(sample(well, { chains: 2, steps: 0, key: key(1) })).rejects.toThrow(/steps must be/);
    await expect(sample(well, { chains: 2, steps: 3, thin: 0.5, key: key(1) })).rejects.toThrow(/thin must be/);
    await expect(sample(well, { chains: 2, steps: 3, warmup: -1, key: key(1) })).rejects.toThrow(/warmup must be/);
    const start = zeros([3, 1]);
    await expect(sample(well, { chains: 2, start, steps: 3, key: key(1) })).rejects.toThrow(
      /chains is 2, but start has 3/,
    );
    before = memory();
  });
});
