import { full, type Tensor, tensor } from '@ebmkit/tensor';
import { test } from 'vitest';
import { onEach, type SuiteBackend } from '../on-backend.js';
import { type ContinuousTarget, cliff, continuousTargets } from './continuous-targets.js';
import { describeKernel } from './describe-kernel.js';
import type { KernelUnderTest } from './kernel-under-test.js';
import { expectInvariance } from './simulate.js';

/** What a kernel over real states is made from. */
type EnergyFunction = Pick<ContinuousTarget, 'energy'>;

/** What the suite is told of an exact kernel over real states. */
export interface ContinuousKernelCase<S extends { readonly position: Tensor }> {
  /** Makes the kernel for an energy, whose gradient comes from automatic differentiation. */
  readonly make: (target: EnergyFunction, stepSize: number) => KernelUnderTest<Tensor, S>;
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
  /** Backends to run on. */
  readonly backends: readonly SuiteBackend[];
}

/** Chains of images: few, since each is 784 numbers. */
const imageChains = 12;

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
  const { make, stepSizes, stepSizesOf = {}, chains = 48, steps = 500, warmup = 100, backends } = kernelCase;
  const { correlated, image } = continuousTargets;
  const caseOf = (target: ContinuousTarget, stepSize: number) => ({
    make: () => make({ energy: target.energy }, stepSize),
    start: () => full([target === image ? imageChains : chains, ...target.eventShape], target === image ? 1 : 2.5),
    statistics: target.statistics,
    expected: target.expected,
    steps,
    warmup,
    leastEss: target === image ? 150 : 400,
  });
  const sizesOf = (name: string): readonly [number, number] =>
    stepSizesOf[name as keyof typeof continuousTargets] ?? stepSizes;

  describeKernel(name, {
    ...caseOf(correlated, sizesOf('correlated')[0]),
    broken: () => ({
      kernel: make({ energy: cliff }, sizesOf('correlated')[0]),
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
    test.each(others)('%s, step size %d', async (_, stepSize, target) => {
      await expectInvariance(caseOf(target, stepSize));
    });
  });
}
