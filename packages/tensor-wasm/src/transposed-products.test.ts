import { explain, jit, matMul, readSync, reference, type Tensor, tensor, transpose, withBackend } from '@ebmkit/tensor';
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
