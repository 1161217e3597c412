import {
  grad,
  key,
  mul,
  normal,
  readSync,
  reference,
  relu,
  squaredNorm,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  withBackend,
} from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import { difference, fixtures, upload } from '../../fixtures/compare.js';
import { convEnergy, convolution, dense, mlpEnergy, spectrallyNormalised, spectralNorm } from '../index.js';

const oracle = reference({ precision: 'float64' });
const number = (f: () => Tensor) => withBackend(oracle, () => readSync(f())[0] as number);
const rankOf = (shape: readonly number[]) => {
  const columns = shape.at(-1) as number;
  return Math.min(columns, shape.reduce((product, n) => product * n, 1) / columns);
};

describe.each(fixtures.matrices)(
  'exact: beside the singular values of $weight.shape',
  ({ weight, sigma, gradient }) => {
    it('power iteration converges, from below, and so does its derivative', () => {
      const after = (iterations: number) => number(() => spectralNorm(upload(weight) as Tensor, { iterations }));
      expect(Math.abs(after(400) - sigma)).toBeLessThan(1e-10);
      expect(after(1)).toBeLessThan(sigma);
      expect(after(3)).toBeGreaterThan(after(1));
      withBackend(oracle, () => {
        const slope = grad((w: Tensor) => spectralNorm(w, { iterations: 400 }))(upload(weight) as Tensor);
        expect(difference([slope], [gradient])).toBeLessThan(1e-8);
      });
    });

    it('Gram iteration bounds it from above, as closely as it says, and converges', () => {
      for (const iterations of [1, 2, 4, 6]) {
        const bound = number(() => spectralNorm(upload(weight) as Tensor, { method: 'gram', iterations }));
        expect(bound).toBeGreaterThanOrEqual(sigma * (1 - 1e-12));
        expect(bound).toBeLessThanOrEqual(sigma * rankOf(weight.shape) ** (2 ** -(iterations + 1)));
      }
      const many = { method: 'gram', iterations: 14 } as const;
      expect(Math.abs(number(() => spectralNorm(upload(weight) as Tensor, many)) - sigma)).toBeLessThan(1e-9);
      withBackend(oracle, () => {
        const slope = grad((w: Tensor) => spectralNorm(w, many))(upload(weight) as Tensor);
        expect(difference([slope], [gradient])).toBeLessThan(1e-7);
      });
    });

    it('the default bounds are near', () => {
      expect(number(() => spectralNorm(upload(weight) as Tensor)) / sigma).toBeGreaterThan(0.98);
      expect(number(() => spectralNorm(upload(weight) as Tensor, { method: 'gram' })) / sigma).toBeLessThan(1.02);
    });
  },
);

it('does not overflow in single precision', () => {
  const large = mul(normal(key(1), [30, 20]), 1e15);
  const [bound] = readSync(spectralNorm(large, { method: 'gram' }));
  const [estimate] = readSync(spectralNorm(large, { iterations: 100 }));
  expect((bound as number) / (estimate as number)).toBeGreaterThan(1);
  expect((bound as number) / (estimate as number)).toBeLessThan(1.03);
});

describe('invariant: Lipschitz constants', () => {
  const steepest = (energy: (x: Tensor) => Tensor, x: Tensor) =>
    Math.sqrt(Math.max(...readSync(squaredNorm(grad((states: Tensor) => sum(energy(states)))(x)))));

  it.each([
    ['wide', [16, 16], 0],
    ['narrow, where the bound is met', [1, 1], 1.5 ** 3 * 0.999],
  ] as const)('an energy is no steeper than the product of the coefficients: %s', (_, hidden, least) => {
    withBackend(oracle, () => {
      const options = { eventShape: [3], hidden, activation: tanh };
      const bounded = mlpEnergy({ ...options, spectral: { method: 'gram', coefficient: 1.5 } });
      const params = bounded.init(key(2)).map((layer) => ({ ...layer, weight: mul(layer.weight, 40) }));
      const x = mul(normal(key(3), [500, 3]), 0.003);
      const slope = steepest((states) => bounded.energy(params, states), x);
      expect(slope).toBeLessThanOrEqual(1.5 ** 3);
      expect(slope).toBeGreaterThan(least);
      expect(steepest((states) => mlpEnergy(options).energy(params, states), x)).toBeGreaterThan(100);
    });
  });

  it('a normalised convolution stretches by no more than the root of its window', () => {
    withBackend(oracle, () => {
      const layer = spectrallyNormalised(convolution({ channels: 2, filters: 2, window: 3, bias: false }), {
        method: 'gram',
      });
      const params = { weight: tensor(Array(36).fill(7), [3, 3, 2, 2]) };
      const image = tensor(Array(200).fill(1), [1, 10, 10, 2]);
      const [before, after] = [image, layer.apply(params, image)].map((t) => readSync(squaredNorm(t))[0] as number) as [
        number,
        number,
      ];
      // Equal weights and a constant image come near the bound, but for the border that a valid convolution leaves out.
      expect(Math.sqrt(after / before)).toBeLessThanOrEqual(3);
      expect(Math.sqrt(after / before)).toBeGreaterThan(2);
    });
  });

  it('convolutional energies take it too', () => {
    const model = convEnergy({
      eventShape: [8, 8, 1],
      filters: [4, 4],
      activation: relu,
      spectral: { method: 'gram' },
    });
    const params = model.init(key(1));
    const x = normal(key(2), [20, 8, 8, 1]);
    expect(steepest((states) => model.energy(params, states), x)).toBeLessThanOrEqual(3 * 4);
    const scaled = { ...params, output: { ...params.output, weight: mul(params.output.weight, 100) } };
    const moved = readSync(sub(model.energy(scaled, x), model.energy(params, x)));
    expect(Math.max(...moved.map(Math.abs))).toBeLessThan(1e-4);
  });
});

it.each([
  [() => spectralNorm(tensor([1, 2])), /spectralNorm: expected weights \[\.\.\., inputs, outputs\], got \[2\]/],
  [() => spectralNorm(normal(key(1), [2, 2]), { iterations: 0 }), /spectralNorm: iterations must be a whole number/],
  [
    () => spectrallyNormalised(dense({ inputs: 1, outputs: 1 }), { method: 'svd' as 'gram' }),
    /method must be "power" or "gram", got svd/,
  ],
  [
    () => spectrallyNormalised(dense({ inputs: 1, outputs: 1 }), { coefficient: 0 }),
    /coefficient must be a finite number above 0/,
  ],
])('%#: wrong arguments say what is right', (make, message) => {
  expect(make).toThrow(message);
});
