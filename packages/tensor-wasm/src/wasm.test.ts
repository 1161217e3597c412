import {
  type Backend,
  BackendError,
  free,
  jit,
  key,
  matMul,
  normal,
  readSync,
  reference,
  sum,
  type Tensor,
  tanh,
  tensor,
  toBackend,
  uniform,
  useBackend,
  withBackend,
  zeros,
} from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { expectedHash, hashOf } from '../fixtures/deterministic-bits.js';
import { wasm } from './wasm.js';

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  await useBackend(reference());
});

/** Enough work that threads share it: draws, a product, a fused loop and a sum over long rows. */
const work = (k: ReturnType<typeof key>, a: Tensor): readonly Tensor[] => {
  const product = tanh(matMul(normal(k, [300, 400]), a));
  return [product, sum(product, 1), sum(product, 0)];
};

function workOn(backend: Backend): Float32Array[] {
  return withBackend(backend, () => {
    const a = uniform(key(2), [400, 500]);
    const compiled = jit(work);
    const results = Array.from({ length: 3 }, (_, i) => compiled(key(i), a));
    const numbers = results.flat().map((x) => readSync(x) as Float32Array);
    free([results, a]);
    return numbers;
  });
}

describe('threads', () => {
  test('give the bits of one thread, also for a single operation', async () => {
    const [one, three] = [await wasm({ threads: 1 }), await wasm({ threads: 3 })];
    expect([one.threads, three.threads]).toEqual([1, 3]);
    expect(workOn(three)).toEqual(workOn(one));
    const product = (backend: Backend) =>
      withBackend(backend, () => readSync(matMul(normal(key(1), [256, 256]), normal(key(2), [256, 256]))));
    expect(product(three)).toEqual(product(one));
    three.close();
  });

  test('once closed, the backend goes on alone', async () => {
    const backend = await wasm({ threads: 2 });
    const before = workOn(backend);
    backend.close();
    expect(workOn(backend)).toEqual(before);
  });

  test.each([0, -1, 1.5, Number.NaN])('%s of them are refused', async (threads) => {
    await expect(wasm({ threads })).rejects.toThrow(/whole number above 0/);
  });

  test('are left out where memory cannot be shared, and refused when asked for', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    expect((await wasm()).threads).toBe(1);
    await expect(wasm({ threads: 2 })).rejects.toThrow(/Cross-Origin-Opener-Policy/);
  });
});

describe('failures say what to do', () => {
  test('memory that is full', async () => {
    await useBackend(wasm({ threads: 1, maxMemory: 2 ** 25 }));
    const small = zeros([10]);
    expect(() => zeros([2 ** 24])).toThrow(BackendError);
    expect(() => zeros([2 ** 24])).toThrow(/Free tensors, take smaller batches, or pass a larger maxMemory/);
    expect(readSync(small)).toEqual(new Float32Array(10));
    expect(readSync(tensor([1, 2]))).toEqual(Float32Array.of(1, 2));
  });

  test('memory that the machine refuses', async () => {
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(() => {
      throw new RangeError('out of memory');
    });
    await expect(wasm({ threads: 1 })).rejects.toThrow(/the machine refused .* pass a smaller maxMemory/);
  });

  test('an engine without SIMD', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(wasm()).rejects.toThrow(/no WebAssembly SIMD.*reference backend/);
  });

  test.each([1, 2 ** 40, Number.NaN])('a limit of %s bytes', async (maxMemory) => {
    await expect(wasm({ maxMemory })).rejects.toThrow(/from 16 MiB to 4 GiB/);
  });
});

describe('deterministic', () => {
  test('gives the bits that every machine gives', async () => {
    expect(hashOf(await wasm({ deterministic: true }))).toBe(expectedHash);
  });

  test('uses no fused multiply-add, and stays close to what does', async () => {
    const [strict, fast] = [await wasm({ deterministic: true, threads: 1 }), await wasm({ threads: 1 })];
    expect(strict.fused).toBe(false);
    const [a, b] = [workOn(strict), workOn(fast)];
    for (const [i, values] of a.entries())
      expectCloseTo(b[i] as Float32Array, values, { relative: 1e-4, absolute: 1e-3 });
  });
});

test('numbers come over from another backend and go back', async () => {
  const backend = await wasm({ threads: 1 });
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  const there = await toBackend(x, backend);
  expect(readSync(matMul(there, there))).toEqual(Float32Array.of(7, 10, 15, 22));
});
