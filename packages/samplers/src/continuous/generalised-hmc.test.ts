import { type ContinuousEnergy, clamp, doubleWell, gaussian } from '@ebmkit/energy';
import {
  add,
  jit,
  type Key,
  key,
  normal,
  readSync,
  reference,
  split,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  uniform,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { describeContinuousKernel } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { repeat } from '../combinators/repeat.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { type GeneralisedHmcOptions, generalisedHmc } from './generalised-hmc.js';

const well = doubleWell({ barrierHeight: 2 });

describe('generalised HMC, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const [h, alpha, inverse, chains] = [0.55, 0.7, 0.6, 24] as const;
  const slope = (x: number): number => 8 * (x * x - 1) * x;
  const energy = (x: number): number => 2 * (x * x - 1) ** 2;
  const kinetic = (p: number): number => (p * p * inverse) / 2;
  const options = { stepSize: h, persistence: alpha, metric: diagonalMetric<Tensor>(inverse) };
  const start = () => tensor(Array.from({ length: chains }, (_, i) => [i / 8 - 1.5]));

  /** A step of one chain in plain numbers, given its noise and its threshold. */
  function plainStep(x: number, p: number, noise: number, threshold: number) {
    const refreshed = alpha * p + Math.sqrt(1 - alpha ** 2) * (noise / Math.sqrt(inverse));
    const half = refreshed - (h / 2) * slope(x);
    const moved = x + h * inverse * half;
    const kicked = half - (h / 2) * slope(moved);
    const error = energy(moved) + kinetic(kicked) - energy(x) - kinetic(refreshed);
    const accepted = threshold < Math.min(1, Math.exp(-error));
    return { accepted, error, position: accepted ? moved : x, momentum: accepted ? kicked : -refreshed };
  }

  test('a step renews part of the momentum and turns it round where it is refused', () => {
    const kernel = generalisedHmc(well, options);
    const state = kernel.init(start(), key(1));
    const next = kernel.step(key(4), state);
    const [momentumKey, acceptKey] = split(key(4), 2);
    const noise = readSync(normal(split(momentumKey, 1)[0], [chains, 1]));
    const u = readSync(uniform(acceptKey, [chains]));
    const from = [state.position, state.momentum].map((t) => readSync(t));
    const to = [next.state.position, next.state.momentum].map((t) => readSync(t));
    const accepted = Array.from(u, (threshold, i) => {
      const step = plainStep(from[0]?.[i] as number, from[1]?.[i] as number, noise[i] as number, threshold);
      expect(to[0]?.[i]).toBeCloseTo(step.position, 12);
      expect(to[1]?.[i]).toBeCloseTo(step.momentum, 12);
      expect(readSync(next.info.energyError)[i]).toBeCloseTo(step.error, 11);
      return step.accepted;
    });
    expect(new Set(accepted).size).toBe(2);
    expect(Array.from(readSync(next.info.accepted), Boolean)).toEqual(accepted);
  });

  test("Neal's threshold moves on its circle and is carried along by accepted moves", () => {
    const shift = 0.3;
    const kernel = generalisedHmc(well, { ...options, thresholdShift: shift });
    let state = kernel.init(start(), key(1));
    const outcomes = new Set<boolean>();
    for (let i = 0; i < 5; i++) {
      const noise = readSync(normal(split(split(key(i), 2)[0], 1)[0], [chains, 1]));
      const { state: next, info } = kernel.step(key(i), state);
      const numbers = [state.position, state.momentum, state.threshold as Tensor].map((t) => readSync(t));
      readSync(next.threshold as Tensor).forEach((threshold, chain) => {
        const [x, p, u] = numbers.map((values) => values[chain]) as [number, number, number];
        const shifted = u + shift >= 1 ? u + shift - 2 : u + shift;
        const step = plainStep(x, p, noise[chain] as number, Math.abs(shifted));
        outcomes.add(step.accepted);
        expect(Boolean(readSync(info.accepted)[chain])).toBe(step.accepted);
        expect(readSync(next.position)[chain]).toBeCloseTo(step.position, 11);
        expect(threshold).toBeCloseTo(step.accepted ? shifted * Math.exp(step.error) : shifted, 11);
        expect(Math.abs(threshold)).toBeLessThanOrEqual(1);
      });
      state = next;
    }
    expect(outcomes.size).toBe(2);
  });
});

