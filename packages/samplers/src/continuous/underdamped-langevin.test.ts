import { clamp, doubleWell, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  key,
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
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { continuousTargets, describeKernel, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends, onBothBackends } from '../../fixtures/both-backends.js';
import { beginsBroken, cliff, cliffStart } from '../../fixtures/cliff.js';
import { biasOf, isOfSecondOrder, rippledBowl } from '../../fixtures/rippled-bowl.js';
import { repeat } from '../combinators/repeat.js';
import { denseMetric } from '../hamiltonian/dense-metric.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { underdampedLangevin } from './underdamped-langevin.js';

describe('underdamped Langevin dynamics, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('a step is half a kick, half a drift, friction and noise, half a drift, half a kick', () => {
    const [h, friction, inverse] = [0.2, 1.5, 0.6];
    const slope = (x: number): number => 8 * (x * x - 1) * x;
    const kernel = underdampedLangevin(doubleWell({ barrierHeight: 2 }), {
      stepSize: h,
      friction,
      metric: diagonalMetric(inverse),
    });
    const state = kernel.init(tensor([[0.4], [-1.3]]), key(1));
    const next = kernel.step(key(4), state);
    const noise = readSync(normal(split(key(4), 1)[0], [2, 1]));
    const kept = Math.exp(-friction * h);
    [0, 1].forEach((chain) => {
      const [x, p, z] = [state.position, state.momentum].map((t) => readSync(t)[chain]).concat(noise[chain]) as [
        number,
        number,
        number,
      ];
      const kicked = p - (h / 2) * slope(x);
      const middle = x + (h / 2) * inverse * kicked;
      const rubbed = kept * kicked + Math.sqrt((1 - kept ** 2) / inverse) * z;
      const end = middle + (h / 2) * inverse * rubbed;
      const momentum = rubbed - (h / 2) * slope(end);
      expect(readSync(next.state.position)[chain]).toBeCloseTo(end, 12);
      expect(readSync(next.state.momentum)[chain]).toBeCloseTo(momentum, 12);
      const energy = (y: number): number => 2 * (y * y - 1) ** 2;
      const kinetic = (kicked ** 2 - p ** 2 + momentum ** 2 - rubbed ** 2) * (inverse / 2);
      expect(readSync(next.info.energyError)[chain]).toBeCloseTo(energy(end) - energy(x) + kinetic, 11);
    });
  });
});

const { correlated } = continuousTargets;
describeKernel('underdamped Langevin dynamics on a Gaussian, where positions have no bias at any stable step size', {
  make: () => underdampedLangevin({ energy: correlated.energy }, { stepSize: 0.6, friction: 1 }),
  start: () => tensor(Array.from({ length: 48 }, () => [2.5, 2.5])),
  statistics: correlated.statistics,
  expected: correlated.expected,
  steps: 1000,
  broken: () => ({
    kernel: underdampedLangevin(cliff, { stepSize: 0.1, friction: 1 }),
    start: cliffStart(),
    diverges: beginsBroken,
  }),
  backends,
});

onBothBackends('the bias of underdamped Langevin dynamics', () => {
  test.each([0.5, 1])('momenta have one on a Gaussian even where positions have none, at step size %d', async (h) => {
    const chains = 1600;
    await expectInvariance({
      make: () => underdampedLangevin(gaussian({ mean: [0] }), { stepSize: h, friction: 1 }),
      start: () => zeros([chains, 1]),
      statistics: (x) => concat([x, square(x)], 1),
      expected: [0, 1],
      steps: 200,
    });
    const kernel = underdampedLangevin(gaussian({ mean: [0] }), { stepSize: h, friction: 1 });
    let state = kernel.init(zeros([chains, 1]), key(1));
    const means = new Float64Array(chains);
    for (let i = 0; i < 150; i++) {
      state = kernel.step(key(i), state).state;
      if (i < 30) continue;
      readSync(state.momentum).forEach((p, chain) => {
        means[chain] = (means[chain] as number) + (p * p) / 120;
      });
    }
    const mean = means.reduce((a, b) => a + b, 0) / chains;
    const error = Math.sqrt(means.reduce((total, m) => total + (m - mean) ** 2, 0)) / chains;
    // Of BAOAB on a unit Gaussian: the variance of the momenta is 1 - ε² / 4.
    expect(Math.abs(mean - (1 - h ** 2 / 4))).toBeLessThan(5 * error);
    expect(1 - mean).toBeGreaterThan(5 * error);
  });
});

