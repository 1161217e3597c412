import {
  explain,
  free,
  jit,
  key,
  less,
  matMul,
  mul,
  normal,
  readSync,
  slice,
  type Tensor,
  tanh,
  withBackend,
} from '@ebmkit/tensor';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RowProgram, rowPrograms, runRowProgram } from '../../fixtures/row-program.js';
import { type WasmBackend, wasm } from '../wasm.js';

const backends: WasmBackend[] = [];

beforeAll(async () => {
  for (const threads of [1, 2, 3]) backends.push(await wasm({ threads }));
});

afterAll(() => {
  for (const backend of backends) backend.close();
});

/** The results of a program, as bits. */
function bitsOf(program: RowProgram, isCompiled: boolean): { readonly bits: Buffer[]; readonly text: string } {
  const { rows, columns } = program;
  const x = normal(key(1), [rows, columns]);
  const weight = mul(normal(key(2), [columns, columns]), 0.3);
  const f = (a: Tensor, w: Tensor): readonly Tensor[] => runRowProgram(program, a, w, key(3));
  const text = explain(f)(x, weight);
  const compiled = jit(f);
  const results = isCompiled ? compiled(x, weight) : f(x, weight);
  const bits = results.map((result) => Buffer.from((readSync(result) as Float32Array).buffer));
  compiled.clear();
  free([x, weight, results]);
  return { bits, text };
}

describe('steps that run block by block', () => {
  test('give the bits of one operation after the other, on any number of threads', { timeout: 300_000 }, () => {
    let blocks = 0;
    fc.assert(
      fc.property(rowPrograms, (program) => {
        const expected = withBackend(backends[0] as WasmBackend, () => bitsOf(program, false).bits);
        for (const backend of backends) {
          const { bits, text } = withBackend(backend, () => bitsOf(program, true));
          expect(bits.map((result, i) => result.equals(expected[i] as Buffer))).not.toContain(false);
          if (text.includes('blocks of rows')) blocks++;
        }
      }),
      { numRuns: 100, seed: 4 },
    );
    expect(blocks).toBeGreaterThan(80);
  });

  const weight = (x: Tensor): Tensor => slice(x, [0, 0], [8, 8]);
  test.each([
    ['a product of a matrix with itself', 256, (x: Tensor): Tensor => matMul(tanh(x), tanh(x))],
    // A quarter of the bools has as many bytes as as many rows of floats would have.
    [
      'bools that a product converts',
      8,
      (x: Tensor): Tensor => matMul(slice(less(x, 0), [0, 0], [2048, 8]), weight(x)),
    ],
  ])('%s waits for all rows', (_, columns, f) => {
    const [compiled, alone] = [true, false].map((isCompiled) =>
      withBackend(backends[1] as WasmBackend, () => {
        const x = normal(key(1), [columns === 8 ? 8192 : 256, columns]);
        return Buffer.from((readSync(isCompiled ? jit(f)(x) : f(x)) as Float32Array).buffer);
      }),
    );
    expect(compiled?.equals(alone as Buffer)).toBe(true);
  });

  test('what only they see takes the memory of one block', () => {
    const f = (x: Tensor, w: Tensor): readonly Tensor[] =>
      runRowProgram(
        { rows: 0, columns: 0, code: Array.from({ length: 12 }, (_, i) => [i % 2 === 0 ? 0 : 3, 0, 0]) },
        x,
        w,
        key(1),
      ).slice(-1);
    const text = withBackend(backends[0] as WasmBackend, () =>
      explain(f)(normal(key(1), [4096, 64]), normal(key(2), [64, 64])),
    );
    // 32, or 33 where the fastest tile of products has three or six rows.
    expect(text).toMatch(/1 to \d+ run together, in 3[23] blocks of rows/);
    const kibibytes = Number(/temporaries ([\d.]+) KiB/.exec(text)?.[1]);
    expect(kibibytes).toBeLessThan(512); // one whole array takes 1,024
  });
});
