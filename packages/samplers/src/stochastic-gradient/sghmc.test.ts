import { type ContinuousEnergy, clamp, gaussian } from '@ebmkit/energy';
import {
  add,
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
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { onBothBackends } from '../../fixtures/both-backends.js';
import { noisyBowl } from '../../fixtures/noisy-bowl.js';
import { biasOf, isOfSecondOrder, rippledBowl } from '../../fixtures/rippled-bowl.js';
import { describeStochasticKernel, expectVariance } from '../../fixtures/stochastic-suite.js';
import { repeat } from '../combinators/repeat.js';
import { sghmc } from './sghmc.js';

/** The stationary variance on a Gaussian of precision `a`, for gradients with noise of variance `v`. */
function varianceOf(a: number, v: number, epsilon: number, friction: number, noiseEstimate = 0): number {
  const heat = 1 + ((epsilon * v) / 2 - noiseEstimate) / friction;
  return heat / a / (1 - (epsilon * epsilon * a) / (4 - 2 * epsilon * friction));
}

describe('SGHMC, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('a step moves by the momentum, and then kicks, rubs and heats it', () => {
    const [a, v, epsilon, friction, noiseEstimate] = [1.5, 2, 0.2, 0.7, 0.3];
    const kernel = sghmc(noisyBowl(a, v), { stepSize: epsilon, friction, noiseEstimate });
    const state = kernel.init(tensor([[0.3], [-1], [2]]), key(9));
    const next = kernel.step(key(4), state).state;
    expect(Array.from(readSync(state.momentum))).toEqual(
      Array.from(readSync(normal(split(split(key(9), 2)[0], 1)[0], [3, 1]))),
    );
    const [noiseKey, batchKey] = split(key(4), 2);
    const [noise, batch] = [normal(split(noiseKey, 1)[0], [3, 1]), normal(batchKey, [3, 1])].map((x) => readSync(x));
    [0, 1, 2].forEach((chain) => {
      const [x, p] = [state.position, state.momentum].map((t) => readSync(t)[chain]) as [number, number];
      const [n, z] = [noise?.[chain], batch?.[chain]] as [number, number];
      const end = x + epsilon * p;
      const gradient = a * end + Math.sqrt(v) * z;
      const momentum =
        p - epsilon * gradient - epsilon * friction * p + Math.sqrt(2 * (friction - noiseEstimate) * epsilon) * n;
      expect(readSync(next.position)[chain]).toBeCloseTo(end, 12);
      expect(readSync(next.momentum)[chain]).toBeCloseTo(momentum, 12);
    });
  });
});

onBothBackends('the bias of SGHMC', () => {
  test.each([
    [0.2, 0, 0],
    [1, 0, 0],
    [0.3, 6, 0],
    [0.3, 6, 0.9],
    [0.3, 6, 0.4],
  ])(
    'on a Gaussian is known: step size %d, variance of the gradient %d, of which %d is accounted for',
    async (epsilon, v, noiseEstimate) => {
      const [a, friction] = [1.3, 1];
      await expectVariance({
        make: (target) => sghmc(target, { stepSize: epsilon, friction, noiseEstimate }),
        target: noisyBowl(a, v),
        variance: varianceOf(a, v, epsilon, friction, noiseEstimate),
        steps: 600,
      });
    },
  );
});

describe('the bias of SGHMC where the target is no Gaussian', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test('with exact gradients falls as the square of the step size', () => {
    const target = { estimate: (_: unknown, x: Tensor) => rippledBowl.energy(x) };
    const [small, large] = [0.2, 0.4].map((stepSize) =>
      biasOf(sghmc(target, { stepSize, friction: 0.5 }), { dimensions: 8, chains: 5000, warmup: 60, steps: 500 }),
    );
    expect(small && large && isOfSecondOrder(small, large), JSON.stringify([small, large])).toBe(true);
  });
});

describe('SGHMC', () => {
  test('takes trees, and never moves what is clamped', () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const energy = ({ a, b }: Pair): Tensor => add(sumEvent(square(a)), sumEvent(square(sub(b, 1))));
    const options = { stepSize: tensor(0.1), friction: tensor(1), noiseEstimate: tensor(0.1) };
    const pair = sghmc({ estimate: (_, x: Pair) => energy(x) }, options);
    const { state } = pair.step(key(1), pair.init({ a: zeros([3, 2]), b: zeros([3, 2, 2]) }, key(0)));
    expect(state.position.b.shape).toEqual([3, 2, 2]);
    const clamped = clamp(gaussian({ mean: [0, 0, 0] }), tensor([true, false, true]), 7) as Required<ContinuousEnergy>;
    const target = { estimate: (_: unknown, x: Tensor) => clamped.energy(x), constrain: clamped.constrain };
    const kernel = repeat(sghmc(target, options), 5);
    const end = readSync(kernel.step(key(1), kernel.init(zeros([4, 3]), key(0))).state.position);
    expect(Array.from(end).every((v, i) => (i % 3 === 1 ? v !== 0 && v !== 7 : v === 7))).toBe(true);
  });

  test('turns round where a step is refused', () => {
    const kernel = sghmc(
      { estimate: (_, x: Tensor) => sumEvent(square(square(square(x)))) },
      { stepSize: 1, friction: 1 },
    );
    const state = kernel.init(tensor([[30000]]), key(1));
    const next = kernel.step(key(2), state);
    expect(Array.from(readSync(next.info.diverged))).toEqual([1]);
    expect(Array.from(readSync(next.state.position))).toEqual([30000]);
    expect(readSync(next.state.momentum)[0]).toBe(-(readSync(state.momentum)[0] as number));
  });

  test.each([
    [{ friction: 0 }, /sghmc: friction must be a positive number/],
    [{ stepSize: -1 }, /sghmc: stepSize must be a positive number/],
    [{ noiseEstimate: -0.1 }, /sghmc: noiseEstimate must be a number of at least 0/],
    [{ noiseEstimate: 2 }, /sghmc: noiseEstimate must be at most the friction 1, got 2/],
  ])('refuses %j', (wrong, message) => {
    expect(() => sghmc(noisyBowl(1, 0), { stepSize: 0.1, friction: 1, ...wrong })).toThrow(message);
  });

  test('refuses exact energies', () => {
    // @ts-expect-error no estimates
    expect(() => sghmc(gaussian({ mean: [0] }), { stepSize: 0.1, friction: 1 })).toThrow(
      /expected a stochastic energy/,
    );
  });
});

describeStochasticKernel('SGHMC with noisy gradients', {
  make: (target) => sghmc(target, { stepSize: 0.3, friction: 1.2, noiseEstimate: 0.2 }),
  target: noisyBowl(1.3, 2),
  variance: varianceOf(1.3, 2, 0.3, 1.2, 0.2),
  steps: 400,
});
