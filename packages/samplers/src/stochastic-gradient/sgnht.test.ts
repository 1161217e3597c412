import { type ContinuousEnergy, clamp, gaussian } from '@ebmkit/energy';
import {
  add,
  fold,
  free,
  jit,
  type Key,
  key,
  mean,
  normal,
  readSync,
  reference,
  retire,
  split,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothBackends } from '../../fixtures/both-backends.js';
import { noisyBowl } from '../../fixtures/noisy-bowl.js';
import { describeStochasticKernel, expectVariance } from '../../fixtures/stochastic-suite.js';
import { repeat } from '../combinators/repeat.js';
import type { Kernel } from '../kernel/kernel.js';
import { type SgnhtState, sgnht } from './sgnht.js';

/**
 * Where the thermostat settles in many dimensions on a Gaussian of precision `a`: the friction at which momenta have variance 1, from
 * the stationary moments of the linear recursion that is left when it stands still.
 */
function settledFriction(a: number, v: number, epsilon: number, diffusion: number): number {
  const [noise, b] = [2 * diffusion * epsilon + epsilon ** 2 * v, 4 - epsilon ** 2 * a];
  return (b - Math.sqrt(b * b - 16 * noise)) / (4 * epsilon);
}

const varianceOf = (a: number, v: number, epsilon: number, diffusion: number): number =>
  (1 - (epsilon * settledFriction(a, v, epsilon, diffusion)) / 2) / a;

/** Means over chains and steps with their standard errors: of p·p / d, and of the thermostat. */
function thermostatMeans(
  kernel: Kernel<Tensor, SgnhtState<Tensor>, unknown>,
  chains: number,
  dimensions: number,
  steps: number,
) {
  const step = jit((k: Key, from: SgnhtState<Tensor>) => {
    const { state } = kernel.step(k, from);
    return { state, temperature: mean(square(state.momentum), 1) };
  });
  let state = kernel.init(zeros([chains, dimensions]), key(1));
  const sums = [new Float64Array(chains), new Float64Array(chains)] as const;
  for (let i = 0; i < 100 + steps; i++) {
    const next = step(fold(key(2), i), state);
    retire(state, next);
    state = next.state;
    if (i >= 100)
      [next.temperature, state.thermostat].forEach((seen, which) => {
        const total = sums[which] as Float64Array;
        readSync(seen).forEach((value, chain) => {
          total[chain] = (total[chain] as number) + value / steps;
        });
      });
    free(next.temperature);
  }
  step.clear();
  return sums.map((means) => {
    const value = means.reduce((total, m) => total + m, 0) / chains;
    const spread = means.reduce((total, m) => total + (m - value) ** 2, 0) / (chains - 1);
    return { value, error: Math.sqrt(spread / chains) };
  }) as [{ value: number; error: number }, { value: number; error: number }];
}

describe('SGNHT, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('a step rubs, kicks and heats the momentum, moves by it and corrects the thermostat', () => {
    const [a, v, epsilon, diffusion] = [1.5, 2, 0.2, 0.7];
    const kernel = sgnht(noisyBowl(a, v), { stepSize: epsilon, diffusion });
    const start = [0.3, -1, 2, 0.7];
    const state = kernel.init(tensor(start, [2, 2]), key(9));
    expect(Array.from(readSync(state.thermostat))).toEqual([0.7, 0.7]);
    const middle = kernel.step(key(3), state).state;
    const next = kernel.step(key(4), middle).state;
    const noise = readSync(normal(split(split(key(4), 2)[0], 1)[0], [2, 2]));
    const batch = readSync(normal(split(key(3), 2)[1], [2, 2]));
    const [x, p, thermostat] = [middle.position, middle.momentum, middle.thermostat].map((t) => readSync(t));
    [0, 1].forEach((chain) => {
      const xi = thermostat?.[chain] as number;
      const momenta = [0, 1].map((j) => {
        const at = 2 * chain + j;
        const [xAt, pAt] = [x?.[at], p?.[at]] as [number, number];
        const gradient = a * xAt + Math.sqrt(v) * (batch[at] as number);
        const momentum =
          pAt - epsilon * xi * pAt - epsilon * gradient + Math.sqrt(2 * diffusion * epsilon) * (noise[at] as number);
        expect(readSync(next.momentum)[at]).toBeCloseTo(momentum, 12);
        expect(readSync(next.position)[at]).toBeCloseTo(xAt + epsilon * momentum, 12);
        return momentum;
      });
      const temperature = momenta.reduce((total, m) => total + m * m, 0) / 2;
      expect(readSync(next.thermostat)[chain]).toBeCloseTo(xi + epsilon * (temperature - 1), 12);
    });
  });
});

