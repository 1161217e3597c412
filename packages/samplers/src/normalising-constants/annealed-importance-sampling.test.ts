import { type BlockConditional, doubleWell, type Energy, gaussian, gaussianMixture } from '@ebmkit/energy';
import {
  add,
  bernoulli,
  cast,
  key,
  matMul,
  memory,
  mul,
  neg,
  reshape,
  sigmoid,
  softplus,
  sub,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { enumerateDistribution } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { mala } from '../continuous/mala.js';
import { alternatingGibbs, type GibbsState } from '../discrete/gibbs.js';
import { type AnnealingPath, geometricPath } from '../tempering/annealing-path.js';
import { annealedImportanceSampling } from './annealed-importance-sampling.js';

const base = gaussian({ mean: [0, 0], scale: 2 });
const target = gaussianMixture({ components: [{ mean: [-1.5, 0] }, { mean: [1.5, 1], scale: 0.7, weight: 2 }] });
/** The mixture with its normaliser moved to a number worth finding. */
const moved: Energy & { readonly support: 'continuous' } = {
  energy: (x) => sub(target.energy(x), 3.25),
  support: 'continuous',
};
const path = geometricPath(base, moved, (e) => mala(e, { stepSize: 0.2 }));

const weight = Array.from({ length: 6 }, (_, i) =>
  Array.from({ length: 4 }, (_, j) => 1.6 * Math.sin(1 + 3 * i + 7 * j)),
);
const visibleBias = Array.from({ length: 6 }, (_, i) => Math.cos(2 * i));
const hiddenBias = Array.from({ length: 4 }, (_, j) => -0.5 + 0.3 * j);

/** A restricted Boltzmann machine on the way from independent visible units: weights and hidden biases are scaled by beta. */
function machineAt(beta: Tensor) {
  const input = (v: Tensor): Tensor => mul(add(matMul(cast(v, 'float32'), tensor(weight)), tensor(hiddenBias)), beta);
  const outer = (v: Tensor): Tensor =>
    reshape(matMul(cast(v, 'float32'), tensor(visibleBias.map((b) => [b]))), [v.shape[0] as number]);
  const energy = (v: Tensor): Tensor => neg(add(outer(v), sum(softplus(input(v)), 1)));
  const conditional: BlockConditional<'visible' | 'hidden'> = {
    blocks: ['hidden', 'visible'],
    sampleBlock: (k, name, x) =>
      name === 'hidden'
        ? bernoulli(k, sigmoid(input(x.visible as Tensor)))
        : bernoulli(
            k,
            sigmoid(
              add(
                mul(matMul(cast(x.hidden as Tensor, 'float32'), tensor(weight), { transposeB: true }), beta),
                tensor(visibleBias),
              ),
            ),
          ),
  };
  return { energy, kernel: alternatingGibbs(conditional, 'visible') };
}
const machinePath: AnnealingPath<Tensor, GibbsState<Tensor>> = machineAt;
const machineBase = {
  logZ: visibleBias.reduce((total, b) => total + Math.log1p(Math.exp(b)), 4 * Math.LN2),
  draw: (k: Parameters<typeof bernoulli>[0], count: number): Tensor =>
    bernoulli(k, sigmoid(tensor(visibleBias)), [count, 6]),
};
const exactMachine = await enumerateDistribution((v) => machineAt(tensor(1)).energy(v), 6);
/** States of the machine drawn from the enumerated probabilities. */
function exactDraws(count: number, seed: number): Tensor {
  const states = new Uint8Array(count * 6);
  for (let n = 0; n < count; n++) {
    let [left, state] = [((n + 0.5 + seed) * 0.6180339887498949) % 1, 0];
    while (left > (exactMachine.probabilities[state] as number)) left -= exactMachine.probabilities[state++] as number;
    for (let i = 0; i < 6; i++) states[n * 6 + i] = (state >> i) & 1;
  }
  return tensor(states, [count, 6]);
}

describe('annealed importance sampling', () => {
  test.each([1, 2, 3, 4, 5])(
    'finds the normaliser of a mixture from a Gaussian within 3 standard errors, key %d',
    async (seed) => {
      const { logZ, standardError, lower, upper, ess, forward } = await annealedImportanceSampling({
        path,
        base,
        betas: 60,
        chains: 200,
        key: key(seed),
      });
      expect(standardError).toBeLessThan(0.1);
      expect(Math.abs(logZ - 3.25)).toBeLessThan(3 * standardError);
      expect(lower).toBe(logZ - 3 * standardError);
      expect(upper).toBe(Number.POSITIVE_INFINITY);
      expect(ess).toBeGreaterThan(50);
      expect(forward.logWeights.length).toBe(200);
    },
  );

  test.each([1, 2, 3, 4, 5])('finds the normaliser of an enumerated machine from both sides, key %d', async (seed) => {
    const targetDraws = exactDraws(150, seed);
    const estimate = await annealedImportanceSampling({
      path: machinePath,
      base: machineBase,
      betas: 100,
      chains: 150,
      key: key(seed),
      targetDraws,
    });
    const { logZ, standardError, lower, upper, forward, reverse } = estimate;
    expect(standardError).toBeLessThan(0.03);
    expect(Math.abs(logZ - exactMachine.logZ)).toBeLessThan(3.5 * standardError);
    expect(lower).toBeLessThan(exactMachine.logZ);
    expect(upper).toBeGreaterThan(exactMachine.logZ);
    for (const pass of [forward, reverse]) {
      if (!pass) throw new Error('a pass is missing');
      expect(Math.abs(pass.logZ - exactMachine.logZ)).toBeLessThan(5 * pass.standardError);
    }
  });

  test('with few steps the forward estimate is low and the reverse one high, on average', async () => {
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        annealedImportanceSampling({
          path: machinePath,
          base: machineBase,
          betas: 2,
          chains: 4,
          key: key(i),
          targetDraws: exactDraws(4, i),
        }),
      ),
    );
    const average = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(average(runs.map(({ forward }) => forward.logZ))).toBeLessThan(exactMachine.logZ);
    expect(average(runs.map(({ reverse }) => reverse?.logZ as number))).toBeGreaterThan(exactMachine.logZ);
  });

  test('is exact where the path does not move', async () => {
    const still = geometricPath(base, base, (e) => mala(e, { stepSize: 0.5 }));
    const { logZ, standardError, ess } = await annealedImportanceSampling({
      path: still,
      base,
      betas: [0, 0.3, 1],
      chains: 10,
      key: key(1),
    });
    expect(logZ).toBeCloseTo(base.logZ, 5);
    expect(standardError).toBeLessThan(1e-5);
    expect(ess).toBeCloseTo(10, 5);
  });

  test('leaks nothing, follows from its key, and sums weights beyond one read', async () => {
    const options = { path, base, betas: 150, chains: 20, key: key(1), targetDraws: zeros([6, 2]) };
    const before = memory();
    const first = await annealedImportanceSampling(options);
    expect(memory()).toEqual(before);
    expect(await annealedImportanceSampling(options)).toEqual(first);
    expect(first.reverse?.logWeights.length).toBe(6);
    expect(first.diverged).toBe(0);
  });

  test('reports progress and stops at a signal, leaking nothing', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const before = memory();
    const options = { path, base, betas: 40, chains: 4, key: key(1) };
    await annealedImportanceSampling({ ...options, onProgress: ({ step }) => void steps.push(step) });
    expect(steps.at(-1)).toBe(40);
    controller.abort();
    await expect(annealedImportanceSampling({ ...options, signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(memory()).toEqual(before);
  });

  test('a NaN weight makes the estimate NaN', async () => {
    const bad = geometricPath(
      base,
      { energy: (x) => mul(doubleWell({ eventShape: [2] }).energy(x), Number.NaN) },
      (e) => mala(e, { stepSize: 0.1 }),
    );
    const { logZ, diverged } = await annealedImportanceSampling({ path: bad, base, betas: 3, chains: 5, key: key(1) });
    expect(logZ).toBeNaN();
    expect(diverged).toBeGreaterThan(0);
  });

  test('wrong options say what is right', async () => {
    const options = { path, base, betas: 4, chains: 4, key: key(1) };
    const expected = (changes: Partial<Parameters<typeof annealedImportanceSampling>[0]>) =>
      expect(annealedImportanceSampling({ ...options, ...(changes as object) })).rejects;
    await expected({ betas: 0 }).toThrow(/betas must be a number of steps of at least 1/);
    await expected({ betas: [0, 0.5] }).toThrow(/rise from 0 to 1, got 2 from 0 to 0.5/);
    await expected({ betas: [0, 0.5, 0.4, 1] }).toThrow(/do not rise everywhere/);
    await expected({ chains: 1 }).toThrow(/chains must be a whole number of at least 2/);
    await expected({ targetDraws: zeros([1, 2]) }).toThrow(/at least 2 targetDraws/);
    await expect(
      // @ts-expect-error a seed is not a key
      annealedImportanceSampling({ ...options, key: 3 }),
    ).rejects.toThrow(/expected a key, got number/);
  });
});
