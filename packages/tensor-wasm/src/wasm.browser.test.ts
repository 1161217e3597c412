import { jit, key, matMul, normal, readSync, type Tensor, tanh, withBackend } from '@ebmkit/tensor';
import { describeBackend } from '@ebmkit/test-kit';
import { expect, test } from 'vitest';
import { expectedHash, hashOf } from '../fixtures/deterministic-bits.js';
import { wasm } from './wasm.js';

describeBackend('wasm in a page', () => wasm(), { runs: 10, programs: 30, steps: 200 });

test('a page that is isolated may have threads, with the bits of one thread', async () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  const product = jit(
    (k: ReturnType<typeof key>): Tensor => tanh(matMul(normal(k, [300, 500]), normal(k, [500, 400]))),
  );
  const results = [];
  for (const threads of [1, 2]) {
    const backend = await wasm({ threads });
    results.push(withBackend(backend, () => readSync(product(key(4)))));
  }
  expect(results[1]).toEqual(results[0]);
});

test('deterministic results have the bits that they have in Node', async () => {
  expect(hashOf(await wasm({ deterministic: true }))).toBe(expectedHash);
});