onBothBackends('the stationary distribution of SGNHT', () => {
  test.each([
    [0.15, 0, 1],
    [0.3, 0, 1],
    [0.2, 5, 0.5],
  ])(
    'on a Gaussian of many dimensions is known: step size %d, variance of the gradient %d',
    async (epsilon, v, diffusion) => {
      const a = 1.3;
      await expectVariance({
        make: (target) => sgnht(target, { stepSize: epsilon, diffusion }),
        target: noisyBowl(a, v),
        variance: varianceOf(a, v, epsilon, diffusion),
        dimensions: 512,
        chains: 16,
        steps: 500,
      });
    },
  );

  test.each([0, 5])('has momenta of variance 1, and a friction that balances gradients of variance %d', (v) => {
    const [a, epsilon, diffusion] = [1.3, 0.2, 0.5];
    const kernel = sgnht(noisyBowl(a, v), { stepSize: epsilon, diffusion });
    const [temperature, friction] = thermostatMeans(kernel, 32, 256, 400);
    expect(Math.abs(temperature.value - 1)).toBeLessThan(5 * temperature.error);
    const settled = settledFriction(a, v, epsilon, diffusion);
    expect(Math.abs(friction.value - settled), `${friction.value}, not ${settled}`).toBeLessThan(5 * friction.error);
    // To first order in the step size it is A + εV / 2.
    expect(Math.abs(settled - (diffusion + (epsilon * v) / 2))).toBeLessThan(epsilon * settled ** 2);
  });
});

describe('SGNHT', () => {
  test('takes trees, and never moves what is clamped nor counts it as warm', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const options = { stepSize: tensor(0.1), diffusion: tensor(1) };
    const pair = sgnht({ estimate: (_, x: Pair) => energy(x) }, options);
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    const clamped = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 1) as Required<ContinuousEnergy>;
    const target = { estimate: (_: unknown, x: Tensor) => clamped.energy(x), constrain: clamped.constrain };
    const kernel = sgnht(target, options);
    const begin = kernel.init(zeros([4, 3]), key(0));
    const end = repeat(kernel, 5).step(key(1), begin).state;
    expect(Array.from(readSync(end.position)).every((x, i) => (i % 3 === 1 ? x !== 0 && x !== 1 : x === 1))).toBe(true);
    const next = kernel.step(key(1), begin).state;
    readSync(next.thermostat).forEach((xi, chain) => {
      const p = readSync(next.momentum).subarray(3 * chain, 3 * chain + 3);
      expect([p[0], p[2]]).toEqual([0, 0]);
      expect(xi).toBeCloseTo(1 + 0.1 * ((p[1] as number) ** 2 - 1), 6);
    });
  });

  test.each([
    [{ diffusion: 0 }, /sgnht: diffusion must be a positive number/],
    [{ stepSize: -1 }, /sgnht: stepSize must be a positive number/],
  ])('refuses %j', (wrong, message) => {
    expect(() => sgnht(noisyBowl(1, 0), { stepSize: 0.1, diffusion: 1, ...wrong })).toThrow(message);
  });

  test('refuses exact energies', () => {
    // @ts-expect-error no estimates
    expect(() => sgnht(gaussian({ mean: [0] }), { stepSize: 0.1, diffusion: 1 })).toThrow(
      /expected a stochastic energy/,
    );
  });
});

describeStochasticKernel('SGNHT with noisy gradients', {
  make: (target) => sgnht(target, { stepSize: 0.3, diffusion: 1 }),
  target: noisyBowl(1.3, 2),
  variance: varianceOf(1.3, 2, 0.3, 1),
  dimensions: 256,
  chains: 12,
  steps: 400,
});
