import {
  add,
  exp,
  key,
  memory,
  mul,
  neg,
  ones,
  readSync,
  reference,
  sin,
  type Tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brownianTree } from './brownian-tree.js';
import { solveSde } from './solve-sde.js';
import {
  type AdditiveEquation,
  type DiagonalEquation,
  eulerMaruyama,
  type StochasticMethod,
  sra1,
  stochasticHeun,
} from './stochastic-differential-equation.js';

const chains = 150;
const [a, b] = [0.7, 0.8];
const geometric: DiagonalEquation = { noise: 'diagonal', drift: (_, x) => mul(x, a), diffusion: (_, x) => mul(x, b) };
const wave: AdditiveEquation = {
  noise: 'additive',
  drift: (time, x) => add(sin(mul(x, 3)), neg(mul(x, time))),
  diffusion: (time) => add(0.5, mul(time, 0.7)),
};

const pathOf = () => brownianTree({ key: key(3), from: 0, to: 1, like: zeros([chains, 1]), depth: 9 });

/** The mean over chains of the distance to what is right at time 1, for each number of steps. */
async function strongErrors(
  equation: AdditiveEquation | DiagonalEquation,
  method: StochasticMethod,
  right: ArrayLike<number>,
  counts: readonly number[],
): Promise<number[]> {
  const errors: number[] = [];
  for (const steps of counts) {
    const { states } = await solveSde(equation, ones([chains, 1]), { to: 1, steps, method, path: pathOf() });
    errors.push(Array.from(states.data, (x, i) => Math.abs(x - (right[i] as number))).reduce((p, q) => p + q) / chains);
  }
  return errors;
}

/** The slope of the logarithm of the errors against that of the step size. */
function slope(errors: readonly number[], counts: readonly number[]): number {
  const [x, y] = [counts.map((n) => -Math.log(n)), errors.map(Math.log)];
  const mean = (v: readonly number[]): number => v.reduce((p, q) => p + q) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, v, i) => sum + (v - mx) * ((y[i] as number) - my), 0);
  return covariance / x.reduce((sum, v) => sum + (v - mx) ** 2, 0);
}

beforeAll(() => useBackend(reference({ precision: 'float64' })));
afterAll(() => useBackend(reference()));

describe('the strong order', () => {
  const counts = [16, 32, 64, 128];
  const endOf = () => pathOf().between(0, 1).increment;

  test('of Euler-Maruyama is 1/2 for noise that depends on the state, in the sense of Ito', async () => {
    const right = readSync(exp(add(mul(endOf(), b), a - b ** 2 / 2)));
    const found = slope(await strongErrors(geometric, eulerMaruyama, right, counts), counts);
    expect(found).toBeGreaterThan(0.35);
    expect(found).toBeLessThan(0.65);
    expect(slope(await strongErrors(geometric, stochasticHeun, right, counts), counts)).toBeLessThan(0.2);
  });

  test('of Heun is 1, in the sense of Stratonovich', async () => {
    const right = readSync(exp(add(mul(endOf(), b), a)));
    const found = slope(await strongErrors(geometric, stochasticHeun, right, counts), counts);
    expect(found).toBeGreaterThan(0.85);
    expect(found).toBeLessThan(1.3);
    expect(slope(await strongErrors(geometric, eulerMaruyama, right, counts), counts)).toBeLessThan(0.2);
  });

  test('for additive noise is 1 of Euler-Maruyama, 1 or more of Heun, and 3/2 of SRA1', async () => {
    const fine = await solveSde(wave, ones([chains, 1]), { to: 1, steps: 512, method: sra1, path: pathOf() });
    const slopes = [];
    for (const method of [eulerMaruyama, stochasticHeun, sra1])
      slopes.push(slope(await strongErrors(wave, method, fine.states.data, [8, 16, 32]), [8, 16, 32]));
    const [first, second, third] = slopes as [number, number, number];
    expect(first).toBeGreaterThan(0.85);
    expect(first).toBeLessThan(1.2);
    expect(second).toBeGreaterThan(0.85);
    expect(third).toBeGreaterThan(1.35);
    expect(third).toBeLessThan(1.9);
  });
});

