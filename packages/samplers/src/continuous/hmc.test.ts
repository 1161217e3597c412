import { clamp, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  type DType,
  EbmError,
  jit,
  type Key,
  key,
  mul,
  normal,
  readSync,
  reference,
  slice,
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
import { describeContinuousKernel, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { repeat } from '../combinators/repeat.js';
import { denseMetric } from '../hamiltonian/dense-metric.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { mcLachlan, yoshida } from '../hamiltonian/splitting-integrator.js';
import { hmc } from './hmc.js';
import { mala } from './mala.js';

describe('HMC, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const target = gaussian({ mean: [1, -2], diagonal: [0.5, 3] });
  const starts = [
    [0.3, 0.8],
    [-1, 2],
  ] as const;
  const energyAt = ([a, b]: readonly number[]): number => ((a as number) - 1) ** 2 + ((b as number) + 2) ** 2 / 6;
  const slopeAt = ([a, b]: readonly number[]): number[] => [2 * ((a as number) - 1), ((b as number) + 2) / 3];
  const [h, inverse] = [0.4, [0.7, 2.5]] as const;

  test('a step follows the leapfrog and accepts with e^(H - H′)', () => {
    const kernel = hmc(target, { stepSize: h, leapfrogSteps: 3, metric: diagonalMetric([...inverse]) });
    const { state, info } = kernel.step(key(4), kernel.init(tensor(starts.map((x) => [...x])), key(0)));
    const [momentumKey, acceptKey] = split(key(4), 2);
    const z = readSync(normal(split(momentumKey, 1)[0], [2, 2]));
    const u = readSync(uniform(acceptKey, [2]));
    starts.forEach((start, chain) => {
      let x: number[] = [...start];
      const first = inverse.map((m, i) => (z[2 * chain + i] as number) / Math.sqrt(m));
      let p = first;
      for (let step = 0; step < 3; step++) {
        p = p.map((v, i) => v - (h / 2) * (slopeAt(x)[i] as number));
        x = x.map((v, i) => v + h * (inverse[i] as number) * (p[i] as number));
        p = p.map((v, i) => v - (h / 2) * (slopeAt(x)[i] as number));
      }
      const kinetic = (q: readonly number[]): number =>
        q.reduce((total, v, i) => total + (v * v * (inverse[i] as number)) / 2, 0);
      const error = energyAt(x) + kinetic(p) - energyAt(start) - kinetic(first);
      const probability = Math.min(1, Math.exp(-error));
      expect(readSync(info.energyError)[chain]).toBeCloseTo(error, 12);
      expect(readSync(info.acceptanceProbability)[chain]).toBeCloseTo(probability, 12);
      const accepted = (u[chain] as number) < probability;
      expect(Boolean(readSync(info.accepted)[chain])).toBe(accepted);
      const end = accepted ? x : start;
      expect(readSync(state.position)[2 * chain]).toBeCloseTo(end[0], 12);
      expect(readSync(state.position)[2 * chain + 1]).toBeCloseTo(end[1], 12);
      expect(readSync(state.energy)[chain]).toBeCloseTo(energyAt(end), 12);
    });
  });

  test('one leapfrog step is MALA of step size ε² / 2', () => {
    const [a, b] = [hmc(target, { stepSize: h, leapfrogSteps: 1 }), mala(target, { stepSize: h ** 2 / 2 })];
    const x = tensor(starts.map((start) => [...start]));
    const [p, q] = [a.step(key(4), a.init(x, key(0))), b.step(key(4), b.init(x, key(0)))];
    const numbers = (t: Tensor): number[] => Array.from(readSync(t));
    numbers(p.info.acceptanceProbability).forEach((v, i) => {
      expect(v).toBeCloseTo(numbers(q.info.acceptanceProbability)[i] as number, 12);
    });
    numbers(p.state.position).forEach((v, i) => {
      expect(v).toBeCloseTo(numbers(q.state.position)[i] as number, 12);
    });
  });
});

describe('HMC', () => {
  const means = Float64Array.from({ length: 64 }, (_, i) => i / 32);
  const image = gaussian({ mean: means, scale: 0.8, eventShape: [8, 8, 1] });
  const flat = gaussian({ mean: means, scale: 0.8 });

  test('on [chains, 8, 8, 1] equals the flattened problem bit for bit', () => {
    const variances = Float64Array.from({ length: 64 }, (_, i) => 0.5 + i / 64);
    const options = { stepSize: 0.3, leapfrogSteps: 4, metric: diagonalMetric<Tensor>(variances) };
    const [a, b] = [hmc(image, options), hmc(flat, options)];
    let [s, t] = [a.init(zeros([5, 8, 8, 1]), key(0)), b.init(zeros([5, 64]), key(0))];
    for (let i = 0; i < 10; i++) [s, t] = [a.step(key(i), s).state, b.step(key(i), t).state];
    expect(s.position.shape).toEqual([5, 8, 8, 1]);
    expect(Array.from(readSync(s.position))).toEqual(Array.from(readSync(t.position)));
    expect(readSync(s.position).some((v) => v !== 0)).toBe(true);
  });

  test('takes trees of tensors, and a dense metric over all of them', async () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => {
      const both = add(sumEvent(square(a)), mul(sumEvent(square(sub(b, 1))), 0.5));
      return add(both, sumEvent(mul(a, sub(b, 1))));
    };
    const metric = denseMetric<Pair>([
      [1, -1],
      [-1, 2],
    ]);
    await expectInvariance({
      make: () => hmc({ energy }, { stepSize: 0.6, leapfrogSteps: 3, metric }),
      start: () => ({ a: zeros([48, 1]), b: zeros([48, 1]) }),
      statistics: ({ a, b }) => concat([square(a), square(sub(b, 1)), mul(a, sub(b, 1)), b], 1),
      expected: [1, 2, -1, 1],
      steps: 300,
    });
  });

  describe('on a clamped target, under a dense metric that couples what is clamped', () => {
    const covariance = [
      [1, 0.5],
      [0.5, 1],
    ];
    const make = () => {
      const target = clamp(gaussian({ mean: [0, 0], covariance }), tensor([true, false]), 2);
      return hmc(target, { stepSize: 0.5, leapfrogSteps: 3, metric: denseMetric(covariance) });
    };

    test('never moves it', () => {
      const kernel = repeat(make(), 5);
      const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 2]), key(0))).state.position);
      expect(Array.from(end).every((v, i) => (i % 2 === 0 ? v === 2 : v !== 0 && v !== 2))).toBe(true);
    });

    test('samples the rest from its conditional', async () => {
      const free = (x: Tensor): Tensor => slice(x, [0, 1], [48, 1]);
      await expectInvariance({
        make,
        start: () => zeros([48, 2]),
        statistics: (x) => concat([free(x), square(free(x))], 1),
        expected: [1, 1.75],
        steps: 300,
      });
    });
  });

  test('takes a step size as a tensor, and is compiled once for all of them', () => {
    let traces = 0;
    const position = jit((stepSize: Tensor, x: Tensor, k: Key) => {
      traces++;
      const kernel = hmc(flat, { stepSize, leapfrogSteps: 3 });
      return kernel.step(k, kernel.init(x, k)).state.position;
    });
    for (const stepSize of [0.25, 0.125]) {
      const kernel = hmc(flat, { stepSize, leapfrogSteps: 3 });
      const expected = kernel.step(key(1), kernel.init(zeros([2, 64]), key(0))).state.position;
      expect(readSync(position(tensor(stepSize), zeros([2, 64]), key(1)))).toEqual(readSync(expected));
    }
    expect(traces).toBe(1);
    position.clear();
  });

  test('refuses a trajectory whose energy rises by more than 1000', () => {
    const kernel = hmc(gaussian({ mean: [0] }), { stepSize: 40, leapfrogSteps: 2 });
    const { state, info } = kernel.step(key(2), kernel.init(tensor([[3]]), key(0)));
    expect(readSync(info.energyError)[0]).toBeGreaterThan(1000);
    expect(Array.from(readSync(info.diverged))).toEqual([1]);
    expect(Array.from(readSync(state.position))).toEqual([3]);
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses %d leapfrog steps', (leapfrogSteps) => {
    expect(() => hmc(flat, { stepSize: 0.1, leapfrogSteps })).toThrow(
      `hmc: leapfrogSteps must be a whole number of at least 1, got ${leapfrogSteps}.`,
    );
  });

  test('refuses bad step sizes, integrators, dtypes and discrete energies', () => {
    for (const stepSize of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, tensor([1, 2])])
      expect(() => hmc(flat, { stepSize, leapfrogSteps: 1 })).toThrow(/hmc: stepSize must be a positive number/);
    const integrator = { kicks: [0.5, 0.5], drifts: [2] };
    expect(() => hmc(flat, { stepSize: 1, leapfrogSteps: 1, integrator })).toThrow(/read the same backwards/);
    const discrete = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' } as const;
    // @ts-expect-error an energy over discrete states has no gradient
    expect(() => hmc(discrete, { stepSize: 1, leapfrogSteps: 1 })).toThrow(EbmError);
    const dtype: DType = 'int32';
    const kernel = hmc(flat, { stepSize: 1, leapfrogSteps: 1 });
    expect(() => kernel.init(zeros([3, 64], dtype), key(0))).toThrow(/expected float32 positions, got int32/);
  });
});

describeContinuousKernel('HMC', {
  make: (target, stepSize) => hmc(target, { stepSize, leapfrogSteps: 3 }),
  stepSizes: [0.25, 0.55],
  stepSizesOf: { correlated: [0.2, 0.4], image: [0.22, 0.26] },
  steps: 300,
  warmup: 40,
  backends,
});

describeContinuousKernel('HMC with masses and the integrator of McLachlan', {
  make: (target, stepSize) =>
    hmc(target, { stepSize, leapfrogSteps: 2, metric: diagonalMetric(0.8), integrator: mcLachlan }),
  stepSizes: [0.4, 0.9],
  stepSizesOf: { correlated: [0.4, 0.7], image: [0.35, 1.1] },
  steps: 400,
  backends,
});

describeContinuousKernel("HMC with Yoshida's integrator", {
  make: (target, stepSize) => hmc(target, { stepSize, leapfrogSteps: 3, integrator: yoshida }),
  stepSizes: [0.2, 0.3],
  stepSizesOf: { isotropic: [0.4, 0.7], image: [0.3, 0.4] },
  steps: 400,
  backends,
});
