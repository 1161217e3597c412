import { meanEss, meanMcse } from '@ebmkit/diagnostics';
import {
  fold,
  free,
  fromPlain,
  isTensor,
  jit,
  type Key,
  key,
  keyFromWords,
  mapTree,
  memory,
  perRow,
  read,
  retire,
  split,
  type Tensor,
  type Tree,
  tensorsOf,
  toPlain,
  where,
} from '@ebmkit/tensor';
import { expect, test } from 'vitest';
import { onEach, type SuiteBackend } from './on-backend.js';

/** What the suite needs to see of a report. */
export interface KernelReport {
  /** Whether each chain moved, bool `[chains]`. */
  readonly accepted: Tensor;
  /** With which probability, `[chains]`. */
  readonly acceptanceProbability: Tensor;
  /** Whether each chain met a number that is not finite, bool `[chains]`. */
  readonly diverged: Tensor;
}

/** A Markov kernel, by structure. */
export interface KernelUnderTest<P extends Tree, S extends { readonly position: P }> {
  /** The state at a position. */
  readonly init: (position: P, key: Key) => S;
  /** One transition of every chain. */
  readonly step: (key: Key, state: S) => { readonly state: S; readonly info: KernelReport };
}

/** A kernel whose target breaks down for some chains. */
export interface BrokenKernel<P extends Tree, S extends { readonly position: P }> {
  /** The kernel. */
  readonly kernel: KernelUnderTest<P, S>;
  /** Where the chains begin. */
  readonly start: P;
  /** Which chains must report divergence at the first step and stay where they are. */
  readonly diverges: readonly boolean[];
}

/** What the suite is told of a kernel. */
export interface KernelCase<P extends Tree, S extends { readonly position: P }> {
  /** Makes the kernel, on the active backend. */
  readonly make: () => KernelUnderTest<P, S>;
  /** Makes the positions at which the chains begin: off the target, `[chains, ...event]`. */
  readonly start: () => P;
  /** The quantities whose means are known, `[chains, quantities]`. */
  readonly statistics: (position: P) => Tensor;
  /** Their means under the distribution that the kernel must leave invariant. */
  readonly expected: ArrayLike<number>;
  /** Steps whose statistics are averaged; 500 unless given. */
  readonly steps?: number;
  /** Steps before that; 100 unless given. */
  readonly warmup?: number;
  /** Makes the kernel with a target that is NaN or infinite for some chains. */
  readonly broken: () => BrokenKernel<P, S>;
  /** Backends to run on; the reference backend unless given. */
  readonly backends?: readonly SuiteBackend[];
}

/** The least effective sample size with which a mean says anything. */
const leastEss = 400;
const stepsWithoutLeak = 1000;
const seed = 20250101;

/** All numbers of a tree, with dtypes and shapes, for exact comparison. */
async function numbersOf(tree: unknown): Promise<unknown> {
  const arrays = await Promise.all(tensorsOf(tree).map((x) => read(x)));
  return tensorsOf(tree).map(({ shape, dtype }, i) => ({
    shape,
    dtype,
    values: Array.from(arrays[i] as ArrayLike<number>),
  }));
}

/** The chains of each statistic over the steps after the warm-up. */
async function simulate<P extends Tree, S extends { readonly position: P }>(
  kernelCase: KernelCase<P, S>,
): Promise<readonly (readonly Float64Array[])[]> {
  const { make, start, statistics, expected, steps = 500, warmup = 100 } = kernelCase;
  const position = start();
  const kernel = make();
  const move = jit((k: Key, state: S) => {
    const { state: next } = kernel.step(k, state);
    return { next, seen: statistics(next.position) };
  });
  let state = kernel.init(position, key(seed));
  let chains: Float64Array[][] = [];
  for (let i = 0; i < warmup + steps; i++) {
    const { next, seen } = move(fold(key(seed), i), state);
    retire(state, [next, seen, position]);
    state = next;
    const values = await read(seen);
    free(seen);
    const count = values.length / expected.length;
    if (i === 0) chains = Array.from(expected, () => Array.from({ length: count }, () => new Float64Array(steps)));
    if (i >= warmup)
      values.forEach((value, at) => {
        const series = chains[at % expected.length]?.[Math.floor(at / expected.length)];
        if (series) series[i - warmup] = value;
      });
  }
  free([state, position]);
  move.clear();
  return chains;
}

/** Throws unless the mean over the chains is within 5 Monte Carlo standard errors of the expected one. */
function expectMean(chains: readonly Float64Array[], expected: number, name: string): void {
  const [ess, error] = [meanEss(chains), meanMcse(chains)];
  const mean =
    chains.flatMap((chain) => Array.from(chain)).reduce((a, b) => a + b, 0) /
    (chains.length * (chains[0]?.length ?? 0));
  expect(ess, `${name}: effective sample size`).toBeGreaterThan(leastEss);
  expect(
    Math.abs(mean - expected),
    `${name}: mean ${mean}, expected ${expected}, standard error ${error}`,
  ).toBeLessThanOrEqual(5 * error);
}

/** Chain 0 of a tree as it is, all other chains those of another tree. */
function mixChains<T>(first: Tensor, ownTree: T, others: T): T {
  return mapTree((a, b) => where(perRow(first, a.shape), a, b), ownTree, others);
}