describe('the bias of underdamped Langevin dynamics where the target is no Gaussian', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test('falls as the square of the step size', () => {
    const [small, large] = [0.3, 0.6].map((stepSize) =>
      biasOf(underdampedLangevin(rippledBowl, { stepSize, friction: 0.1 }), {
        dimensions: 8,
        chains: 4000,
        warmup: 60,
        steps: 400,
      }),
    );
    expect(small && large && isOfSecondOrder(small, large), JSON.stringify([small, large])).toBe(true);
  });
});

describe('underdamped Langevin dynamics', () => {
  test('with a dense metric has no bias on a Gaussian either', async () => {
    const metric = denseMetric<Tensor>([
      [1.5, 0.8],
      [0.8, 0.6],
    ]);
    await expectInvariance({
      make: () => underdampedLangevin({ energy: correlated.energy }, { stepSize: 1.2, friction: 1, metric }),
      start: () => zeros([48, 2]),
      statistics: correlated.statistics,
      expected: correlated.expected,
      steps: 400,
    });
  });

  test('on [chains, 8, 8, 1] equals the flattened problem bit for bit', () => {
    const mean = Float64Array.from({ length: 64 }, (_, i) => i / 32);
    const options = { stepSize: 0.3, friction: 1 };
    const a = underdampedLangevin(gaussian({ mean, eventShape: [8, 8, 1] }), options);
    const b = underdampedLangevin(gaussian({ mean }), options);
    let [s, t] = [a.init(zeros([5, 8, 8, 1]), key(0)), b.init(zeros([5, 64]), key(0))];
    for (let i = 0; i < 10; i++) [s, t] = [a.step(key(i), s).state, b.step(key(i), t).state];
    expect(Array.from(readSync(s.position))).toEqual(Array.from(readSync(t.position)));
  });

  test('takes trees, and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const pair = underdampedLangevin({ energy }, { stepSize: 0.2, friction: tensor(1) });
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    const target = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    const kernel = repeat(underdampedLangevin(target, { stepSize: tensor(0.3), friction: 1 }), 5);
    const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
  });

  test('turns round where a step is refused', () => {
    const kernel = underdampedLangevin(doubleWell(), { stepSize: 2, friction: 1 });
    const state = kernel.init(tensor([[9]]), key(1));
    const next = kernel.step(key(2), state);
    expect(Array.from(readSync(next.info.diverged))).toEqual([1]);
    expect(Array.from(readSync(next.state.position))).toEqual([9]);
    expect(readSync(next.state.momentum)[0]).toBe(-(readSync(state.momentum)[0] as number));
  });

  test.each([
    [{ friction: 0 }, /underdampedLangevin: friction must be a positive number/],
    [{ friction: tensor([1, 1]) }, /friction must be a positive number or a scalar tensor, got a tensor \[2\]/],
    [{ stepSize: -1 }, /stepSize must be a positive number/],
  ])('refuses %j', (wrong, message) => {
    expect(() => underdampedLangevin(doubleWell(), { stepSize: 0.1, friction: 1, ...wrong })).toThrow(message);
  });
});

test('the free part of a clamped Gaussian is sampled from its conditional', async () => {
  const covariance = [
    [1, 0.5],
    [0.5, 1],
  ];
  await expectInvariance({
    make: () => {
      const target = clamp(gaussian({ mean: [0, 0], covariance }), tensor([true, false]), 2);
      return underdampedLangevin(target, { stepSize: 0.8, friction: 1, metric: denseMetric(covariance) });
    },
    start: () => zeros([48, 2]),
    statistics: (x) => concat([slice(x, [0, 1], [48, 1]), square(slice(x, [0, 1], [48, 1]))], 1),
    expected: [1, 1.75],
    steps: 300,
  });
});
