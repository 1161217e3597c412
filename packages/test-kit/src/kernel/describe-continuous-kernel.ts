import { add, fold, key, mul, normal, scoped, type Tensor, tensor } from '@ebmkit/tensor';
import { test } from 'vitest';
import { onEach, type SuiteBackend } from '../on-backend.js';
import { type ContinuousTarget, cliff, continuousTargets } from './continuous-targets.js';
import { describeKernel } from './describe-kernel.js';
import type { KernelUnderTest } from './kernel-under-test.js';
import { expectInvariance } from './simulate.js';

/** What a kernel over real states is made from. */
type EnergyFunction = Pick<ContinuousTarget, 'energy'>;

/** What a kernel that proposes from a distribution of its own may know besides. */
export type ContinuousMoments = Pick<ContinuousTarget, 'eventShape' | 'mean' | 'variances'>;

/** How images are sampled. */
export interface ImageRun {
  /** Chains; 12 unless given, few since each is 784 numbers. */
  readonly chains?: number;
  /** Steps whose statistics are averaged; those of the other targets unless given. */
  readonly steps?: number;
  /** Steps before that; those of the other targets unless given. */
  readonly warmup?: number;
  /** Moves of the kernel that make one step; 1 unless given. */
  readonly thin?: number;
  /** Where the pixels of every chain begin, on average; 1 unless given. On the target that is 0 within 0.03. */
  readonly start?: number;
  /** The standard deviation of pixels around that, normal and independent; 0 unless given. */
  readonly spread?: number;
}

/** What the suite is told of an exact kernel over real states. */
export interface ContinuousKernelCase<S extends { readonly position: Tensor }> {
  /** Makes the kernel for an energy, whose gradient comes from automatic differentiation. */
  readonly make: (target: EnergyFunction, stepSize: number, moments: ContinuousMoments) => KernelUnderTest<Tensor, S>;
  /** Two step sizes (or, for kernels without one, two values of what it has instead), each small enough for every target. */
  readonly stepSizes: readonly [number, number];
  /** Other step sizes for some targets, such as a smaller one for images. */
  readonly stepSizesOf?: Readonly<Partial<Record<keyof typeof continuousTargets, readonly [number, number]>>>;
  /** Chains, but of images; 48 unless given. */
  readonly chains?: number;
  /** Steps whose statistics are averaged; 500 unless given. */
  readonly steps?: number;
  /** Steps before that; 100 unless given. */
  readonly warmup?: number;
  /** What is different for images, of which kernels without a gradient need many moves for an independent draw. */
  readonly images?: ImageRun;
  /** Backends to run on. */
  readonly backends: readonly SuiteBackend[];
}

/** A kernel of which one step is several of another's. */
function repeated<S extends { readonly position: Tensor }>(
  kernel: KernelUnderTest<Tensor, S>,
  times: number,
): KernelUnderTest<Tensor, S> {
  if (times === 1) return kernel;
  return {
    ...kernel,
    step: (stepKey, state) => {
      let next = kernel.step(fold(stepKey, 0), state);
      for (let i = 1; i < times; i++) next = kernel.step(fold(stepKey, i), next.state);
      return next;
    },
  };
}

const startSeed = 20250102;

/**
 * Milliseconds for one target at one step size. A kernel without a gradient takes a minute or two for images where each move is a
 * hundred calls of TensorFlow.js; the rest is for machines that do other things at the same time.
 */
const patience = 1_200_000;

const cliffMoments: ContinuousMoments = { eventShape: [2], mean: [1, 1], variances: [1, 1] };

/** Chains 1 and 3 begin where the cliff is not finite. */
const brokenStart = (): Tensor =>
  tensor([
    [0, 0],
    [1e4, 0],
    [1, 1],
    [1e6, 0],
  ]);

/**
 * Declares the tests that every exact kernel over real states must pass: those of `describeKernel`, and invariance on an isotropic
 * Gaussian, a correlated one, a skewed target and an image-shaped one, at two step sizes, from a start off the target, within
 * 5 standard errors.
 *
 * @param name - The kernel's name in the report.
 * @param kernelCase - The kernel.
 */
export function describeContinuousKernel<S extends { readonly position: Tensor }>(
  name: string,
  kernelCase: ContinuousKernelCase<S>,
): void {
  const {
    make,
    stepSizes,
    stepSizesOf = {},
    chains = 48,
    steps = 500,
    warmup = 100,
    images = {},
    backends,
  } = kernelCase;
  const { correlated, image } = continuousTargets;
  const smallRun = { chains, steps, warmup, thin: 1, start: 2.5, spread: 0, leastEss: 400 };
  const imageRun = { ...smallRun, chains: 12, start: 1, leastEss: 150, ...images };
  const caseOf = (target: ContinuousTarget, stepSize: number) => {
    const run = target === image ? imageRun : smallRun;
    const shape = [run.chains, ...target.eventShape];
    return {
      make: () => repeated(make({ energy: target.energy }, stepSize, target), run.thin),
      start: () => scoped(() => add(mul(normal(key(startSeed), shape), run.spread), run.start)),
      statistics: target.statistics,
      expected: target.expected,
      steps: run.steps,
      warmup: run.warmup,
      leastEss: run.leastEss,
    };
  };
  const sizesOf = (name: string): readonly [number, number] =>
    stepSizesOf[name as keyof typeof continuousTargets] ?? stepSizes;

  describeKernel(name, {
    ...caseOf(correlated, sizesOf('correlated')[0]),
    broken: () => ({
      kernel: make({ energy: cliff }, sizesOf('correlated')[0], cliffMoments),
      start: brokenStart(),
      diverges: [false, true, false, true],
    }),
    backends,
  });

  onEach(`${name} leaves its distribution invariant,`, backends, () => {
    const cases = Object.entries(continuousTargets).flatMap(([key, target]) =>
      sizesOf(key).map((stepSize) => [target.name, stepSize, target] as const),
    );
    const others = cases.filter(
      ([, stepSize, target]) => target !== correlated || stepSize !== sizesOf('correlated')[0],
    );
    test.each(others)(
      '%s, step size %d',
      async (_, stepSize, target) => {
        await expectInvariance(caseOf(target, stepSize));
      },
      patience,
    );
  });
}
