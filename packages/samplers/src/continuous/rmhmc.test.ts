import { type ContinuousEnergy, clamp, gaussian } from '@ebmkit/energy';
import {
  add,
  broadcastTo,
  concat,
  exp,
  full,
  key,
  mul,
  neg,
  ones,
  readSync,
  reference,
  reshape,
  slice,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeContinuousKernel, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tfjsBackend, wasmBackend } from '../../fixtures/both-backends.js';
import { beginsBroken, cliff, cliffStart } from '../../fixtures/cliff.js';
import { repeat } from '../combinators/repeat.js';
import { denseMetric } from '../hamiltonian/dense-metric.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import type { Metric } from '../hamiltonian/metric.js';
import {
  denseRiemannianMetric,
  diagonalRiemannianMetric,
  type RiemannianMetric,
} from '../hamiltonian/riemannian-metric.js';
import { hmc } from './hmc.js';
import { rmhmc } from './rmhmc.js';

const column = (x: Tensor, i: number): Tensor => slice(x, [0, i], [x.shape[0] as number, 1]);
const spread = (rows: readonly (readonly number[])[]) => (x: Tensor) =>
  broadcastTo(tensor(rows.map((row) => [...row])), [x.shape[0] as number, rows.length, rows.length]);

describe('RMHMC with a constant metric equals HMC', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const covariance = [
    [1.5, 0.8],
    [0.8, 0.6],
  ];
  const inverse = [
    [1.25, 0.5],
    [0.5, 1],
  ];
  /** The inverse of `inverse`, of determinant 1. */
  const mass = [
    [1, -0.5],
    [-0.5, 1.25],
  ];
  const start = (): Tensor =>
    tensor([
      [0.3, 0.8],
      [-1, 2],
      [3, 0],
      [0, -2],
    ]);
  const expectEqual = (metric: RiemannianMetric<Tensor>, constant: Metric<Tensor>, digits: number): void => {
    const target = gaussian({ mean: [1, -1], covariance });
    const options = { stepSize: 0.3, leapfrogSteps: 3 };
    const [a, b] = [rmhmc(target, { ...options, metric }), hmc(target, { ...options, metric: constant })];
    const [p, q] = [a.step(key(1), a.init(start(), key(0))), b.step(key(1), b.init(start(), key(0)))];
    for (const [x, y] of [
      [p.state.position, q.state.position],
      [p.info.acceptanceProbability, q.info.acceptanceProbability],
      [p.info.energyError, q.info.energyError],
    ] as const)
      readSync(x).forEach((v, i) => {
        expect(v).toBeCloseTo(readSync(y)[i] as number, digits);
      });
    expect(Array.from(readSync(p.info.accepted))).toContain(1);
  };

  test('of a diagonal', () => {
    const metric = diagonalRiemannianMetric((x: Tensor) => mul(ones(x.shape), tensor([0.8, 2])));
    expectEqual(metric, diagonalMetric([1.25, 0.5]), 12);
  });

  test('of a full matrix, whose momenta come from another factor', () => {
    const metric = denseRiemannianMetric(spread(mass));
    const like = denseMetric<Tensor>(inverse);
    // The same matrix has many factors: HMC is given the momenta of this one.
    expectEqual(metric, { draw: metric.draw, velocity: like.velocity }, 11);
  });
});

const bowl = diagonalRiemannianMetric((x: Tensor) => add(mul(square(x), 0.02), 1));

const withBowl = {
  make: (target: Pick<ContinuousEnergy, 'energy'>, stepSize: number) =>
    rmhmc(target, { stepSize, leapfrogSteps: 2, metric: bowl, iterations: 3 }),
  stepSizes: [0.25, 0.5],
  stepSizesOf: { correlated: [0.2, 0.3], image: [0.2, 0.25] },
} as const;

describeContinuousKernel('RMHMC with a diagonal metric', {
  ...withBowl,
  steps: 600,
  backends: [wasmBackend],
});

describeContinuousKernel('RMHMC with a diagonal metric', {
  ...withBowl,
  chains: 144,
  steps: 300,
  warmup: 50,
  images: { chains: 24 },
  backends: [tfjsBackend],
});

/** The banana $`x_0 \sim N(0, 1)`$, $`x_1 \mid x_0 \sim N(x_0^2 / 2, 1)`$ and the metric of its Fisher information, which turns with it. */
const bend = (x: Tensor): Tensor => sub(column(x, 1), mul(square(column(x, 0)), 0.5));
const banana: ContinuousEnergy = {
  energy: (x) => mul(sumEvent(add(square(column(x, 0)), square(bend(x)))), 0.5),
};
const turning = denseRiemannianMetric((x: Tensor) => {
  const n = x.shape[0] as number;
  const a = column(x, 0);
  return reshape(concat([add(square(a), 1), neg(a), neg(a), ones([n, 1])], 1), [n, 2, 2]);
});

