import { readSync, tensor, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeEnergy } from '@ebmkit/test-kit';
import { expect, test } from 'vitest';
import { doubleWell, type ExactEnergy, gaussian, gaussianMixture } from '../index.js';

const backends = [
  { name: 'reference', make: () => import('@ebmkit/tensor').then(({ reference }) => reference()) },
  { name: 'tfjs cpu', make: () => tfjs('cpu') },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
];

const skewed = [
  [2, 0.9, 0.1],
  [0.9, 1, -0.2],
  [0.1, -0.2, 0.5],
];

const cases: Readonly<Record<string, () => ExactEnergy>> = {
  'standard gaussian': () => gaussian({ mean: [0] }),
  'gaussian of one scale': () => gaussian({ mean: [3, -1], scale: 0.4 }),
  'gaussian of variances': () => gaussian({ mean: [3, -1], diagonal: [0.2, 5] }),
  'correlated gaussian': () =>
    gaussian({
      mean: [1, -1],
      covariance: [
        [2, 0.9],
        [0.9, 1],
      ],
    }),
  'gaussian image': () =>
    gaussian({
      mean: Float64Array.from({ length: 6 }, (_, i) => i - 2),
      diagonal: [1, 2, 3, 4, 5, 6],
      eventShape: [2, 3],
    }),
  'gaussian of three dimensions': () => gaussian({ mean: [1, 2, 3], covariance: skewed }),
  'mixture of one axis': () =>
    gaussianMixture({
      components: [{ mean: [-2] }, { mean: [2], scale: 0.5, weight: 3 }, { mean: [0], diagonal: [0.1] }],
    }),
  'mixture of two axes': () =>
    gaussianMixture({
      components: [
        {
          mean: [1, -1],
          covariance: [
            [2, 0.9],
            [0.9, 1],
          ],
        },
        { mean: [-2, 1], scale: 0.7, weight: 0.5 },
      ],
    }),
  'double well': () => doubleWell(),
  'high double well': () => doubleWell({ barrierHeight: 9, minimum: 2 }),
  'low double well': () => doubleWell({ barrierHeight: 0.05 }),
  'double well and bowl': () => doubleWell({ eventShape: [2], wellAxes: 1 }),
  'two double wells': () => doubleWell({ barrierHeight: 1, eventShape: [2] }),
};

for (const [name, make] of Object.entries(cases)) describeEnergy(name, { make, backends });

test.each(backends.map(({ name, make }) => [name, make] as const))(
  'a Gaussian close to singular keeps the energy along its flat direction in float32, on %s',
  async (_, make) => {
    await useBackend(make());
    const [variance, deviation] = [1.7, Math.sqrt(1.7)];
    const shared = deviation * (1 - 4e-7);
    const { energy } = gaussian({
      mean: [0, 0],
      covariance: [
        [1, shared],
        [shared, variance],
      ],
    });
    const [x, y] = [Math.fround(1.3), Math.fround(1.3 * deviation)];
    const exact = (variance * x * x - 2 * shared * x * y + y * y) / (variance - shared ** 2) / 2;
    expect(readSync(energy(tensor([[x, y]])))[0]).toBeCloseTo(exact, 3);
  },
);
