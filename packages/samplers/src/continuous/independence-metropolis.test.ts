import { clamp, doubleWell, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  key,
  mul,
  normal,
  readSync,
  reference,
  split,
  square,
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
import { independenceMetropolis } from './independence-metropolis.js';

describe('independence Metropolis, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('accepts with the ratio of importance weights', () => {
    const starts = [0.3, 1.1, -1, -0.2, 0.9, 1];
    const kernel = independenceMetropolis(doubleWell({ barrierHeight: 2 }), {
      proposal: gaussian({ mean: [0.5], scale: 1.5 }),
    });
    const { state, info } = kernel.step(key(4), kernel.init(tensor(starts, [6, 1]), key(0)));
    const [drawKey, acceptKey] = split(key(4), 2);
    const noise = readSync(normal(drawKey, [6, 1]));
    const threshold = readSync(uniform(acceptKey, [6]));
    const logWeight = (x: number): number => -2 * (x * x - 1) ** 2 + (x - 0.5) ** 2 / (2 * 1.5 ** 2);
    const outcomes = starts.map((from, chain) => {
      const to = 0.5 + 1.5 * (noise[chain] as number);
      const probability = Math.min(1, Math.exp(logWeight(to) - logWeight(from)));
      const accepted = (threshold[chain] as number) < probability;
      expect(readSync(info.acceptanceProbability)[chain]).toBeCloseTo(probability, 10);
      expect(readSync(state.position)[chain]).toBeCloseTo(accepted ? to : from, 12);
      return accepted;
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });

  test('accepts everything where the proposal is the target, each chain a draw of its own', () => {
    const target = gaussian({
      mean: [1, 2],
      covariance: [
        [1, 0.5],
        [0.5, 1],
      ],
    });
    const kernel = independenceMetropolis(target, { proposal: target });
    const { state, info } = kernel.step(key(1), kernel.init(zeros([20, 2]), key(0)));
    readSync(info.acceptanceProbability).forEach((p) => {
      expect(p).toBeCloseTo(1, 10);
    });
    expect(Array.from(readSync(state.position))).toEqual(Array.from(readSync(target.draw(split(key(1), 2)[0], 20))));
  });
});

describe('independence Metropolis', () => {
  test('jumps between the wells', async () => {
    const target = doubleWell({ barrierHeight: 8 });
    await expectInvariance({
      make: () => independenceMetropolis(target, { proposal: gaussian({ mean: [0], scale: 1.2 }) }),
      start: () => add(zeros([64, 1]), 1),
      statistics: (x) => concat([x, square(x)], 1),
      expected: [0, target.covariance[0] as number],
      steps: 500,
    });
  });

  test('takes trees of tensors', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => mul(add(sumEvent(square(a)), sumEvent(square(b))), 0.5);
    const draw = (k: ReturnType<typeof key>, n: number): Pair => {
      const [a, b] = split(k, 2);
      return { a: normal(a, [n, 2]), b: normal(b, [n, 2, 2]) };
    };
    const kernel = independenceMetropolis({ energy }, { proposal: { draw, energy } });
    const { state, info } = kernel.step(key(1), kernel.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    expect(Array.from(readSync(info.accepted))).toEqual([1, 1, 1]);
  });

  test('refuses to move what is clamped, and samples the rest where the proposal is in place', async () => {
    const covariance = [
      [1, 0.5],
      [0.5, 1],
    ];
    const target = clamp(gaussian({ mean: [0, 0], covariance }), tensor([true, false]), 2);
    const free = gaussian({ mean: [0, 0], scale: 1.5 });
    const loose = repeat(independenceMetropolis(target, { proposal: free }), 5);
    const { state, info } = loose.step(key(1), loose.init(zeros([4, 2]), key(0)));
    expect(Array.from(readSync(state.position))).toEqual([2, 0, 2, 0, 2, 0, 2, 0]);
    expect(Array.from(readSync(info.acceptanceProbability))).toEqual([0, 0, 0, 0]);
    expect(Array.from(readSync(info.diverged))).toEqual([0, 0, 0, 0]);
    const constrain = target.constrain;
    const proposal = {
      energy: free.energy,
      draw: (k: ReturnType<typeof key>, n: number) => constrain(free.draw(k, n)),
    };
    await expectInvariance({
      make: () => independenceMetropolis(target, { proposal }),
      start: () => zeros([48, 2]),
      statistics: (x) => concat([x, square(x)], 1),
      expected: [2, 1, 4, 1.75],
      steps: 400,
    });
  });

  test('says what a proposal must be', () => {
    const target = doubleWell({ eventShape: [2] });
    // @ts-expect-error no draws
    expect(() => independenceMetropolis(target, { proposal: { energy: target.energy } })).toThrow(
      /independenceMetropolis: expected a proposal with draw\(key, count\) and energy\(x\)/,
    );
    const kernel = independenceMetropolis(target, {
      proposal: { draw: (k, n) => normal(k, [n, 3]), energy: (x) => sumEvent(square(x)) },
    });
    const state = kernel.init(zeros([4, 2]), key(0));
    expect(() => kernel.step(key(1), state)).toThrow(/the shape of the positions, \[4, 2\], got \[4, 3\]/);
  });
});

// Weights of images vary with the power 784 of the scale: with 1.03 half of the proposals are accepted, with 1.2 hardly any.
describeContinuousKernel('independence Metropolis', {
  make: (target, scale, { mean, variances, eventShape }) => {
    const diagonal = variances.map((v) => v * scale ** 2);
    return independenceMetropolis(target, { proposal: gaussian({ mean, diagonal, eventShape }) });
  },
  stepSizes: [1.6, 2],
  stepSizesOf: { image: [1.01, 1.03] },
  steps: 800,
  images: { steps: 400 },
  backends,
});
