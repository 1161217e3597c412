import {
  fold,
  free,
  fromPlain,
  isTensor,
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
import { onEach } from '../on-backend.js';
import type { KernelCase } from './kernel-under-test.js';
import { compiled, expectInvariance } from './simulate.js';

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
      const step = compiled(kernel.eager, kernel.step);
      const third = step(keyFromWords(...stepKey.words), state);
      const other = kernel.step(otherKey, state);
      const numbers = await numbersOf(first);
      expect(await numbersOf(second)).toEqual(numbers);
      expect(await numbersOf(third)).toEqual(numbers);
      expect(await numbersOf(other)).not.toEqual(numbers);
      expect(await numbersOf([position, state])).toEqual(before);
      free([first, second, third, other, state, position]);
      step.clear();
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
      await expectInvariance(kernelCase);
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
        if (i > stepsWithoutLeak / 10) counts.add(memory().tensors);
      }
      expect(counts.size).toBe(1);
      free([state, position]);
      kernel.clear?.();
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
