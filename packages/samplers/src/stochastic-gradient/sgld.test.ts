import { type ContinuousEnergy, clamp, gaussian, posterior, stochasticEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  concat,
  fold,
  full,
  key,
  mul,
  normal,
  pow,
  readSync,
  reference,
  reshape,
  split,
  square,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothBackends } from '../../fixtures/both-backends.js';
import { noisyBowl } from '../../fixtures/noisy-bowl.js';
import { biasOf, isOfFirstOrder, rippledBowl } from '../../fixtures/rippled-bowl.js';
import { describeStochasticKernel, expectVariance } from '../../fixtures/stochastic-suite.js';
import { repeat } from '../combinators/repeat.js';
import { scheduled } from '../combinators/scheduled.js';
import { langevin } from '../continuous/langevin.js';
import { sgld } from './sgld.js';

/** Observations of a location with unit variance, and a normal prior of variance 4. */
const observations = [-1.2, 0.4, 2.2, 0.1, 1.3, -0.6, 3.1, 0.9, -2, 1.4, 0.3, 0.8];
const precision = observations.length + 1 / 4;
const posteriorMean = observations.reduce((a, b) => a + b, 0) / precision;
const location = () =>
  posterior({
    prior: gaussian({ mean: [0], scale: 2 }),
    logLikelihood: (params: Tensor, data: Tensor) =>
      mul(square(sub(params, reshape(data, [1, data.shape[0] as number]))), -0.5),
    data: tensor(observations),
  });

/** The variance of the gradient of a batch without replacement: N² s² / B · (N − B) / (N − 1). */
function gradientVariance(batchSize: number): number {
  const n = observations.length;
  const mean = observations.reduce((a, b) => a + b, 0) / n;
  const spread = observations.reduce((total, x) => total + (x - mean) ** 2, 0) / n;
  return ((n * n * spread) / batchSize) * ((n - batchSize) / (n - 1));
}

describe('SGLD, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('a step is x - eps times the gradient of the last batch + sqrt(2 eps) n', () => {
    const [a, v, epsilon, starts] = [1.5, 2, 0.1, [0.3, -1, 2]] as const;
    const kernel = sgld(noisyBowl(a, v), { stepSize: epsilon });
    const first = kernel.step(key(4), kernel.init(tensor([...starts], [3, 1]), key(9)));
    const second = kernel.step(key(5), first.state);
    const noises = [key(4), key(5)].map((k) => readSync(normal(split(split(k, 2)[0], 1)[0], [3, 1])));
    const batches = [key(9), split(key(4), 2)[1]].map((k) => readSync(normal(k, [3, 1])));
    const move = (x: number, step: number, chain: number): number =>
      x -
      epsilon * (a * x + Math.sqrt(v) * (batches[step]?.[chain] as number)) +
      Math.sqrt(2 * epsilon) * (noises[step]?.[chain] as number);
    starts.forEach((x, chain) => {
      const after = move(x, 0, chain);
      expect(readSync(first.state.position)[chain]).toBeCloseTo(after, 12);
      expect(readSync(second.state.position)[chain]).toBeCloseTo(move(after, 1, chain), 12);
    });
  });

  test('with all data in a batch moves as Langevin dynamics of the posterior', () => {
    const target = location();
    const a = sgld(stochasticEnergy(target, { batchSize: 12 }), { stepSize: 0.05 });
    const b = langevin(target, { stepSize: 0.05 });
    let [s, t] = [a.init(zeros([5, 1]), key(0)), b.init(zeros([5, 1]), key(0))];
    for (let i = 0; i < 10; i++) [s, t] = [a.step(key(i), s).state, b.step(split(key(i), 2)[0], t).state];
    readSync(s.position).forEach((x, chain) => {
      expect(x).toBeCloseTo(readSync(t.position)[chain] as number, 10);
    });
  });
});