describe('RMHMC with a dense metric that turns along a banana', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test.each([0.2, 0.35])('leaves it invariant at step size %d', async (stepSize) => {
    await expectInvariance({
      make: () => rmhmc(banana, { stepSize, leapfrogSteps: 4, metric: turning, iterations: 8 }),
      start: () => full([48, 2], 1.5),
      statistics: (x) => concat([column(x, 0), square(column(x, 0)), bend(x), square(bend(x))], 1),
      expected: [0, 1, 0, 1],
      steps: 500,
    });
  });

  test('refuses and reports starts where the energy is not finite', () => {
    const kernel = rmhmc(cliff, { stepSize: 0.1, leapfrogSteps: 2, metric: turning });
    const { state, info } = kernel.step(key(1), kernel.init(cliffStart(), key(0)));
    expect(Array.from(readSync(info.diverged), Boolean)).toEqual(beginsBroken);
    expect(Array.from(readSync(state.position)).filter((v) => v === 1e4 || v === 1e6)).toHaveLength(2);
  });
});

describe("RMHMC on Neal's funnel", () => {
  const size = 4;
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));
  /** $`v \sim N(0, 9)`$ and four $`x_i \sim N(0, e^v)`$. */
  const funnel: ContinuousEnergy = {
    energy: (z) => {
      const [v, x] = [column(z, 0), slice(z, [0, 1])];
      const scale = reshape(v, [z.shape[0] as number]);
      const inner = mul(mul(sumEvent(square(x)), exp(neg(scale))), 0.5);
      return add(add(mul(square(scale), 1 / 18), mul(scale, size / 2)), inner);
    },
  };
  /** The Fisher information and the precision of the prior. */
  const fisher = diagonalRiemannianMetric((z: Tensor) => {
    const v = column(z, 0);
    return concat([full(v.shape, 1 / 9 + size / 2), broadcastTo(exp(neg(v)), [z.shape[0] as number, size])], 1);
  });
  const moments = {
    start: () => full([48, size + 1], 1),
    statistics: (z: Tensor) => concat([column(z, 0), square(column(z, 0))], 1),
    expected: [0, 9],
    steps: 1000,
    warmup: 200,
  };
  const leapfrogSteps = 10;

  test('finds the moments of the neck and the mouth', async () => {
    await expectInvariance({ ...moments, make: () => rmhmc(funnel, { stepSize: 0.5, leapfrogSteps, metric: fisher }) });
  });

  test.each([0.05, 0.2, 0.6])('where HMC does not, at step size %d', async (stepSize) => {
    const found = expectInvariance({ ...moments, make: () => hmc(funnel, { stepSize, leapfrogSteps }) });
    await expect(found).rejects.toThrow(/effective sample size|standard error/);
  });
});

describe('RMHMC', () => {
  test('refuses and reports where its equations were not solved', () => {
    const metric = diagonalRiemannianMetric((x: Tensor) => exp(mul(x, 3)));
    const kernel = rmhmc(gaussian({ mean: [0] }), { stepSize: 0.05, leapfrogSteps: 2, metric });
    const start = tensor([[0.1], [-3]]);
    const { state, info } = kernel.step(key(1), kernel.init(start, key(0)));
    expect(Array.from(readSync(info.diverged))).toEqual([0, 1]);
    expect(readSync(state.position)[1]).toBe(-3);
    expect(readSync(info.acceptanceProbability)[1]).toBe(0);
  });

  test('takes trees with a dense metric over all of them, and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const metric = denseRiemannianMetric(({ a }: Pair) => {
      const n = a.shape[0] as number;
      const one = add(square(a), 1);
      return reshape(concat([one, zeros([n, 1]), zeros([n, 1]), one], 1), [n, 2, 2]);
    });
    const pair = rmhmc({ energy }, { stepSize: tensor(0.2), leapfrogSteps: 2, metric, tolerance: tensor(1e-3) });
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 1]), b: zeros([3, 1, 1]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 1, 1]);
    const target = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    const kernel = repeat(rmhmc(target, { stepSize: 0.3, leapfrogSteps: 2, metric: bowl }), 5);
    const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
  });

  test('on [chains, 8, 8, 1] equals the flattened problem bit for bit', () => {
    const mean = Float64Array.from({ length: 64 }, (_, i) => i / 32);
    const options = { stepSize: 0.2, leapfrogSteps: 2, metric: bowl };
    const a = rmhmc(gaussian({ mean, eventShape: [8, 8, 1] }), options);
    const b = rmhmc(gaussian({ mean }), options);
    const [s, t] = [a.init(zeros([5, 8, 8, 1]), key(0)), b.init(zeros([5, 64]), key(0))];
    const [p, q] = [a.step(key(1), s).state.position, b.step(key(1), t).state.position];
    expect(Array.from(readSync(p))).toEqual(Array.from(readSync(q)));
    expect(readSync(p).some((v) => v !== 0)).toBe(true);
  });

  test.each([
    [{ iterations: 0 }, /rmhmc: iterations must be a whole number/],
    [{ tolerance: 0 }, /rmhmc: tolerance must be a positive number/],
    [{ leapfrogSteps: 0 }, /rmhmc: leapfrogSteps must be/],
    [{ stepSize: 0 }, /rmhmc: stepSize must be/],
    [{ metric: denseRiemannianMetric((x: Tensor) => x) }, undefined],
  ])('refuses %j', (wrong, message) => {
    const make = () => rmhmc(gaussian({ mean: [0, 0] }), { stepSize: 0.1, leapfrogSteps: 1, metric: bowl, ...wrong });
    if (message) expect(make).toThrow(message);
    else
      expect(() => make().step(key(1), make().init(zeros([4, 2]), key(0)))).toThrow(
        /expected a metric \[chains, 2, 2\] over the flattened event, got \[4, 2\]/,
      );
  });
});
