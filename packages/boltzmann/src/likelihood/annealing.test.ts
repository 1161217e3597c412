import { readFileSync } from 'node:fs';
import { key, memory, reference, tensor, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../fixtures/safetensors.js';
import { jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  denseNearTarget,
  estimateLogZ,
  exactLogLikelihood,
  exactLogZ,
  exactRbmMoments,
  fantasies,
  gaussian,
  logLikelihood,
  rbm,
} from '../index.js';

const fixture = (name: string) => new URL(`../../fixtures/${name}`, import.meta.url);
const seeds = [1, 2, 3, 4, 5];

describe('annealing a 6-4 machine', () => {
  const machine = rbm({ visible: bernoulli(6), hidden: bernoulli(4) });
  const plain = smallMachine(2);
  const { logZ, p } = jointTable(plain);
  const visibleMeans = Array.from({ length: 6 }, (_, i) =>
    p.reduce((s, row, v) => s + ((v >> i) & 1) * row.reduce((t, q) => t + q, 0), 0),
  );

  beforeAll(async () => {
    await useBackend(reference());
  });

  it('finds log Z both ways, within 5 of its errors, from any base', async () => {
    const params = tensorsFor(plain);
    const before = memory().tensors;
    const { states } = await fantasies(machine, params, { chains: 200, steps: 60, key: key(8) });
    for (const seed of seeds) {
      const options = { betas: 30, chains: 200, key: key(seed) };
      const forward = await estimateLogZ(machine, params, { ...options, visibleMeans });
      const fair = await estimateLogZ(machine, params, options);
      const both = await estimateLogZ(machine, params, { ...options, visibleMeans, targetDraws: states as Uint8Array });
      for (const estimate of [forward, fair, both]) {
        expect(Math.abs(estimate.logZ - logZ)).toBeLessThan(5 * estimate.standardError);
        expect(estimate.standardError).toBeLessThan(0.1);
        expect(estimate.lower).toBeLessThan(logZ);
        expect(estimate.upper).toBeGreaterThan(logZ);
        expect(estimate.diverged).toBe(0);
      }
      expect(forward.upper).toBe(Number.POSITIVE_INFINITY);
      expect(both.upper - both.lower).toBeLessThan(0.6);
    }
    expect(memory().tensors).toBe(before);
  });

  it('begins at hidden means where they are given: less spread where most hidden units are off', async () => {
    const wide = rbm({ visible: bernoulli(10), hidden: bernoulli(80) });
    const { weight, visibleBias } = smallMachine(3, 10, 80);
    const half = weight.map((row) => row.map((w) => w / 2));
    const sparse = tensorsFor({ weight: half, visibleBias, hiddenBias: Array.from({ length: 80 }, () => -3) });
    const exact = await exactLogZ(wide, sparse);
    const { gradient } = await exactRbmMoments(wide, sparse);
    const spread = async (means: object) => {
      const estimate = await estimateLogZ(wide, sparse, { betas: 40, chains: 400, key: key(4), ...means });
      expect(Math.abs(estimate.logZ - exact)).toBeLessThan(5 * estimate.standardError);
      return estimate.standardError;
    };
    const visibleMeans = gradient.visibleBias.data;
    const without = await spread({ visibleMeans });
    expect(await spread({ visibleMeans, hiddenMeans: gradient.hiddenBias.data })).toBeLessThan(0.5 * without);
  });

  it('is unbiased: the mean weight over many chains and few steps is Z, to 5 sigma', async () => {
    const {
      logZ: found,
      standardError,
      ess,
    } = await estimateLogZ(machine, tensorsFor(plain), {
      visibleMeans,
      betas: 4,
      chains: 20_000,
      key: key(1),
    });
    expect(ess).toBeGreaterThan(400);
    expect(Math.abs(found - logZ)).toBeLessThan(5 * standardError);
  });

  it('needs no steps for a machine without weights, and reports NaN', async () => {
    const params = {
      ...tensorsFor(plain),
      weight: tensor(new Float32Array(24), [6, 4]),
      hiddenBias: tensor([0, 0, 0, 0]),
    };
    const { logZ: found, standardError } = await estimateLogZ(machine, params, { betas: 2, chains: 2000, key: key(1) });
    expect(Math.abs(found - (await exactLogZ(machine, params)))).toBeLessThan(5 * standardError);
    const broken = { ...params, hiddenBias: tensor([0, Number.NaN, 0, 0]) };
    expect((await estimateLogZ(machine, broken, { betas: 2, chains: 4, key: key(1) })).logZ).toBeNaN();
  });

  it('anneals other unit types, whose own parameters stay', async () => {
    const real = rbm({ visible: gaussian(3, { learnVariance: true }), hidden: bernoulli(4) });
    const params = { ...tensorsFor(smallMachine(8, 3, 4)), visibleLogVariance: tensor([0.3, -0.2, 0.1]) };
    const before = memory().tensors;
    const exact = await exactLogZ(real, params);
    const { logZ: found, standardError } = await estimateLogZ(real, params, { betas: 50, chains: 500, key: key(1) });
    expect(Math.abs(found - exact)).toBeLessThan(5 * standardError);
    expect(standardError).toBeLessThan(0.2);
    expect(memory().tensors).toBe(before);
  });
});

describe('the 784-20 machine trained on MNIST', () => {
  const known = JSON.parse(readFileSync(fixture('mnist-784-20.json'), 'utf8')) as { readonly logZ: number };
  const stored = readSafetensors(fixture('mnist-784-20.safetensors')) as Readonly<
    Record<'weight' | 'visibleBias' | 'hiddenBias' | 'visibleMeans' | 'digits', Float32Array>
  >;
  const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(20) });
  const load = () => ({
    weight: tensor(stored.weight, [784, 20]),
    visibleBias: tensor(stored.visibleBias),
    hiddenBias: tensor(stored.hiddenBias),
  });
  const digits = Uint8Array.from(
    { length: 96 * 784 },
    (_, i) => ((stored.digits[i >> 3] as number) >> (7 - (i & 7))) & 1,
  );

  beforeAll(async () => {
    await useBackend(tfjs('wasm'));
  });
  afterAll(async () => {
    await useBackend(reference());
  });

  it('has the log Z that NumPy found by summing over 2^20 states', async () => {
    expect(Math.abs((await exactLogZ(machine, load())) - known.logZ)).toBeLessThan(1e-9);
  });

  it.each(seeds)('AIS is within 0.1 nat and 3 standard errors of it, key %i', async (seed) => {
    const { visibleMeans } = stored;
    const betas = denseNearTarget(300);
    const { logZ, standardError, lower } = await estimateLogZ(machine, load(), {
      visibleMeans,
      betas,
      chains: 500,
      key: key(seed),
    });
    expect(Math.abs(logZ - known.logZ)).toBeLessThan(0.1);
    expect(Math.abs(logZ - known.logZ)).toBeLessThan(3 * standardError);
    expect(lower).toBeLessThan(known.logZ);
  });

  it('gives digits the likelihood of the exact sum, with errors of data and estimate together', async () => {
    const params = load();
    const exact = await exactLogLikelihood(machine, params, digits);
    const given = { logZ: known.logZ + 0.3, standardError: 3, lower: known.logZ - 1, upper: known.logZ + 2, ess: 17 };
    const estimated = await logLikelihood(machine, params, digits, given);
    expect(exact.mean - estimated.mean).toBeCloseTo(0.3, 6);
    expect(exact.logZError).toBe(0);
    expect(estimated.standardError).toBeCloseTo(Math.hypot(exact.standardError, 3), 9);
    expect((estimated.upper as number) - exact.mean).toBeCloseTo(1, 6);
    expect(exact.mean - (estimated.lower as number)).toBeCloseTo(2, 6);
    expect([estimated.ess, exact.ess]).toEqual([17, undefined]);
  });
});

describe('denseNearTarget', () => {
  it('rises from 0 to 1 with smaller and smaller steps', () => {
    for (const steps of [1, 2, 7, 1000]) {
      const betas = denseNearTarget(steps);
      expect([betas.length, betas[0], betas.at(-1)]).toEqual([steps + 1, 0, 1]);
      const gaps = betas.slice(1).map((beta, k) => beta - (betas[k] as number));
      expect(gaps.every((gap, k) => gap > 0 && (k === 0 || gap < (gaps[k - 1] as number) + 1e-12))).toBe(true);
    }
    expect(() => denseNearTarget(0)).toThrow('denseNearTarget: steps must be a whole number of at least 1, got 0.');
  });
});
