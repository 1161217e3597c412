import {
  definePrimitive,
  free,
  jit,
  mul,
  readSync,
  type Tensor,
  type TensorType,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, test } from 'vitest';
import type { I32 } from './assembler/expression.js';
import { i32, int } from './assembler/scalar.js';
import { f32x4, v128 } from './assembler/vector.js';
import type { KernelRule } from './kernels/step-kernel.js';
import { makePhase } from './kernels/structure/phase-code.js';
import { type WasmBackend, wasm } from './wasm.js';

/** Multiplies four numbers by the attribute `by`, and adds 1 so that it is told from the fallback. */
const rule: KernelRule = (_, { by }) => ({
  scratch: 0,
  phases: [
    makePhase(1, 1, 10, ({ f, inputs, output }) => {
      const scaled = f32x4.mul(v128.load(inputs[0] as I32), f.f32x4(by as number));
      f.store(i32.add(output, int(0)), f32x4.add(scaled, f.f32x4(1)));
    }),
  ],
});

const scale = definePrimitive<{ readonly by: number }>({
  name: 'test/scale-by',
  shape: ([x]) => x as TensorType,
  fallback: ([x], { by }) => mul(x as Tensor, by),
  kernels: { wasm: rule },
});

describe('A kernel that a primitive brings along', () => {
  let backend: WasmBackend;
  beforeAll(async () => {
    backend = await wasm({ threads: 1 });
    await useBackend(backend);
  });

  test('runs outside of jit and in it, among other operations', () => {
    const x = tensor([1, 2, 3, 4]);
    expect([...readSync(scale([x], { by: 2 }))]).toEqual([3, 5, 7, 9]);
    const twice = jit((t: Tensor) => mul(scale([scale([t], { by: 2 })], { by: 3 }), 2));
    expect([...readSync(twice(x))]).toEqual([20, 32, 44, 56]);
    twice.clear();
    free(x);
  });

  test('does not count as an implementation of the backend', () => {
    expect(backend.implements('test/scale-by')).toBe(false);
  });
});
