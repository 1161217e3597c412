import { type ContinuousEnergy, clamp, gaussian } from '@ebmkit/energy';
import {
  add,
  full,
  key,
  mul,
  normal,
  readSync,
  reference,
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
import { continuousTargets, describeContinuousKernel, describeKernel } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { beginsBroken, cliff, cliffStart } from '../../fixtures/cliff.js';
import { biasOf, isOfSecondOrder, rippledBowl } from '../../fixtures/rippled-bowl.js';
import { repeat } from '../combinators/repeat.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { leapfrog, mcLachlan } from '../hamiltonian/splitting-integrator.js';
import { adjustedMclmc, mclmc } from './mclmc.js';

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + v * (b[i] as number), 0);
const unit = (a: readonly number[]): number[] => a.map((v) => v / Math.sqrt(dot(a, a)));

describe('MCLMC, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const [mean, variance] = [
    [1, -2, 0.5],
    [0.5, 3, 1],
  ];
  const target = gaussian({ mean, diagonal: variance });
  const slope = (x: readonly number[]): number[] =>
    x.map((v, i) => (v - (mean[i] as number)) / (variance[i] as number));
  const energy = (x: readonly number[]): number =>
    slope(x).reduce((s, g, i) => s + (g * (x[i] as number) - g * (mean[i] as number)) / 2, 0);

  /** The exact turn of a direction, as printed in the paper, and what it adds to the kinetic energy. */
  function turn(u: readonly number[], g: readonly number[], time: number): readonly [number[], number] {
    const size = Math.sqrt(dot(g, g));
    const [e, delta] = [g.map((v) => -v / size), (time * size) / (g.length - 1)];
    const cosine = dot(e, u);
    const bottom = Math.cosh(delta) + cosine * Math.sinh(delta);
    const along = Math.sinh(delta) + cosine * (Math.cosh(delta) - 1);
    return [u.map((v, i) => (v + (e[i] as number) * along) / bottom), (g.length - 1) * Math.log(bottom)];
  }

  /** Follows the scheme in plain numbers. */
  function follow(x: readonly number[], u: readonly number[], h: number, steps: number) {
    let [position, direction, work] = [[...x], [...u], 0];
    const kick = (share: number): void => {
      const [next, change] = turn(direction, slope(position), h * share);
      [direction, work] = [next, work + change];
    };
    for (let step = 0; step < steps; step++) {
      kick(mcLachlan.kicks[0] as number);
      mcLachlan.drifts.forEach((share, i) => {
        position = position.map((v, j) => v + h * share * (direction[j] as number));
        kick(mcLachlan.kicks[i + 1] as number);
      });
    }
    return { position, direction, error: energy(position) - energy(x) + work };
  }
  const start = [0.3, 0.8, -1];

  test('a step turns and drifts, and then perturbs the direction', () => {
    const [h, length] = [0.7, 1.3];
    const kernel = mclmc(target, { stepSize: h, decoherenceLength: length });
    const state = kernel.init(tensor([start]), key(1));
    const u = Array.from(readSync(state.momentum));
    expect(dot(u, u)).toBeCloseTo(1, 13);
    const next = kernel.step(key(4), state);
    const expected = follow(start, u, h, 1);
    const noise = Array.from(readSync(normal(split(key(4), 1)[0], [1, 3])));
    const nu = Math.sqrt(Math.expm1((2 * h) / length) / 3);
    const perturbed = unit(expected.direction.map((v, i) => v + nu * (noise[i] as number)));
    start.forEach((_, i) => {
      expect(readSync(next.state.position)[i]).toBeCloseTo(expected.position[i] as number, 12);
      expect(readSync(next.state.momentum)[i]).toBeCloseTo(perturbed[i] as number, 12);
    });
    expect(readSync(next.info.energyError)[0]).toBeCloseTo(expected.error, 11);
  });

  test('the adjusted kernel accepts with e^(-W)', () => {
    const kernel = adjustedMclmc(target, { stepSize: 1.6, integrationSteps: 2 });
    const { info } = kernel.step(key(4), kernel.init(tensor([start]), key(1)));
    const u = unit(Array.from(readSync(normal(split(split(key(4), 2)[0], 1)[0], [1, 3]))));
    const { error } = follow(start, u, 1.6, 2);
    expect(readSync(info.energyError)[0]).toBeCloseTo(error, 11);
    expect(readSync(info.acceptanceProbability)[0]).toBeCloseTo(Math.min(1, Math.exp(-error)), 11);
  });

  test('a metric runs it in the coordinates in which masses are 1', () => {
    const white = gaussian({ mean: mean.map((m, i) => m / Math.sqrt(variance[i] as number)) });
    const options = { stepSize: 0.8, integrationSteps: 2 };
    const a = adjustedMclmc(target, { ...options, metric: diagonalMetric(variance) });
    const b = adjustedMclmc(white, options);
    const scaled = start.map((v, i) => v / Math.sqrt(variance[i] as number));
    const [p, q] = [a.step(key(4), a.init(tensor([start]), key(0))), b.step(key(4), b.init(tensor([scaled]), key(0)))];
    expect(readSync(p.info.energyError)[0]).toBeCloseTo(readSync(q.info.energyError)[0] as number, 11);
    readSync(p.state.position).forEach((v, i) => {
      expect(v).toBeCloseTo((readSync(q.state.position)[i] as number) * Math.sqrt(variance[i] as number), 11);
    });
  });
});

const { isotropic } = continuousTargets;