describe('solveSde', () => {
  test('draws its own noise: the Ornstein-Uhlenbeck process has its mean and variance', async () => {
    const equation: AdditiveEquation = { noise: 'additive', drift: (_, x) => neg(x), diffusion: () => 0.6 };
    const { states, times } = await solveSde(equation, ones([20_000, 1]), {
      to: 2,
      saveAt: [1, 2],
      steps: 40,
      method: sra1,
      key: key(2),
    });
    expect(states.shape).toEqual([2, 20_000, 1]);
    times.forEach((time, i) => {
      const values = Array.from(states.data.subarray(i * 20_000, (i + 1) * 20_000));
      const mean = values.reduce((p, q) => p + q) / 20_000;
      const variance = values.reduce((p, q) => p + (q - mean) ** 2, 0) / 20_000;
      const right = 0.18 * (1 - Math.exp(-2 * time));
      expect(Math.abs(mean - Math.exp(-time))).toBeLessThan(5 * Math.sqrt(right / 20_000));
      expect(Math.abs(variance / right - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
    });
  });

  test('without noise SRA1 is of order 2', async () => {
    const equation: AdditiveEquation = { noise: 'additive', drift: (_, x) => neg(x), diffusion: () => 0 };
    const errors = [];
    for (const steps of [20, 40]) {
      const { states } = await solveSde(equation, ones([1, 1]), { to: 1, steps, method: sra1, key: key(1) });
      errors.push(Math.abs((states.data[0] as number) - Math.exp(-1)));
    }
    expect(Math.log2((errors[0] as number) / (errors[1] as number))).toBeCloseTo(2, 0.5);
  });

  test('goes back in time with the drift reversed and the noise as large', async () => {
    const equation: AdditiveEquation = { noise: 'additive', drift: () => ones([20_000, 1]), diffusion: () => 0.5 };
    const { states } = await solveSde(equation, zeros([20_000, 1]), { from: 1, to: 0, steps: 20, key: key(4) });
    const mean = states.data.reduce((p, q) => p + q, 0) / 20_000;
    const variance = states.data.reduce((p, q) => p + (q - mean) ** 2, 0) / 20_000;
    expect(Math.abs(mean + 1)).toBeLessThan((5 * 0.5) / Math.sqrt(20_000));
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
  });

  test('says when it diverges, stops when told to, and leaves nothing behind', async () => {
    const start = ones([2, 1]);
    const before = memory();
    const wild: AdditiveEquation = { noise: 'additive', drift: (_, x: Tensor) => mul(x, 1e200), diffusion: () => 1 };
    const bad = await solveSde(wild, start, { to: 1, steps: 10, key: key(1) });
    expect(bad.status).toBe('diverged');
    expect(bad.message).toMatch(/time 1 are not finite/);
    const controller = new AbortController();
    controller.abort();
    const options = { to: 1, steps: 10, key: key(1), signal: controller.signal };
    await expect(solveSde(wild, start, options)).rejects.toMatchObject({ code: 'aborted' });
    expect(memory()).toEqual(before);
  });

  test('refuses wrong options', async () => {
    const start = ones([2, 1]);
    await expect(solveSde(wave, start, { to: 1, steps: 10 })).rejects.toThrow(/one of key and path/);
    await expect(solveSde(geometric, start, { to: 1, steps: 10, key: key(1), method: sra1 })).rejects.toThrow(
      /for additive noise/,
    );
    await expect(solveSde(wave, start, { to: -1, steps: 10, path: pathOf() })).rejects.toThrow(/goes forwards/);
    await expect(solveSde(wave, start, { to: 1, steps: 1.5, key: key(1) })).rejects.toThrow(/steps must be/);
  });
});
