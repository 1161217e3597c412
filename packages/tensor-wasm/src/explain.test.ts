import {
  add,
  explain,
  jit,
  type Key,
  key,
  matMul,
  memory,
  mul,
  normal,
  perRow,
  sum,
  sumEvent,
  type Tensor,
  tanh,
  useBackend,
  where,
  zeros,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import { wasm } from './wasm.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});

const lines = (text: string): string[] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => line.trim());

describe('explain', () => {
  test('a step with sums over short rows on both sides is one loop beside its draw', () => {
    const step = (x: Tensor, k: Key): Tensor => {
      const moved = add(x, mul(normal(k, x.shape), 0.1));
      const energy = sumEvent(mul(moved, moved));
      return where(perRow(tanh(energy), x.shape), moved, x);
    };
    expect(lines(explain(step)(zeros([100, 2]), key(1)))).toEqual([
      '1 randomNormal',
      expect.stringMatching(/^2 loop over 100 × 2: .*sum tanh .*select.*; 1 written$/),
    ]);
  });

  test('a sum over a long row ends a loop, and products stand alone', () => {
    const f = (x: Tensor, w: Tensor): Tensor => sum(tanh(matMul(x, w)), 1);
    expect(lines(explain(f)(zeros([30, 20]), zeros([20, 40])))).toEqual([
      '1 matMul',
      '2 loop over 1200: tanh sum; 1 written',
    ]);
  });

  test('what only a later step reads waits for it, and is never written', () => {
    const f = (x: Tensor, w: Tensor): Tensor => add(mul(tanh(x), 2), matMul(x, w));
    expect(lines(explain(f)(zeros([30, 20]), zeros([20, 20])))).toEqual([
      '1 matMul',
      '2 loop over 600: tanh mul add; 1 written',
    ]);
  });

  test('views are free and temporaries share memory', () => {
    const chain = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 20; i++) y = tanh(matMul(y, y, { transposeB: true }));
      return y;
    };
    const [first] = explain(chain)(zeros([64, 64])).split('\n') as [string];
    const kilobytes = Number(/temporaries ([\d.]+) KiB/.exec(first)?.[1]);
    expect(kilobytes).toBeGreaterThan(16);
    expect(kilobytes).toBeLessThan(20 * 16);
  });

  test('leaves nothing behind', () => {
    const x = zeros([3]);
    const before = memory();
    explain((y: Tensor) => add(y, 1))(x);
    jit((y: Tensor) => add(y, 1)).clear();
    expect(memory()).toEqual(before);
  });
});
