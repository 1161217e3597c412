import { clamp, type DiscreteEnergy, gaussian } from '@ebmkit/energy';
import {
  concat,
  exponential,
  fold,
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
import { wasm } from '@ebmkit/tensor-wasm';
import { describeContinuousKernel, expectInvariance } from '@ebmkit/test-kit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { ellipticalSlice } from './elliptical-slice.js';

describe('elliptical slice sampling, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('is the algorithm of figure 2, one chain after another', () => {
    const [chains, mean, scale] = [24, 0.5, 2];
    const starts = Array.from({ length: chains }, (_, i) => -2 + (4 * i) / chains);
    const kernel = ellipticalSlice(
      { energy: (x) => mul(sumEvent(square(sub(square(x), 1))), 3) },
      { prior: gaussian({ mean: [mean], scale }) },
    );
    const { state, info } = kernel.step(key(7), kernel.init(tensor(starts, [chains, 1]), key(0)));
    const [openKey, shrinkKey] = split(key(7), 2);
    const [drawKey, levelKey, angleKey] = split(openKey, 3);
    const energy = (x: number): number => 3 * (x * x - 1) ** 2;
    const needed = starts.map((x, chain) => {
      const at = (values: Tensor): number => readSync(values)[chain] as number;
      const nu = scale * at(normal(drawKey, [chains, 1]));
      const level = energy(x) + at(exponential(levelKey, [chains]));
      let angle = 2 * Math.PI * at(uniform(angleKey, [chains]));
      let [low, high] = [angle - 2 * Math.PI, angle];
      for (let count = 0; ; count++) {
        const proposal = mean + (x - mean) * Math.cos(angle) + nu * Math.sin(angle);
        if (energy(proposal) <= level) {
          expect(at(state.position)).toBeCloseTo(proposal, 10);
          expect(at(state.energy)).toBeCloseTo(energy(proposal), 8);
          expect(at(info.evaluations)).toBe(count + 1);
          return count;
        }
        if (angle < 0) low = angle;
        else high = angle;
        const key = fold(fold(shrinkKey, Math.floor(count / 2)), count % 2);
        angle = low + at(uniform(key, [chains])) * (high - low);
      }
    });
    expect(Math.max(...needed)).toBeGreaterThan(3);
    kernel.clear?.();
  });
});

describe('elliptical slice sampling', () => {
  beforeAll(() => useBackend(wasm({ threads: 1 })));
  afterAll(() => useBackend(reference()));

  test('samples a correlated prior times a Gaussian likelihood', async () => {
    const covariance = [
      [1, 0.8],
      [0.8, 1],
    ];
    // One observation of the first coordinate at 2 with variance 1/2: the gain is 2/3 of the way.
    const [gain, offset] = [1 / 1.5, 2 - 1];
    const means = [1 + gain * offset, -1 + 0.8 * gain * offset] as const;
    const variances = [1 - gain, 1 - 0.64 * gain] as const;
    await expectInvariance({
      make: () =>
        ellipticalSlice(
          { energy: (x) => sumEvent(square(sub(slice(x, [0, 0], [x.shape[0] as number, 1]), 2))) },
          { prior: gaussian({ mean: [1, -1], covariance }) },
        ),
      start: () => zeros([48, 2]),
      statistics: (x) => concat([x, square(x)], 1),
      expected: [...means, variances[0] + means[0] ** 2, variances[1] + means[1] ** 2],
      steps: 200,
    });
  });

  test('without a likelihood every first angle is taken', () => {
    const kernel = ellipticalSlice({ energy: (x) => mul(sumEvent(x), 0) }, { prior: gaussian({ mean: [0, 0] }) });
    const { info } = kernel.step(key(1), kernel.init(zeros([30, 2]), key(0)));
    expect(new Set(readSync(info.evaluations))).toEqual(new Set([1]));
  });

  test('on [chains, 2, 3, 1] equals the flattened problem bit for bit', () => {
    const mean = Float64Array.from({ length: 6 }, (_, i) => i / 3);
    const energy = (x: Tensor): Tensor => sumEvent(square(x));
    const a = ellipticalSlice({ energy }, { prior: gaussian({ mean, eventShape: [2, 3, 1] }) });
    const b = ellipticalSlice({ energy }, { prior: gaussian({ mean }) });
    let [s, t] = [a.init(zeros([5, 2, 3, 1]), key(0)), b.init(zeros([5, 6]), key(0))];
    for (let i = 0; i < 5; i++) [s, t] = [a.step(key(i), s).state, b.step(key(i), t).state];
    expect(Array.from(readSync(s.position))).toEqual(Array.from(readSync(t.position)));
  });

  test('says what it takes', () => {
    const likelihood = gaussian({ mean: [0, 0] });
    const prior = gaussian({ mean: [0, 0, 0] });
    const discrete: DiscreteEnergy = { energy: (x: Tensor) => sumEvent(x), support: 'discrete' };
    expect(() => ellipticalSlice(likelihood, { prior }).init(zeros([4, 2]), key(0))).toThrow(
      /expected positions of the 3 numbers that the prior has, got \[4, 2\]/,
    );
    expect(() => ellipticalSlice(clamp(likelihood, tensor([true, false]), 1), { prior })).toThrow(
      /ellipticalSlice: expected a likelihood that holds nothing fixed/,
    );
    // @ts-expect-error no draws
    expect(() => ellipticalSlice(likelihood, { prior: { mean: [0, 0] } })).toThrow(/a prior with mean and draw/);
    // @ts-expect-error an energy over discrete states
    expect(() => ellipticalSlice(discrete, { prior })).toThrow(/over real states, got one over discrete/);
  });
});

// The likelihood of an image is a sum of 784, so that priors must be close: with 1.06 about 30 moves make an independent draw.
describeContinuousKernel('elliptical slice sampling', {
  make: (target, scale, { mean, variances, eventShape }) => {
    const prior = gaussian({ mean, diagonal: variances.map((v) => v * scale ** 2), eventShape });
    return ellipticalSlice({ energy: (x) => sub(target.energy(x), prior.energy(x)) }, { prior });
  },
  stepSizes: [1.2, 2],
  stepSizesOf: { image: [1.03, 1.06] },
  steps: 300,
  images: { chains: 48, warmup: 200, steps: 200 },
  backends,
});
