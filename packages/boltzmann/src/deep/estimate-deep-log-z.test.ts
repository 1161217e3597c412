import { fromPlain, key, memory, readSync, reference, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deepTable, deepTensors, smallDeepMachine } from '../../fixtures/small-deep-machine.js';
import { bernoulli, deepBoltzmannMachine, deepFantasies, estimateDeepLogZ } from '../index.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});
afterAll(async () => {
  await useBackend(reference());
});

// In the first machine the layers of odd number stay, in the second those of even number.
describe.each([[[4, 3, 2]], [[3, 5, 1]], [[3, 2, 3, 2]]])('annealing a machine with layers of %j units', (sizes) => {
  const plain = smallDeepMachine(5, sizes);
  const { logZ, states, p } = deepTable(plain);
  const [visible, ...hidden] = sizes.map((size) => bernoulli(size));
  const machine = deepBoltzmannMachine({ layers: [visible as ReturnType<typeof bernoulli>, ...hidden] });
  const [visibleMeans, ...hiddenMeans] = sizes.map((size, k) =>
    Array.from({ length: size }, (_, i) =>
      states.reduce((total, layers, n) => total + (p[n] as number) * (layers[k]?.[i] as number), 0),
    ),
  ) as [number[], ...number[][]];

  it('refuses hidden means of another number of layers', async () => {
    const options = { betas: 2, chains: 2, key: key(1), hiddenMeans: [...hiddenMeans, [0.5]] };
    await expect(estimateDeepLogZ(machine, deepTensors(plain), options)).rejects.toThrow(
      `expected hiddenMeans of ${hiddenMeans.length} hidden layers, got ${hiddenMeans.length + 1}`,
    );
  });

  it('finds log Z within 3 of its errors, from any base', async () => {
    const params = deepTensors(plain);
    const before = memory().tensors;
    for (const seed of [1, 2, 3]) {
      const options = { betas: 100, chains: 400, key: key(seed) };
      for (const estimate of [
        await estimateDeepLogZ(machine, params, { ...options, visibleMeans }),
        await estimateDeepLogZ(machine, params, options),
        await estimateDeepLogZ(machine, params, { ...options, visibleMeans, hiddenMeans }),
      ]) {
        expect(estimate.standardError).toBeLessThan(0.05);
        expect(Math.abs(estimate.logZ - logZ)).toBeLessThan(3 * estimate.standardError);
        expect(estimate.diverged).toBe(0);
      }
    }
    expect(memory().tensors).toBe(before);
  });

  it('is unbiased: the mean weight over many chains and few steps is Z, to 5 sigma', async () => {
    const estimate = await estimateDeepLogZ(machine, deepTensors(plain), {
      visibleMeans,
      betas: 3,
      chains: 20_000,
      key: key(4),
    });
    expect(estimate.ess).toBeGreaterThan(400);
    expect(Math.abs(estimate.logZ - logZ)).toBeLessThan(5 * estimate.standardError);
  });

  it('goes both ways with states of long chains', async () => {
    const params = deepTensors(plain);
    const { layers, shape } = await deepFantasies(machine, params, { chains: 400, steps: 60, key: key(2) });
    expect(shape).toEqual([400, sizes[0]]);
    const targetDraws = fromPlain(layers);
    const before = memory().tensors;
    const estimate = await estimateDeepLogZ(machine, params, {
      visibleMeans,
      betas: 20,
      chains: 400,
      key: key(3),
      targetDraws,
    });
    expect(memory().tensors).toBe(before);
    expect(Math.abs(estimate.logZ - logZ)).toBeLessThan(3 * estimate.standardError);
    expect(estimate.lower).toBeLessThan(logZ);
    expect(estimate.upper).toBeGreaterThan(logZ);
    expect(estimate.upper - estimate.lower).toBeLessThan(0.7);
  });
});