describeKernel('MCLMC, at a step size at which its bias does not show', {
  make: () => mclmc({ energy: isotropic.energy }, { stepSize: 0.4, decoherenceLength: 2 }),
  start: () => full([48, 3], 2.5),
  statistics: isotropic.statistics,
  expected: isotropic.expected,
  steps: 600,
  broken: () => ({
    kernel: mclmc(cliff, { stepSize: 0.1, decoherenceLength: 1 }),
    start: cliffStart(),
    diverges: beginsBroken,
  }),
  backends,
});

describe('the bias of MCLMC', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test.each([
    ['mcLachlan', mcLachlan, [1, 2]],
    ['leapfrog', leapfrog, [0.5, 1]],
  ] as const)('falls as the square of the step size, with %s', (_, integrator, sizes) => {
    const counts = { dimensions: 4, chains: 6000, warmup: 40, steps: integrator === leapfrog ? 300 : 800 };
    const [small, large] = sizes.map((stepSize) =>
      biasOf(mclmc(rippledBowl, { stepSize, decoherenceLength: 2, integrator }), counts),
    );
    expect(small && large && isOfSecondOrder(small, large), JSON.stringify([small, large])).toBe(true);
  });
});

describe('MCLMC', () => {
  const mean = Float64Array.from({ length: 64 }, (_, i) => i / 32);
  test.each([
    ['mclmc', (e: ContinuousEnergy) => mclmc(e, { stepSize: 1, decoherenceLength: 4 })],
    ['adjustedMclmc', (e: ContinuousEnergy) => adjustedMclmc(e, { stepSize: 1, integrationSteps: 3 })],
  ] as const)('%s on [chains, 8, 8, 1] equals the flattened problem bit for bit', (_, make) => {
    const [a, b] = [make(gaussian({ mean, eventShape: [8, 8, 1] })), make(gaussian({ mean }))];
    let [x, y] = [zeros([5, 8, 8, 1]), zeros([5, 64])];
    for (let i = 0; i < 5; i++) {
      x = a.step(key(i), a.init(x, key(9)) as never).state.position;
      y = b.step(key(i), b.init(y, key(9)) as never).state.position;
    }
    expect(x.shape).toEqual([5, 8, 8, 1]);
    expect(Array.from(readSync(x))).toEqual(Array.from(readSync(y)));
  });

  test('takes trees, tensors for numbers, and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const pair = mclmc({ energy }, { stepSize: tensor(0.3), decoherenceLength: tensor(2) });
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 1]), b: zeros([3, 1, 1]) }, key(0)));
    const lengths = readSync(add(sumEvent(square(state.momentum.a)), sumEvent(square(state.momentum.b))));
    for (const length of lengths) expect(length).toBeCloseTo(1, 5);
    const target = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    for (const make of [mclmc, adjustedMclmc]) {
      const options = { stepSize: 0.3, decoherenceLength: 2, integrationSteps: 3 };
      const kernel = repeat(make(target, options) as ReturnType<typeof mclmc<Tensor>>, 5);
      const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
      expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
    }
  });

  test('goes straight on where the gradient is 0, and survives steep ones', () => {
    const flat: ContinuousEnergy = { energy: (x) => mul(sumEvent(x), 0) };
    const kernel = adjustedMclmc(flat, { stepSize: 0.5, integrationSteps: 4 });
    const { state, info } = kernel.step(key(1), kernel.init(zeros([1, 3]), key(0)));
    expect(readSync(sumEvent(square(state.position)))[0]).toBeCloseTo(4, 4);
    expect(readSync(info.energyError)[0]).toBe(0);
    const steep = gaussian({ mean: [0, 0, 0], scale: 1e-4 });
    const started = mclmc(steep, { stepSize: 1e-3, decoherenceLength: 1 });
    const next = started.step(key(1), started.init(full([4, 3], 1), key(0)));
    expect(Array.from(readSync(next.state.position)).every(Number.isFinite)).toBe(true);
  });

  test.each([
    [{ stepSize: 0 }, /mclmc: stepSize must be/],
    [{ decoherenceLength: -1 }, /mclmc: decoherenceLength must be a positive number/],
    [{ integrator: { kicks: [1], drifts: [] } }, /mclmc: expected an integrator/],
  ])('refuses %j', (wrong, message) => {
    const target = gaussian({ mean: [0, 0] });
    expect(() => mclmc(target, { stepSize: 0.1, decoherenceLength: 1, ...wrong })).toThrow(message);
  });

  test('refuses lines, where no direction can turn', () => {
    const line = gaussian({ mean: [0] });
    const message = /at least 2 numbers for each chain/;
    expect(() => mclmc(line, { stepSize: 1, decoherenceLength: 1 }).init(zeros([4, 1]), key(0))).toThrow(message);
    expect(() => adjustedMclmc(line, { stepSize: 1, integrationSteps: 1 }).init(zeros([4, 1]), key(0))).toThrow(
      message,
    );
    expect(() => adjustedMclmc(line, { stepSize: 1, integrationSteps: 0 })).toThrow(/integrationSteps must be/);
  });
});

describeContinuousKernel('adjusted MCLMC', {
  make: (target, stepSize) => adjustedMclmc(target, { stepSize, integrationSteps: 3 }),
  stepSizes: [0.5, 0.9],
  stepSizesOf: { correlated: [0.3, 0.6], image: [6, 14] },
  steps: 400,
  backends,
});

describeContinuousKernel('adjusted MCLMC with the leapfrog and masses', {
  make: (target, stepSize) =>
    adjustedMclmc(target, { stepSize, integrationSteps: 3, integrator: leapfrog, metric: diagonalMetric(0.8) }),
  stepSizes: [0.4, 0.7],
  stepSizesOf: { correlated: [0.3, 0.5], image: [5, 10] },
  steps: 300,
  warmup: 60,
  backends,
});
