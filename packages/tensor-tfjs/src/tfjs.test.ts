import * as ops from '@ebmkit/tensor';
import { type Backend, free, key, read, readSync, scoped, tensor, withBackend } from '@ebmkit/tensor';
import { engine, type KernelFunc, memory } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeDevice } from './device.js';
import { loadDevice } from './load.js';
import { makeBackend, tfjs } from './tfjs.js';

/** The kernels that a function calls, with their attributes. */
async function callsOf(f: (backend: Backend) => void): Promise<{ kernel: string; attributes: object }[]> {
  const { storage } = await loadDevice('wasm');
  const { getKernel } = await import('@tensorflow/tfjs-core');
  const calls: { kernel: string; attributes: object }[] = [];
  const spied = (kernel: string): KernelFunc | undefined => {
    const func = getKernel(kernel, 'wasm')?.kernelFunc;
    return (
      func &&
      ((args) => {
        calls.push({ kernel, attributes: { ...args.attrs } });
        return func(args);
      })
    );
  };
  f(makeBackend(makeDevice({ name: 'wasm', storage, kernel: spied })));
  return calls;
}

/** One step of contrastive divergence on a small machine, with draws, products with transposes and reductions. */
function step(seed: number): void {
  scoped(() => {
    const [k1, k2, k3] = ops.split(key(seed), 3);
    const weights = ops.mul(ops.normal(k1, [12, 7]), 0.1 + seed * 1e-3);
    const visible = ops.bernoulli(k2, 0.5, [5, 12]);
    const hidden = ops.bernoulli(k3, ops.sigmoid(ops.matMul(visible, weights)));
    const back = ops.sigmoid(ops.matMul(hidden, weights, { transposeB: true }));
    const change = ops.matMul(visible, hidden, { transposeA: true });
    free([ops.sum(ops.softplus(back), 1), ops.sum(change, 0), ops.sort(back), ops.max(change), ops.pow(back, 2)]);
  });
}

describe.each(['cpu', 'wasm'] as const)('tfjs("%s")', (name) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await tfjs(name);
  });

  test('names itself', () => {
    expect([backend.name, backend.precision]).toEqual([`tfjs-${name}`, 'float32']);
    expect(ops.primitiveNames.every(backend.implements)).toBe(true);
    expect(backend.implements('ising/sweep')).toBe(false);
  });

  test('pads with NaN, and with other numbers afterwards', () => {
    withBackend(backend, () => {
      const padded = (value: number): number[] =>
        Array.from(readSync(ops.pad(tensor([[1, 2]]), [0, 1], [1, 0], value)));
      const nan = Number.NaN;
      expect(padded(nan)).toEqual([nan, 1, 2, nan, nan, nan]);
      for (const value of [0, 3, nan, -1]) expect(padded(value)).toEqual([value, 1, 2, value, value, value]);
      const deep = ops.pad(tensor([5], [1, 1, 1, 1, 1]), [0, 0, 1, 0, 0], [0, 0, 0, 0, 1], nan);
      expect(Array.from(readSync(deep))).toEqual([nan, nan, 5, nan]);
    });
  });

  test('leaves nothing behind after 1,000 steps, neither here nor in TensorFlow.js', () => {
    const storage = engine().findBackend(name);
    const numbers = Array.from({ length: 300 }, (_, i) => i + 0.5);
    withBackend(backend, () => free(numbers.map((n) => scoped(() => ops.add(ops.full([2], 1), n)))));
    withBackend(backend, () => step(0));
    const before = [memory().numTensors, storage.numDataIds(), backend.memory().handles, backend.memory().bytes];
    withBackend(backend, () => {
      for (let seed = 0; seed < 1000; seed++) step(seed);
    });
    expect([memory().numTensors, storage.numDataIds(), backend.memory().handles, backend.memory().bytes]).toEqual(
      before,
    );
  });

  test('products of int32 wrap, and 1 to the power of NaN is 1', () => {
    const whole = new Int32Array([2 ** 31 - 1, -(2 ** 31), 123_456_789, 46_341]);
    const x = withBackend(backend, () => tensor(whole));
    const y = ops.mul(x, x);
    expect(Array.from(readSync(y))).toEqual(Array.from(whole, (n) => Math.imul(n, n)));
    const one = withBackend(backend, () => tensor([1, 2, 3]));
    const power = ops.pow(
      one,
      withBackend(backend, () => tensor([Number.NaN, 0.5, Number.NaN])),
    );
    expect(Array.from(readSync(power))).toEqual([1, Math.fround(Math.SQRT2), Number.NaN]);
    free([x, y, one, power]);
  });

  test('counts its handles and bytes', () => {
    const before = backend.memory();
    const x = withBackend(backend, () => tensor([[1, 2, 3]]));
    const bits = ops.less(x, 2);
    const empty = ops.slice(x, [0, 0], [0, 3]);
    expect(backend.memory()).toEqual({ handles: before.handles + 3, bytes: before.bytes + 12 + 3 });
    free([x, bits, empty]);
    expect(backend.memory()).toEqual(before);
  });

  test('releases everything when a kernel throws', () => {
    const storage = engine().findBackend(name);
    const x = withBackend(backend, () => tensor([1, 2]));
    const before = storage.numDataIds();
    const input = { kind: 'tensor', handle: {}, shape: [2], dtype: 'float32' } as const;
    expect(() =>
      backend.run('matMul', [input, input], { transposeA: true }, { shape: [2], dtype: 'float32' }),
    ).toThrow();
    expect(() => backend.run('unheard', [], {}, { shape: [1], dtype: 'float32' })).toThrow('unknown primitive unheard');
    expect(storage.numDataIds()).toBe(before);
    free(x);
  });
});

