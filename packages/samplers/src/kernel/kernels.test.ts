import { type ContinuousEnergy, clamp, gaussian, gaussianMixture } from '@ebmkit/energy';
import {
  concat,
  div,
  full,
  greater,
  log,
  mul,
  reshape,
  slice,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  where,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, type KernelCase } from '@ebmkit/test-kit';
import { defaultSampler } from '../drive/default-sampler.js';
import { langevin, mala, repeat } from '../index.js';
import type { GradientState } from './evaluate.js';

const backends = [
  { name: 'tfjs cpu', make: () => tfjs('cpu') },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
];

type Case = KernelCase<Tensor, GradientState<Tensor>>;
type MakeKernel = (e: ContinuousEnergy) => ReturnType<Case['make']>;

/** All first and second moments of two coordinates. */
function moments(x: Tensor): Tensor {
  const [n, ...event] = x.shape as [number, ...number[]];
  const flat = reshape(x, [n, event.reduce((a, b) => a * b, 1)]);
  const axis = (i: number): Tensor => slice(flat, [0, i], [n, 1]);
  return concat([flat, square(flat), mul(axis(0), axis(1))], 1);
}

function momentsOf(mean: ArrayLike<number>, covariance: ArrayLike<number>): number[] {
  const size = mean.length;
  const second = (i: number, j: number): number =>
    (covariance[i * size + j] as number) + (mean[i] as number) * (mean[j] as number);
  return [...Array.from(mean), ...Array.from(mean, (_, i) => second(i, i)), second(0, 1)];
}

/** A Gaussian around 1 that is NaN beyond 1e3 and infinite beyond 1e5. */
const cliff: ContinuousEnergy = {
  energy: (x) => {
    const far = sumEvent(x);
    const beyond = where(greater(far, 1e5), Number.POSITIVE_INFINITY, log(full(far.shape, -1)));
    return where(greater(far, 1e3), beyond, mul(sumEvent(square(sub(x, 1))), 0.5));
  },
  gradient: (x) => sub(x, 1),
};

/** Chains 1 and 3 begin where the cliff is not finite. */
const broken =
  (make: MakeKernel): Case['broken'] =>
  () => ({
    kernel: make(cliff),
    start: tensor([
      [0, 0],
      [1e4, 0],
      [1, 1],
      [1e6, 0],
    ]),
    diverges: [false, true, false, true],
  });

const skewedCovariance = [
  [1.5, 0.8],
  [0.8, 0.6],
];
const skewed = gaussian({ mean: [2, -1], covariance: skewedCovariance });
const modes = gaussianMixture({ components: [{ mean: [-1, 0] }, { mean: [1, 0.5], scale: 0.6, weight: 2 }] });
const offTarget = (): Tensor => full([48, 2], 4);

/** The stationary covariance of the unadjusted dynamics on a Gaussian: $`\Sigma (I - \varepsilon \Sigma^{-1} / 2)^{-1}`$. */
function biasedCovariance([a, b, c]: readonly [number, number, number], stepSize: number): number[] {
  const determinant = a * c - b * b;
  const [u, v, w] = [
    1 - (stepSize * c) / (2 * determinant),
    (stepSize * b) / (2 * determinant),
    1 - (stepSize * a) / (2 * determinant),
  ];
  const scale = u * w - v * v;
  return [(a * w - b * v) / scale, (b * u - a * v) / scale, (b * w - c * v) / scale, (c * u - b * v) / scale];
}

const statistics = moments;
const exact = { start: offTarget, statistics, expected: momentsOf(skewed.mean, skewed.covariance) };
const malaOf =
  (stepSize: number): MakeKernel =>
  (e) =>
    mala(e, { stepSize });
const langevinOf =
  (stepSize: number): MakeKernel =>
  (e) =>
    langevin(e, { stepSize });

describeKernel('MALA three times', {
  ...exact,
  make: () => repeat(malaOf(0.25)(skewed), 3) as ReturnType<Case['make']>,
  broken: broken((e) => repeat(malaOf(0.25)(e), 3)),
});

describeKernel('MALA with a tensor for a step size', {
  ...exact,
  make: () => mala(skewed, { stepSize: tensor(0.25) }),
  broken: broken((e) => mala(e, { stepSize: div(tensor(1), 4) })),
});

describeKernel('Langevin on a correlated Gaussian, whose stationary covariance is known', {
  backends,
  ...exact,
  make: () => langevinOf(0.1)(skewed),
  expected: momentsOf(skewed.mean, biasedCovariance([1.5, 0.8, 0.6], 0.1)),
  steps: 1000,
  broken: broken(langevinOf(0.1)),
});

const clampedMean = 2 + (0.8 / 0.6) * (1 - -1);
const clampedVariance = 1.5 - 0.8 ** 2 / 0.6;

describeKernel('MALA on a clamped Gaussian, whose free part is conditional', {
  ...exact,
  make: () => malaOf(0.3)(clamp(skewed, tensor([false, true]), 1)),
  expected: momentsOf([clampedMean, 1], [clampedVariance, 0, 0, 0]),
  statistics: (x) => moments(x),
  broken: broken(malaOf(0.3)),
});

describeKernel('the default sampler on a skewed mixture', {
  ...exact,
  make: () => defaultSampler(modes),
  expected: momentsOf(modes.mean, modes.covariance),
  steps: 1500,
  broken: broken(defaultSampler),
});