onBothBackends('the bias of SGLD', () => {
  test.each([
    [0.1, 0],
    [0.6, 0],
    [0.3, 1],
    [0.3, 6],
  ])('on a Gaussian is known: step size %d, variance of the gradient %d', async (epsilon, v) => {
    const a = 1.3;
    await expectVariance({
      make: (target) => sgld(target, { stepSize: epsilon }),
      target: noisyBowl(a, v),
      variance: (1 + (epsilon * v) / 2) / (a * (1 - (epsilon * a) / 2)),
      steps: 500,
    });
  });
});

describe('the bias of SGLD, in long runs', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test('elsewhere is proportional to the step size', () => {
    const target = { estimate: (_: unknown, x: Tensor) => rippledBowl.energy(x) };
    const [small, large] = [0.1, 0.2].map((stepSize) =>
      biasOf(sgld(target, { stepSize }), { dimensions: 8, chains: 2000, warmup: 60, steps: 400 }),
    );
    expect(small && large && isOfFirstOrder(small, large), JSON.stringify([small, large])).toBe(true);
  });

  test.each([2, 6, 12])('of batches of %d data is known', async (batchSize) => {
    const epsilon = 0.04;
    const variance = (1 + (epsilon * gradientVariance(batchSize)) / 2) / (precision * (1 - (epsilon * precision) / 2));
    await expectInvariance({
      make: () => sgld(stochasticEnergy(location(), { batchSize }), { stepSize: epsilon }),
      // One chain: chains that share batches are not independent.
      start: () => full([1, 1], 1),
      statistics: (x) => concat([x, square(sub(x, posteriorMean))], 1),
      expected: [posteriorMean, variance],
      steps: 6000,
      warmup: 50,
    });
  });

  test('goes away with a step size that decays', () => {
    const a = 1.3;
    const stepSize = (step: Tensor): Tensor => mul(pow(add(mul(cast(step, 'float32'), 0.05), 1), -1), 0.4);
    const kernel = scheduled({ stepSize }, (settings) => sgld(noisyBowl(a, 4), settings));
    let state = kernel.init(full([4000, 1], 1), key(1));
    const varianceNow = (): number => (readSync(sum(square(state.position)))[0] as number) / 4000;
    const steps = 1500;
    let early = 0;
    for (let i = 0; i < steps; i++) {
      state = kernel.step(fold(key(2), i), state).state;
      if (i === 10) early = varianceNow();
    }
    const last = 0.4 / (1 + 0.05 * steps);
    const expected = (1 + last * 2) / (a * (1 - (last * a) / 2));
    const error = (1 / a) * Math.sqrt(2 / 4000);
    expect(Math.abs(varianceNow() - expected)).toBeLessThan(5 * error);
    expect(early - 1 / a).toBeGreaterThan(5 * error);
  });
});

describe('SGLD', () => {
  test('takes trees, and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const pair = sgld({ estimate: (_, x: Pair) => energy(x) }, { stepSize: tensor(0.1) });
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    const { energy: clamped, constrain } = clamp(
      gaussian({ mean: [0, 0, 0] }),
      tensor([true, false, true]),
      7,
    ) as Required<ContinuousEnergy>;
    const kernel = repeat(sgld({ estimate: (_, x: Tensor) => clamped(x), constrain }, { stepSize: 0.1 }), 5);
    const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
  });

  test('refuses exact energies and wrong step sizes', () => {
    // @ts-expect-error no estimates
    expect(() => sgld(gaussian({ mean: [0] }), { stepSize: 0.1 })).toThrow(
      /sgld: expected a stochastic energy with estimate\(key, x\), got none/,
    );
    expect(() => sgld(noisyBowl(1, 0), { stepSize: 0 })).toThrow('sgld: stepSize must be a positive number');
  });
});

describeStochasticKernel('SGLD with noisy gradients', {
  make: (target) => sgld(target, { stepSize: 0.3 }),
  target: noisyBowl(1.3, 2),
  variance: 1.3 / (1.3 * (1 - (0.3 * 1.3) / 2)),
  steps: 300,
});
