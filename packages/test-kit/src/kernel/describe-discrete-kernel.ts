import { add, cast, equal, mul, oneHot, reshape, sum, type Tensor, tensor, where } from '@ebmkit/tensor';
import { test } from 'vitest';
import { onEach, type SuiteBackend } from '../on-backend.js';
import { describeKernel } from './describe-kernel.js';
import { type DiscreteTarget, discreteTargets } from './discrete-targets.js';
import type { KernelUnderTest } from './kernel-under-test.js';
import { expectInvariance } from './simulate.js';

/** What a kernel over discrete states is made from. */
export type DiscreteEnergyFunction = Pick<DiscreteTarget, 'energy' | 'relaxed' | 'kind' | 'values'>;

/** What the suite is told of an exact kernel over discrete states. */
export interface DiscreteKernelCase<S extends { readonly position: Tensor }> {
  /** Makes the kernel for an energy; gradients come from automatic differentiation of it or of its `relaxed`. */
  readonly make: (target: DiscreteEnergyFunction, stepSize: number) => KernelUnderTest<Tensor, S>;
  /** Two step sizes, or two values of what the kernel has instead, such as how many sites it changes. */
  readonly stepSizes: readonly [number, number];
  /** Other step sizes for some targets. */
  readonly stepSizesOf?: Readonly<Partial<Record<keyof typeof discreteTargets, readonly [number, number]>>>;
  /** Chains; 160 unless given. The tests of `describeKernel` have fewer. */
  readonly chains?: number;
  /** Steps whose statistics are averaged; 150 unless given. */
  readonly steps?: number;
  /** Steps before that; 100 unless given. */
  readonly warmup?: number;
  /** Backends to run on. */
  readonly backends: readonly SuiteBackend[];
}

/**
 * Chains of the tests of `describeKernel`, which take a thousand steps to look for a leak: the kernels of TensorFlow.js on wasm that repeat,
 * choose and compare take time for each element. Invariance is tested with all chains besides.
 */
const fewChains = 24;

const lowest = ({ kind }: DiscreteTarget): number => (kind === 'spin' ? -1 : 0);
const highest = ({ kind, values }: DiscreteTarget): number => (kind === 'categorical' ? values - 1 : 1);

/** States of one value each but, where asked, for their first site. */
function statesOf(target: DiscreteTarget, values: readonly number[], first: readonly number[] = values): Tensor {
  const { kind, eventShape } = target;
  const size = eventShape.reduce((a, b) => a * b, 1);
  const rows = values.flatMap((v, n) => Array.from({ length: size }, (_, i) => (i === 0 ? (first[n] as number) : v)));
  const dtype = { binary: 'bool', spin: 'float32', categorical: 'int32' } as const;
  return tensor(rows, [values.length, ...eventShape], dtype[kind]);
}

/**
 * A target that is NaN, with its gradient, where every site has its highest value, and infinite at states of the sum of all but one
 * such; and four chains, of which the second and the fourth start at these.
 */
function brokenCase(target: DiscreteTarget & Required<Pick<DiscreteTarget, 'relaxed'>>) {
  const [low, high] = [lowest(target), highest(target)];
  const others = target.eventShape.reduce((a, b) => a * b, 1) - 1;
  const relaxed = (x: Tensor): Tensor => {
    const worth = mul(x, tensor(Array.from({ length: target.values }, (_, v) => v)));
    const total = sum(reshape(worth, [x.shape[0] as number, (others + 1) * target.values]), 1);
    const lost = where(equal(total, (others + 1) * high), Number.NaN, 1);
    const infinite = where(equal(total, others * high + low), Number.POSITIVE_INFINITY, 0);
    return add(mul(target.relaxed(x), lost), infinite);
  };
  return {
    target: { ...target, relaxed, energy: (x: Tensor) => relaxed(cast(oneHot(x, target.values), 'float32')) },
    start: () => statesOf(target, [low, high, low, high], [low, high, low, low]),
  };
}

/**
 * Declares the tests that every exact kernel over discrete states must pass: those of `describeKernel` on a Potts model, and the means
 * of every site and of the product of every pair against those by adding up all states, for an Ising model of bits, one of
 * spins and the Potts model, at two step sizes, from a start off the target, within 5 standard errors.
 *
 * @param name - The kernel's name in the report.
 * @param kernelCase - The kernel.
 */
export function describeDiscreteKernel<S extends { readonly position: Tensor }>(
  name: string,
  kernelCase: DiscreteKernelCase<S>,
): void {
  const { make, stepSizes, stepSizesOf = {}, chains = 160, steps = 150, warmup = 100, backends } = kernelCase;
  const { categories } = discreteTargets;
  const sizesOf = (key: string): readonly [number, number] =>
    stepSizesOf[key as keyof typeof discreteTargets] ?? stepSizes;
  const caseOf = (target: DiscreteTarget, stepSize: number, count = chains) => ({
    make: () => make(target, stepSize),
    start: () => statesOf(target, new Array<number>(count).fill(lowest(target))),
    statistics: target.statistics,
    expected: target.expected,
    steps,
    warmup,
  });
  const [contractSize] = sizesOf('categories');

  describeKernel(name, {
    ...caseOf(categories, contractSize, fewChains),
    leastEss: 100,
    broken: () => {
      const { target, start } = brokenCase(categories);
      return { kernel: make(target, contractSize), start: start(), diverges: [false, true, false, true] };
    },
    backends,
  });

  onEach(`${name} leaves its distribution invariant,`, backends, () => {
    const cases = Object.entries(discreteTargets).flatMap(([key, target]) =>
      sizesOf(key).map((stepSize) => [target.name, stepSize, target] as const),
    );
    test.each(cases)('%s, step size %d', async (_, stepSize, target) => {
      await expectInvariance(caseOf(target, stepSize));
    });
  });
}
