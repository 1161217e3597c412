import { meanEss, meanMcse } from '@ebmkit/diagnostics';
import { fold, free, type Jitted, jit, type Key, key, read, retire, scoped, type Tree } from '@ebmkit/tensor';
import { expect } from 'vitest';
import type { KernelCase } from './kernel-under-test.js';

const seed = 20250101;

/** A function of a kernel's step, compiled unless the kernel is eager. */
export function compiled<A extends readonly unknown[], R>(
  eager: true | undefined,
  f: (...args: A) => R,
): Jitted<(...args: A) => R> {
  if (!eager) return jit(f);
  return Object.assign((...args: A) => scoped<R>((() => f(...args)) as never), { clear: () => undefined });
}

/** The chains of each statistic over the steps after the warm-up. */
async function simulate<P extends Tree, S extends { readonly position: P }>(
  kernelCase: Omit<KernelCase<P, S>, 'broken'>,
): Promise<readonly (readonly Float64Array[])[]> {
  const { make, start, statistics, expected, steps = 500, warmup = 100 } = kernelCase;
  const position = start();
  const kernel = make();
  const move = compiled(kernel.eager, (k: Key, state: S) => {
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
  kernel.clear?.();
  return chains;
}

/** Throws unless the mean over the chains is within 5 Monte Carlo standard errors of the expected one. */
function expectMean(chains: readonly Float64Array[], expected: number, name: string, leastEss: number): void {
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

/** Runs a kernel from its start and throws unless every statistic has its expected mean. */
export async function expectInvariance<P extends Tree, S extends { readonly position: P }>(
  kernelCase: Omit<KernelCase<P, S>, 'broken'>,
): Promise<void> {
  const statistics = await simulate(kernelCase);
  statistics.forEach((chains, i) => {
    expectMean(chains, kernelCase.expected[i] as number, `statistic ${i}`, kernelCase.leastEss ?? 400);
  });
}
