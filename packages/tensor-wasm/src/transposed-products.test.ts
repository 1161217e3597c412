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

test('a matrix that products of bits take transposed is written the other way round once for all of them', async () => {
  const visible = 784;
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
    expect(copies).toHaveLength(1);
    expect(readSync(jit(steps)(key(1), ...here))).toEqual(readSync(steps(key(1), ...here)));
  });
});

test.each([0.05, 0.5])('bits of density %f times a transposed matrix are what the reference says', async (density) => {
  const [rows, depth, columns] = [24, 70, 130];
  const compute = (transposeA: boolean): Float32Array => {
    const bits = Uint8Array.from({ length: rows * depth }, (_, i) => Number(Math.abs(Math.sin(7 * i)) < density));
    const a = tensor(bits, transposeA ? [depth, rows] : [rows, depth]);
    const b = tensor(numbers(columns * depth, 3), [columns, depth]);
    return readSync(matMul(a, b, { transposeA, transposeB: true })) as Float32Array;
  };
  const backend = await wasm({ threads: 1 });
  for (const transposeA of flags)
    expectCloseTo(
      withBackend(backend, () => compute(transposeA)),
      withBackend(reference(), () => compute(transposeA)),
      { absolute: 1e-5 },
    );
});