describe('generalised HMC', () => {
  test('keeps the threshold uniform and the momentum normal', () => {
    const kernel = generalisedHmc(well, { stepSize: 0.5, persistence: 0.8, thresholdShift: 0.1 });
    const step = jit((k: Key, s: ReturnType<typeof kernel.init>) => kernel.step(k, s).state);
    let state = kernel.init(well.draw(key(7), 4000), key(1));
    for (let i = 0; i < 25; i++) state = step(key(i), state);
    const thresholds = Array.from(readSync(state.threshold as Tensor));
    const momenta = Array.from(readSync(state.momentum));
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean(thresholds))).toBeLessThan(5 * Math.sqrt(1 / 3 / 4000));
    expect(Math.abs(mean(thresholds.map((u) => u * u)) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / 4000));
    expect(Math.abs(mean(momenta.map((p) => p * p)) - 1)).toBeLessThan(5 * Math.sqrt(2 / 4000));
    step.clear();
  });

  test('takes trees and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const tree: ContinuousEnergy<Pair> = {
      energy: ({ a, b }) => add(sumEvent(square(a)), sumEvent(square(sub(b, 1)))),
    };
    const options = { stepSize: 0.3, persistence: 0.5, thresholdShift: 0.03 };
    const pair = generalisedHmc(tree, options);
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect([state.position.b.shape, state.momentum.a.shape]).toEqual([
      [3, 2, 2],
      [3, 2],
    ]);
    const target = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    const kernel = repeat(generalisedHmc(target, options), 5);
    const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
  });

  test('takes a persistence, a step size and a shift as tensors', () => {
    const numbers = { stepSize: 0.25, persistence: 0.5, thresholdShift: 0.125 };
    const tensors = { stepSize: tensor(0.25), persistence: tensor(0.5), thresholdShift: tensor(0.125) };
    const end = (options: GeneralisedHmcOptions<Tensor>) => {
      const kernel = generalisedHmc(well, options);
      return readSync(kernel.step(key(1), kernel.init(zeros([6, 1]), key(0))).state.position);
    };
    end(numbers).forEach((v, i) => {
      expect(v).toBeCloseTo(end(tensors)[i] as number, 5);
    });
  });

  test.each([
    [{ persistence: 1 }, /generalisedHmc: persistence must be a number of at least 0 and below 1, or a scalar/],
    [{ persistence: -0.1 }, /persistence must be/],
    [{ thresholdShift: 2 }, /thresholdShift must be a number of at least 0 and below 2/],
    [{ stepSize: 0 }, /stepSize must be/],
    [{ leapfrogSteps: 0 }, /leapfrogSteps must be/],
    [{ integrator: { kicks: [1], drifts: [] } }, /expected an integrator/],
  ])('refuses %j', (wrong, message) => {
    expect(() => generalisedHmc(well, { stepSize: 0.1, persistence: 0.5, ...wrong })).toThrow(message);
  });
});

describeContinuousKernel('generalised HMC', {
  make: (target, stepSize) => generalisedHmc(target, { stepSize, persistence: 0.8, leapfrogSteps: 2 }),
  stepSizes: [0.25, 0.45],
  stepSizesOf: { correlated: [0.25, 0.4], image: [0.15, 0.25] },
  steps: 200,
  warmup: 60,
  backends,
});

describeContinuousKernel("generalised HMC with Neal's threshold", {
  make: (target, stepSize) => generalisedHmc(target, { stepSize, persistence: 0.8, thresholdShift: 0.03 }),
  stepSizes: [0.25, 0.45],
  stepSizesOf: { correlated: [0.25, 0.4], image: [0.15, 0.25] },
  steps: 600,
  backends,
});
