import {
  bernoulli,
  explain,
  jit,
  type Key,
  key,
  matMul,
  readSync,
  reference,
  sigmoid,
  split,
  type Tensor,
  tensor,
  transpose,
  withBackend,
} from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { expect, test } from 'vitest';
import { wasm } from './wasm.js';

const numbers = (count: number, salt: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(salt + 1.3 * i));
const flags = [false, true];
const cases = flags.flatMap((a) => flags.flatMap((b) => flags.flatMap((c) => flags.map((d) => [a, b, c, d] as const))));

test.each(cases)(
  'factors that are views (%s, %s), transposed by flags (%s, %s), need no copy',
  async (viewA, viewB, transposeA, transposeB) => {
    const compute = (explainOn?: (text: string) => void): Float32Array => {
      // 5 × 7 by 7 × 3, stored as each case wants it.
      const a = tensor(numbers(35, 0), transposeA !== viewA ? [7, 5] : [5, 7]);
      const b = tensor(numbers(21, 1), transposeB !== viewB ? [3, 7] : [7, 3]);
      const f = (x: Tensor, y: Tensor): Tensor =>
        matMul(viewA ? transpose(x) : x, viewB ? transpose(y) : y, { transposeA, transposeB });
      explainOn?.(explain(f)(a, b));
      return readSync(jit(f)(a, b)) as Float32Array;
    };
    const texts: string[] = [];
    const backend = await wasm({ threads: 1 });
    const got = withBackend(backend, () => compute((text) => texts.push(text)));
    expectCloseTo(
      got,
      withBackend(reference(), () => compute()),
      { absolute: 1e-5 },
    );
    expect(texts[0]?.split('\n').slice(1)).toEqual(['  1 matMul']);
  },
);

test.each([
  [784, 'is written the other way round once for all of them'],
  [128, 'stays as it is where rows of the copy would share cache lines'],
])('a matrix of %i rows that several products of bits take transposed %s', async (visible) => {
  const down = (k: Key, h: Tensor, w: Tensor): Tensor => bernoulli(k, sigmoid(matMul(h, w, { transposeB: true })));
  const up = (k: Key, v: Tensor, w: Tensor): Tensor => bernoulli(k, sigmoid(matMul(v, w)));
  const steps = (k: Key, h: Tensor, w: Tensor): Tensor => {
    const [a, b, c] = split(k, 3);
    return down(c, up(b, down(a, h, w), w), w);
  };
  const backend = await wasm({ threads: 1 });
  withBackend(backend, () => {
    const weight = tensor(numbers(visible * 50, 2), [visible, 50]);
    const hidden = tensor(
      Uint8Array.from({ length: 20 * 50 }, (_, i) => (i >> 2) & 1),
      [20, 50],
    );
    const here = [hidden, weight] as const;
    const copies = explain(steps)(key(1), ...here).match(/copy/g) ?? [];
    expect(copies).toHaveLength(visible === 784 ? 1 : 0);
    expect(readSync(jit(steps)(key(1), ...here))).toEqual(readSync(steps(key(1), ...here)));
  });
});
