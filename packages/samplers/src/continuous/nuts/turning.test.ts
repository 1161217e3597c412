import { gaussian } from '@ebmkit/energy';
import { fold, key, readSync, reference, type Tensor, tensor, useBackend, zeros } from '@ebmkit/tensor';
import { beforeAll, expect, test } from 'vitest';
import { nuts } from '../nuts.js';
import { isTurning } from './turning.js';

beforeAll(async () => {
  await useBackend(reference());
});

/** Points of the circle $`x = (\cos t, \sin t)`$, on which a unit oscillator moves with momentum $`(-\sin t, \cos t)`$. */
function stretchOfCircle(angle: number, leaves: number) {
  const at = (t: number): number[] => [-Math.sin(t), Math.cos(t)];
  const momenta = Array.from({ length: leaves }, (_, i) => at((angle * i) / (leaves - 1)));
  const vector = (v: readonly number[] | undefined): Tensor => tensor([[...(v as readonly number[])]]);
  const end = (v: readonly number[] | undefined) => ({ momentum: vector(v), velocity: vector(v) });
  const sum = momenta.reduce((s, v) => s.map((x, i) => x + (v[i] as number)), [0, 0]);
  return { first: end(momenta[0]), last: end(momenta.at(-1)), sum: vector(sum) };
}

test.each([
  [0.2, false],
  [0.98 * Math.PI, false],
  [1.02 * Math.PI, true],
  [1.9 * Math.PI, true],
])('a stretch of %d of a circle turns: %s', (angle, turns) => {
  for (const leaves of [4, 16, 64]) {
    const { first, last, sum } = stretchOfCircle(angle, leaves);
    expect(Boolean(readSync(isTurning(first, last, sum))[0])).toBe(turns);
    expect(Boolean(readSync(isTurning(last, first, sum))[0])).toBe(turns);
  }
});

test('the mass matrix decides what a turn is', () => {
  const vector = (x: number, y: number): Tensor => tensor([[x, y]]);
  const first = { momentum: vector(1, 0), velocity: vector(1, 0) };
  const light = { momentum: vector(-0.5, 1), velocity: vector(-0.5, 10) };
  const heavy = { momentum: vector(-0.5, 1), velocity: vector(-0.5, 0.1) };
  const sumWith = (y: number): Tensor => vector(0.5, y);
  expect(Boolean(readSync(isTurning(first, light, sumWith(10)))[0])).toBe(false);
  expect(Boolean(readSync(isTurning(first, heavy, sumWith(0.1)))[0])).toBe(true);
});

test.each([1, 2, 3, 5])('with steps too small to turn, %d doublings are all that is allowed', (maxTreeDepth) => {
  const kernel = nuts(gaussian({ mean: [0, 0] }), { stepSize: 1e-3, maxTreeDepth });
  const state = kernel.init(zeros([3, 2]), key(0));
  const { info } = kernel.step(fold(key(1), 0), state);
  expect(Array.from(readSync(info.treeDepth))).toEqual([maxTreeDepth, maxTreeDepth, maxTreeDepth]);
  expect(Array.from(readSync(info.integrationSteps))).toEqual(Array(3).fill(2 ** maxTreeDepth - 1));
  expect(Array.from(readSync(info.truncated), Boolean)).toEqual([true, true, true]);
  expect(Array.from(readSync(info.turned), Boolean)).toEqual([false, false, false]);
});
