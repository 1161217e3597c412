import { clamp, type DiscreteEnergy, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  full,
  greater,
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
  where,
  zeros,
} from '@ebmkit/tensor';
import { continuousTargets, describeContinuousKernel, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { warmUp } from '../adaptation/warm-up.js';
import { repeat } from '../combinators/repeat.js';
import { denseMetric } from '../hamiltonian/dense-metric.js';
import { diagonalMetric } from '../hamiltonian/diagonal-metric.js';
import { randomWalkMetropolis } from './random-walk-metropolis.js';

describe('random-walk Metropolis, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('a move is normal of covariance eps² M⁻¹, accepted with the ratio of densities', () => {
    const [epsilon, inverse] = [0.7, [0.5, 2]] as const;
    const starts = [0.3, 0.8, -1, 2, 1, -2, 0, 0];
    const target = gaussian({ mean: [1, -2], diagonal: [0.5, 3] });
    const kernel = randomWalkMetropolis(target, { stepSize: epsilon, metric: diagonalMetric(inverse) });
    const { state, info } = kernel.step(key(4), kernel.init(tensor(starts, [4, 2]), key(0)));
    const [moveKey, acceptKey] = split(key(4), 2);
    const noise = readSync(normal(split(moveKey, 1)[0], [4, 2]));
    const threshold = readSync(uniform(acceptKey, [4]));
    const energyAt = ([x, y]: readonly number[]): number => ((x as number) - 1) ** 2 + ((y as number) + 2) ** 2 / 6;
    const outcomes = [0, 1, 2, 3].map((chain) => {
      const from = starts.slice(2 * chain, 2 * chain + 2);
      const to = from.map((x, i) => x + epsilon * Math.sqrt(inverse[i] as number) * (noise[2 * chain + i] as number));
      const probability = Math.min(1, Math.exp(energyAt(from) - energyAt(to)));
      const accepted = (threshold[chain] as number) < probability;
      expect(readSync(info.acceptanceProbability)[chain]).toBeCloseTo(probability, 10);
      expect(Boolean(readSync(info.accepted)[chain])).toBe(accepted);
      (accepted ? to : from).forEach((x, i) => {
        expect(readSync(state.position)[2 * chain + i]).toBeCloseTo(x, 12);
      });
      expect(readSync(state.energy)[chain]).toBeCloseTo(energyAt(accepted ? to : from), 12);
      return accepted;
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });
});

describe('random-walk Metropolis', () => {
  test('with the covariance of the target moves as on an isotropic one', async () => {
    const { correlated } = continuousTargets;
    const metric = denseMetric<Tensor>([
      [1.5, 0.8],
      [0.8, 0.6],
    ]);
    await expectInvariance({
      make: () => randomWalkMetropolis({ energy: correlated.energy }, { stepSize: 1.7, metric }),
      start: () => full([48, 2], 2.5),
      statistics: correlated.statistics,
      expected: correlated.expected,
      steps: 400,
    });
  });

  test('learns its step size and the shape of its moves from warmUp', async () => {
    const target = gaussian({ mean: [0, 0], diagonal: [0.01, 100] });
    const { parameters } = await warmUp({
      kernel: (settings) => randomWalkMetropolis(target, settings),
      start: zeros([48, 2]),
      steps: 600,
      targetAcceptance: 0.35,
      key: key(1),
    });
    const metric = diagonalMetric<Tensor>(parameters.inverseMass);
    await expectInvariance({
      make: () => randomWalkMetropolis(target, { stepSize: parameters.stepSize, metric }),
      start: () => target.draw(key(2), 48),
      statistics: (x) => concat([x, square(x)], 1),
      expected: [0, 0, 0.01, 100],
      steps: 300,
    });
  });

  test('takes energies without a derivative', async () => {
    await expectInvariance({
      make: () =>
        randomWalkMetropolis(
          { energy: (x: Tensor) => where(greater(sumEvent(square(x)), 1), Number.POSITIVE_INFINITY, 0) },
          { stepSize: 0.5 },
        ),
      start: () => full([100, 1], 0.9),
      statistics: (x) => square(x),
      expected: [1 / 3],
      steps: 400,
    });
  });

  test('on [chains, 8, 8, 1] equals the flattened problem bit for bit', () => {
    const mean = Float64Array.from({ length: 64 }, (_, i) => i / 32);
    const a = randomWalkMetropolis(gaussian({ mean, eventShape: [8, 8, 1] }), { stepSize: 0.2 });
    const b = randomWalkMetropolis(gaussian({ mean }), { stepSize: 0.2 });
    let [s, t] = [a.init(zeros([5, 8, 8, 1]), key(0)), b.init(zeros([5, 64]), key(0))];
    for (let i = 0; i < 10; i++) [s, t] = [a.step(key(i), s).state, b.step(key(i), t).state];
    expect(Array.from(readSync(s.position))).toEqual(Array.from(readSync(t.position)));
  });

  test('takes trees, and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const pair = randomWalkMetropolis({ energy }, { stepSize: tensor(0.2) });
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    const target = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7);
    const kernel = repeat(randomWalkMetropolis(target, { stepSize: 0.5 }), 5);
    const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
  });

  test('refuses discrete energies and steps that are not positive', () => {
    const discrete: DiscreteEnergy = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' };
    // @ts-expect-error an energy over discrete states
    expect(() => randomWalkMetropolis(discrete, { stepSize: 1 })).toThrow(/over real states, got one over discrete/);
    expect(() => randomWalkMetropolis(gaussian({ mean: [0] }), { stepSize: 0 })).toThrow(
      'randomWalkMetropolis: stepSize must be a positive number',
    );
  });
});

// In 784 dimensions about 3000 moves make an independent draw, so that 64 chains need 10000 moves each for 150 of them. They begin
// where a mean of images is 20 standard errors off and their variance 6: chains forget in 1200 moves.
describeContinuousKernel('random-walk Metropolis', {
  make: (target, stepSize, { variances }) =>
    randomWalkMetropolis(target, { stepSize, metric: diagonalMetric(variances) }),
  stepSizes: [0.6, 1.1],
  stepSizesOf: { image: [0.075, 0.09] },
  steps: 1000,
  images: { chains: 64, warmup: 95, steps: 480, thin: 20, start: 0.05, spread: 0.825 },
  backends,
});
