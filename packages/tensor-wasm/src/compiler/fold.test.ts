import {
  add,
  broadcastTo,
  div,
  explain,
  full,
  jit,
  matMul,
  mul,
  neg,
  readSync,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasm } from '../wasm.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

const lines = (text: string): string[] => text.split('\n').slice(1);
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(3 * i + 1));

describe('what need not be computed', () => {
  test('arithmetic of constants is done when the program is made, rounded at each step', () => {
    const scale = (): Tensor => sub(div(mul(full([], 0.1), 0.7), 3), neg(full([], 1e-9)));
    const f = (x: Tensor): Tensor => mul(x, scale());
    const x = tensor(numbers(10));
    expect(lines(explain(f)(x))).toEqual(['  1 loop over 10: mul; 1 written']);
    const expected = Math.fround(
      Math.fround(Math.fround(Math.fround(0.1) * Math.fround(0.7)) / 3) - Math.fround(-Math.fround(1e-9)),
    );
    expect(readSync(jit(f)(x))).toEqual(readSync(mul(x, expected)));
    expect(readSync(jit(f)(x))).toEqual(readSync(f(x)));
  });

  test('a product with 1 is its other factor, with the shape of the product', () => {
    const f = (x: Tensor): Tensor => tanh(mul(mul(1, x), full([4, 3], 1)));
    const row = tensor([1, -0, Number.POSITIVE_INFINITY]);
    expect(lines(explain(f)(row))).toEqual(['  1 loop over 4 × 3: tanh; 1 written']);
    expect(readSync(jit(f)(row))).toEqual(readSync(tanh(broadcastTo(row, [4, 3]))));
    const fused = (x: Tensor): Tensor => mul(add(x, 1), full([4, 3], 1));
    expect(readSync(jit(fused)(row))).toEqual(readSync(fused(row)));
  });
});

describe('a product over one index', () => {
  const flags = [false, true];
  test.each(flags.flatMap((a) => flags.flatMap((b) => [[], [2], [2, 3]].map((batches) => [a, b, batches] as const))))(
    'is part of a loop (transposed %s, %s; batches %j)',
    (transposeA, transposeB, batches) => {
      const [m, n] = [5, 7];
      const count = batches.reduce((p, c) => p * c, 1);
      const a = tensor(numbers(count * m), [...batches, ...(transposeA ? [1, m] : [m, 1])]);
      const b = tensor(numbers(n), transposeB ? [n, 1] : [1, n]);
      const f = (x: Tensor, y: Tensor): Tensor => sum(tanh(matMul(x, y, { transposeA, transposeB })), -1);
      expect(explain(f)(a, b)).not.toContain('matMul');
      const [left, right] = [readSync(a), readSync(b)];
      const got = readSync(jit((x: Tensor, y: Tensor) => matMul(x, y, { transposeA, transposeB }))(a, b));
      const expected = Array.from({ length: count * m * n }, (_, i) =>
        Math.fround((left[Math.floor(i / n)] as number) * (right[i % n] as number)),
      );
      expect([...got]).toEqual(expected);
    },
  );
});