/**
 * Declares the tests that every kernel must pass, on every backend: pure, the same compiled, one chain not seeing another, target
 * invariant within 5 standard errors from a start off it, no tensor leaked, NaN energies refused and reported, and resumable bit
 * for bit from plain data.
 *
 * @param name - The kernel's name in the report.
 * @param kernelCase - The kernel, its target and what is known of it.
 */
export function describeKernel<P extends Tree, S extends { readonly position: P }>(
  name: string,
  kernelCase: KernelCase<P, S>,
): void {
  onEach(name, kernelCase.backends, () => {
    const { make, start } = kernelCase;
    const [initKey, stepKey, otherKey] = split(key(seed), 3);

    test('is pure: equal inputs give equal outputs, arguments stay as they are, compiled or not', async () => {
      const kernel = make();
      const position = start();
      const state = kernel.init(position, initKey);
      const before = await numbersOf([position, state]);
      const first = kernel.step(stepKey, state);
      const second = kernel.step(stepKey, state);
      const compiled = jit(kernel.step);
      const third = compiled(keyFromWords(...stepKey.words), state);
      const other = kernel.step(otherKey, state);
      const numbers = await numbersOf(first);
      expect(await numbersOf(second)).toEqual(numbers);
      expect(await numbersOf(third)).toEqual(numbers);
      expect(await numbersOf(other)).not.toEqual(numbers);
      expect(await numbersOf([position, state])).toEqual(before);
      free([first, second, third, other, state, position]);
      compiled.clear();
    });

    test('moves each chain by itself: chain 0 does not see where the others are', async () => {
      const kernel = make();
      const position = start();
      const begin = kernel.init(position, initKey);
      const far = kernel.step(otherKey, kernel.step(initKey, begin).state).state.position;
      const chains = (tensorsOf(position)[0] as Tensor).shape[0] as number;
      const isFirst = fromPlain({
        dtype: 'bool' as const,
        shape: [chains],
        data: Uint8Array.from({ length: chains }, (_, i) => (i === 0 ? 1 : 0)),
      });
      expect(await numbersOf(far)).not.toEqual(await numbersOf(position));
      const mixed = kernel.init(mixChains(isFirst, position, far), initKey);
      const [a, b] = [kernel.step(stepKey, begin).state.position, kernel.step(stepKey, mixed).state.position];
      for (const [i, x] of tensorsOf(a).entries()) {
        const [own, same] = [await read(x), await read(tensorsOf(b)[i] as Tensor)];
        const size = own.length / chains;
        expect(Array.from(same.slice(0, size))).toEqual(Array.from(own.slice(0, size)));
      }
    });

    test('leaves its distribution invariant, from a start off it', async () => {
      const statistics = await simulate(kernelCase);
      statistics.forEach((chains, i) => {
        expectMean(chains, kernelCase.expected[i] as number, `statistic ${i}`);
      });
    });

    test(`leaks no tensor over ${stepsWithoutLeak} steps`, () => {
      const kernel = make();
      const before = memory();
      const position = start();
      let state = kernel.init(position, initKey);
      const counts = new Set<number>();
      for (let i = 0; i < stepsWithoutLeak; i++) {
        const next = kernel.step(fold(stepKey, i), state);
        retire([state], [next, position]);
        retire(next.info, [next.state, position]);
        state = next.state;
        if (i > 0) counts.add(memory().tensors);
      }
      expect(counts.size).toBe(1);
      free([state, position]);
      expect(memory()).toEqual(before);
    });

    test('refuses and reports moves whose energy is not finite, and leaves the other chains alone', async () => {
      const { kernel, start: position, diverges } = kernelCase.broken();
      const state = kernel.init(position, initKey);
      const { state: next, info } = kernel.step(stepKey, state);
      const reported = Array.from(await read(info.diverged), Boolean);
      expect(reported).toEqual([...diverges]);
      const accepted = Array.from(await read(info.accepted), Boolean);
      const probability = await read(info.acceptanceProbability);
      diverges.forEach((bad, chain) => {
        if (!bad) return;
        expect(accepted[chain]).toBe(false);
        expect(probability[chain]).toBe(0);
      });
      for (const [i, x] of tensorsOf(next.position).entries()) {
        const [before, after] = [await read(tensorsOf(position)[i] as Tensor), await read(x)];
        const size = after.length / diverges.length;
        diverges.forEach((bad, chain) => {
          const [from, to] = [chain * size, (chain + 1) * size];
          if (bad) expect(Array.from(after.slice(from, to))).toEqual(Array.from(before.slice(from, to)));
          else expect(Array.from(after.slice(from, to)).every(Number.isFinite)).toBe(true);
        });
      }
    });

    test('goes on bit for bit from a state that was saved as plain data', async () => {
      const kernel = make();
      const steps = (from: S, first: number, count: number): S => {
        let state = from;
        for (let i = first; i < first + count; i++) state = kernel.step(fold(stepKey, i), state).state;
        return state;
      };
      const half = steps(kernel.init(start(), initKey), 0, 5);
      const saved: unknown = structuredClone(await toPlain(half));
      const resumed = fromPlain(saved) as S;
      expect(tensorsOf(resumed).every(isTensor)).toBe(true);
      expect(await numbersOf(steps(resumed, 5, 5))).toEqual(await numbersOf(steps(half, 5, 5)));
    });
  });
}
