import { type ContinuousEnergy, clamp, gaussian } from '@ebmkit/energy';
import {
  add,
  concat,
  EbmError,
  full,
  greater,
  key,
  mul,
  readSync,
  slice,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  where,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeContinuousKernel, describeKernel, expectInvariance, type KernelCase } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { mcLachlan } from '../hamiltonian/splitting-integrator.js';
import type { GradientState } from '../kernel/evaluate.js';
import { nuts } from './nuts.js';

describeContinuousKernel('NUTS', {
  make: (target, stepSize) => nuts(target, { stepSize }),
  stepSizes: [0.4, 0.9],
  stepSizesOf: { correlated: [0.25, 0.5], image: [0.25, 0.4] },
  chains: 24,
  steps: 150,
  warmup: 20,
  backends,
});

type Pair = { readonly a: Tensor; readonly b: Tensor };

/** Two blocks of which `b` is tied to the sum of `a`; NaN where `b` is beyond 1e3. */
const tied: ContinuousEnergy<Pair> = {
  energy: ({ a, b }) => {
    const away = sub(sumEvent(b), sumEvent(a));
    const energy = mul(add(sumEvent(square(a)), square(away)), 0.5);
    return where(greater(sumEvent(b), 1e3), Number.NaN, energy);
  },
};

describeKernel<Pair, GradientState<Pair>>('NUTS on a tree, of two doublings at most', {
  make: () => nuts(tied, { stepSize: 0.7, maxTreeDepth: 2 }),
  start: () => ({ a: full([24, 2], 3), b: full([24, 1], -3) }),
  statistics: ({ a, b }) => concat([a, b, square(a), square(b)], 1),
  expected: [0, 0, 0, 1, 1, 3],
  steps: 200,
  broken: () => ({
    kernel: nuts(tied, { stepSize: 0.7, maxTreeDepth: 2 }),
    start: { a: zeros([3, 2]), b: tensor([[0], [2e3], [1]]) },
    diverges: [false, true, false],
  }),
  backends: [{ name: 'tfjs wasm', make: () => tfjs('wasm') }],
} satisfies KernelCase<Pair, GradientState<Pair>>);

describe('NUTS on wasm', () => {
  beforeAll(async () => {
    await useBackend(wasm({ threads: 1 }));
  });

  test('keeps what is clamped, and leaves the conditional of the rest invariant', async () => {
    const skewed = gaussian({
      mean: [2, -1],
      covariance: [
        [1.5, 0.8],
        [0.8, 0.6],
      ],
    });
    const target = clamp(skewed, tensor([false, true]), 1);
    const kernel = nuts(target, { stepSize: 0.5 });
    const { state } = kernel.step(key(1), kernel.init(zeros([4, 2]), key(0)));
    expect(Array.from(readSync(state.position)).filter((_, i) => i % 2 === 1)).toEqual([1, 1, 1, 1]);
    const [mean, variance] = [2 + (0.8 / 0.6) * 2, 1.5 - 0.8 ** 2 / 0.6];
    await expectInvariance<Tensor, GradientState<Tensor>>({
      make: () => nuts(target, { stepSize: 0.5 }),
      start: () => full([24, 2], 1),
      statistics: (x) => concat([slice(x, [0, 0], [24, 1]), square(slice(x, [0, 0], [24, 1]))], 1),
      expected: [mean, variance + mean ** 2],
      steps: 150,
    });
  });

  test('takes other integrators', async () => {
    const target = gaussian({ mean: [1, 0], diagonal: [1, 4] });
    await expectInvariance<Tensor, GradientState<Tensor>>({
      make: () => nuts(target, { stepSize: 1.2, integrator: mcLachlan }),
      start: () => full([24, 2], 4),
      statistics: (x) => concat([x, square(x)], 1),
      expected: [1, 0, 2, 4],
      steps: 150,
    });
  });

  test('takes settings with each step, as if it had been made with them', () => {
    const target = gaussian({ mean: [1, 0], diagonal: [1, 4] });
    const state = nuts(target, { stepSize: 0.3 }).init(zeros([5, 2]), key(0));
    const made = nuts(target, { stepSize: tensor(0.7) });
    const told = nuts(target, { stepSize: 0.3 });
    const [a, b] = [made.step(key(3), state), told.stepWith(key(3), state, { stepSize: tensor(0.7), mass: null })];
    expect(Array.from(readSync(a.state.position))).toEqual(Array.from(readSync(b.state.position)));
    expect(Array.from(readSync(b.state.position))).not.toEqual(
      Array.from(readSync(told.step(key(3), state).state.position)),
    );
  });

  test.each([0, 21, 1.5])('refuses a depth of %d', (maxTreeDepth) => {
    expect(() => nuts(gaussian({ mean: [0] }), { stepSize: 1, maxTreeDepth })).toThrow(EbmError);
  });

  test('refuses step sizes that are not positive', () => {
    expect(() => nuts(gaussian({ mean: [0] }), { stepSize: 0 })).toThrow(/stepSize must be a positive number/);
  });
});