/** Ten results and the scalar 1 on each. */
test('two backends used in turn keep to their own kernels', async () => {
  const [cpu, wasm] = [await tfjs('cpu'), await tfjs('wasm')];
  const on = (backend: Backend) =>
    withBackend(backend, () =>
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
  const [a, b] = [on(cpu), on(wasm)];
  const storages = [engine().findBackend('cpu'), engine().findBackend('wasm')];
  const before = storages.map((storage) => storage.numDataIds());
  let [x, y] = [a, b];
  for (let i = 0; i < 5; i++) {
    x = ops.sub(ops.matMul(x, a), 1);
    y = ops.sub(ops.matMul(y, b), 1);
    expect(readSync(x)).toEqual(readSync(y));
  }
  const made = storages.map((storage, i) => storage.numDataIds() - (before[i] as number));
  expect(made).toEqual([11, 11]);
  expect(() => ops.add(x, y)).toThrow('operands live on two backends (tfjs-cpu and tfjs-wasm)');
  expect(await read(x)).toEqual(await read(y));
});

test('products never go through the transposition of the kernel', async () => {
  const calls = await callsOf((backend) =>
    withBackend(backend, () =>
      scoped(() => {
        const [a, b] = [ops.full([3, 4], 2), ops.full([3, 5], 1)];
        return [ops.matMul(a, b, { transposeA: true }), ops.matMul(a, ops.full([5, 4], 1), { transposeB: true })];
      }),
    ),
  );
  const products = calls.filter(({ kernel }) => kernel === 'BatchMatMul');
  expect(products.map(({ attributes }) => attributes)).toEqual(
    Array.from({ length: 2 }, () => ({ transposeA: false, transposeB: false })),
  );
  expect(calls.filter(({ kernel }) => kernel === 'Transpose')).toHaveLength(2);
});

test('scalars are kept, up to a limit', async () => {
  const backend = await tfjs('wasm');
  const storage = engine().findBackend('wasm');
  const x = withBackend(backend, () => tensor([1]));
  const add = (n: number): void => free(ops.add(x, n));
  for (let n = 0; n < 400; n++) add(n + 0.25);
  const full = storage.numDataIds();
  for (let n = 0; n < 400; n++) add(n + 0.75);
  expect(storage.numDataIds()).toBe(full);
  expect([ops.div(1, ops.mul(x, -0)), ops.div(1, ops.mul(x, 0))].map((y) => readSync(y)[0])).toEqual([
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
  free(x);
});