describe('a machine that is broken', () => {
  it('has log Z NaN', async () => {
    const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(2)] });
    const params = { ...deepTensors(smallDeepMachine(1, [4, 3, 2])), visible: { bias: tensor([0, Number.NaN, 0, 0]) } };
    expect((await estimateDeepLogZ(machine, params, { betas: 2, chains: 4, key: key(1) })).logZ).toBeNaN();
  });
});

describe('deepFantasies', () => {
  const sizes = [4, 3, 2];
  const plain = smallDeepMachine(5, sizes);
  const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(2)] });

  it('draws from the machine, and leaves nothing behind', async () => {
    const params = deepTensors(plain);
    const { states, p } = deepTable(plain);
    const before = memory().tensors;
    const chains = 4000;
    const drawn = await deepFantasies(machine, params, { chains, steps: 60, key: key(7) });
    expect(memory().tensors).toBe(before);
    for (const [k, name] of (['visible', 'hidden1', 'hidden2'] as const).entries())
      for (let i = 0; i < (sizes[k] as number); i++) {
        const mean = states.reduce((total, layers, n) => total + (p[n] as number) * (layers[k]?.[i] as number), 0);
        const found = (drawn.layers[name] as { data: ArrayLike<number> }).data;
        let on = 0;
        for (let row = 0; row < chains; row++) on += found[row * (sizes[k] as number) + i] as number;
        expect(Math.abs(on / chains - mean)).toBeLessThan(5 * Math.sqrt((mean * (1 - mean)) / chains));
      }
    expect(drawn.states).toBe(drawn.layers.visible.data);
    // The visible states are drawn after hidden layer 1, from which the means come.
    const difference = Array.from(drawn.states, (x, i) => x - (drawn.means[i] as number)).reduce((a, b) => a + b, 0);
    expect(Math.abs(difference / chains / 4)).toBeLessThan(5 * Math.sqrt(0.25 / chains / 4));
  });

  it('says how many chains met parameters that are NaN, which do not move and have no means', async () => {
    const sound = deepTensors(plain);
    expect((await deepFantasies(machine, sound, { chains: 3, steps: 2, key: key(7) })).diverged).toBe(0);
    const start = machine.drawFromBiases(key(1), sound, 3);
    const hidden = [{ bias: tensor([0, Number.NaN, 0]) }, { bias: tensor([0, 0]) }];
    const found = await deepFantasies(machine, { ...sound, hidden }, { start, steps: 2, key: key(7) });
    expect(found.diverged).toBe(3);
    expect([...found.states]).toEqual([...readSync(start.visible)]);
    expect(found.means.every(Number.isNaN)).toBe(true);
    const broken = { ...start, hidden2: tensor([0, 1, Number.NaN, 0, 1, 1], [3, 2]) };
    const one = await deepFantasies(machine, sound, { start: broken, steps: 2, key: key(7) });
    expect(one.diverged).toBe(1);
    expect(Array.from(one.means, Number.isNaN)).toEqual(Array.from({ length: 12 }, (_, i) => i >= 4 && i < 8));
  });

  it('goes on from given states and says what is wrong', async () => {
    const params = deepTensors(plain);
    const start = machine.drawFromBiases(key(1), params, 3);
    const { shape } = await deepFantasies(machine, params, { start, steps: 2, key: key(7) });
    expect(shape).toEqual([3, 4]);
    await expect(deepFantasies(machine, params, { steps: 2, key: key(7) })).rejects.toThrow(
      /chains or start, got neither/,
    );
    await expect(deepFantasies(machine, params, { start, chains: 4, steps: 2, key: key(7) })).rejects.toThrow(
      /has 3 rows/,
    );
    await expect(deepFantasies(machine, params, { chains: 4, steps: 0, key: key(7) })).rejects.toThrow(/steps/);
    const signal = AbortSignal.abort('enough');
    await expect(deepFantasies(machine, params, { chains: 4, steps: 9, key: key(7), signal })).rejects.toMatchObject({
      code: 'aborted',
      message: 'deepFantasies: aborted after 0 of 9 steps.',
      cause: 'enough',
    });
  });
});
