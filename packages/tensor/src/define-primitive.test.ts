import { describe, expect, test } from 'vitest';
import { withBackend } from './active-backend.js';
import type { Backend } from './backend.js';
import { definePrimitive } from './define-primitive.js';
import type { TensorType } from './dtype.js';
import { EbmError } from './errors.js';
import { grad, hvp } from './grad.js';
import * as ops from './index.js';
import { jit } from './jit.js';
import type { Key } from './key.js';
import { reference } from './reference/reference.js';
import { free, memory } from './scope.js';
import type { Tensor } from './tensor.js';

const { mul, sum, tensor, readSync } = ops;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const same = ([x]: readonly TensorType[]): TensorType => x as TensorType;
const cubeOf = ([x]: readonly Tensor[]): Tensor => mul(x as Tensor, mul(x as Tensor, x as Tensor));

const cube = definePrimitive({ name: 'test/cube', shape: same, fallback: cubeOf });
const x = tensor([1, -2]);

/** A reference backend with an implementation of `test/cube` of its own, which counts its calls. */
function native(): { readonly backend: Backend; readonly calls: () => number } {
  const sound = reference();
  let calls = 0;
  const run: Backend['run'] = (name, inputs, attributes, output) => {
    if (name !== 'test/cube') return sound.run(name, inputs, attributes, output);
    calls++;
    const [input] = inputs;
    if (input?.kind !== 'tensor') throw new Error('expected a tensor');
    return sound.upload(
      (input.handle as Float32Array).map((v) => v ** 3),
      output,
    );
  };
  return {
    backend: { ...sound, implements: (name) => name === 'test/cube' || sound.implements(name), run },
    calls: () => calls,
  };
}

describe('definePrimitive', () => {
  test('runs the fallback where the backend has nothing better, and frees what that made', () => {
    const before = memory().tensors;
    const y = cube([x]);
    expect(numbers(y)).toEqual([1, -8]);
    free(y);
    expect(memory().tensors).toBe(before);
  });

  test('runs the implementation of the backend where there is one', () => {
    const { backend, calls } = native();
    withBackend(backend, () => {
      const t = tensor([1, -2]);
      expect(numbers(cube([t]))).toEqual([1, -8]);
      expect(numbers(jit((u: Tensor) => cube([u]))(t))).toEqual([1, -8]);
      expect(calls()).toBe(2);
    });
  });

  test('is one node of a graph', () => {
    const graph = ops.trace((t: Tensor) => sum(cube([t])))(x);
    expect(graph.nodes.map(({ primitive }) => primitive.name)).toEqual(['test/cube', 'sum']);
  });

  test('is differentiated through its fallback, natively implemented or not, to any order', () => {
    const f = (t: Tensor): Tensor => sum(cube([t]));
    const check = (): void => {
      const [t, v] = [tensor([1, -2]), tensor([1, 1])];
      expect(numbers(grad(f)(t))).toEqual([3, 12]);
      expect(numbers(hvp(f, t, v))).toEqual([6, -12]);
      expect(numbers(jit(grad(f))(t))).toEqual([3, 12]);
      expect(numbers(grad(jit(f))(t))).toEqual([3, 12]);
    };
    check();
    withBackend(native().backend, check);
  });

  test('takes its own derivative rule and attributes', () => {
    const scale = definePrimitive<{ readonly by: number }>({
      name: 'test/scale',
      shape: same,
      fallback: ([t], { by }) => mul(t as Tensor, by),
      derivative: (cotangent, { attributes }) => mul(cotangent, attributes.by * 100),
    });
    expect(numbers(scale([x], { by: 3 }))).toEqual([3, -6]);
    expect(numbers(grad((t: Tensor) => sum(scale([t], { by: 3 })))(x))).toEqual([300, 300]);
    expect(numbers(jit((t: Tensor) => [scale([t], { by: 3 }), scale([t], { by: 4 })])(x)[1] as Tensor)).toEqual([
      4, -8,
    ]);
  });

  test('a fallback that returns its argument gives a tensor of its own', () => {
    const identity = definePrimitive({ name: 'test/identity', shape: same, fallback: ([t]) => t as Tensor });
    const t = tensor([1, 2]);
    const y = identity([t]);
    expect(y).not.toBe(t);
    free(t);
    expect(numbers(y)).toEqual([1, 2]);
    expect(numbers(grad((u: Tensor) => sum(identity([u])))(x))).toEqual([1, 1]);
    const z = tensor([3]);
    const out = jit((u: Tensor) => identity([identity([u])]))(z);
    free(z);
    expect(numbers(out)).toEqual([3]);
  });

  test('a fallback of another type than announced is an error', () => {
    const wrong = definePrimitive({ name: 'test/wrong', shape: same, fallback: ([t]) => sum(t as Tensor) });
    expect(() => wrong([x])).toThrow(
      'test/wrong: the fallback must give what shape() announces, float32[2], got float32[].',
    );
    const nothing = definePrimitive({
      name: 'test/nothing',
      shape: same,
      fallback: () => undefined as unknown as Tensor,
    });
    expect(() => nothing([x])).toThrow('got undefined');
  });

  test('names must be there and must not be built in', () => {
    expect(() => definePrimitive({ name: '', shape: same, fallback: cubeOf })).toThrow(
      'definePrimitive: a primitive needs a name',
    );
    expect(() => definePrimitive({ name: 'add', shape: same, fallback: cubeOf })).toThrow(
      "definePrimitive: add is built in. Put your package's name in front, as in my-package/add.",
    );
    expect(() => definePrimitive({ name: 'add', shape: same, fallback: cubeOf })).toThrow(EbmError);
  });

  test('runs a kernel that it brings along for the backend by its name, and the fallback elsewhere', () => {
    const sound = reference();
    const given: unknown[] = [];
    const run: Backend['run'] = (name, inputs, attributes, output, kernel) => {
      if (kernel === undefined) return sound.run(name, inputs, attributes, output);
      given.push(kernel);
      return sound.upload(Float32Array.of(7, 7), output);
    };
    const bringing = definePrimitive({
      name: 'test/bringing',
      shape: same,
      fallback: cubeOf,
      kernels: { other: 'unused', native: 'the kernel' },
    });
    expect(numbers(bringing([x]))).toEqual([1, -8]);
    withBackend({ ...sound, name: 'native', run }, () => {
      const t = tensor([1, -2]);
      expect(numbers(bringing([t]))).toEqual([7, 7]);
      expect(numbers(jit((u: Tensor) => bringing([u]))(t))).toEqual([7, 7]);
      expect(given).toEqual(['the kernel', 'the kernel']);
    });
  });

  test('takes keys, traced ones too', () => {
    const noisy = definePrimitive<Record<string, never>, readonly [Key, Tensor]>({
      name: 'test/noisy',
      shape: (inputs) => {
        expect(inputs[0]).toBeUndefined();
        return inputs[1] as TensorType;
      },
      fallback: ([k, t]) => ops.add(t, ops.uniform(k, [2])),
    });
    const step = (k: Key, t: Tensor): Tensor => noisy([ops.fold(k, 3), t]);
    const direct = numbers(ops.add(x, ops.uniform(ops.fold(ops.key(5), 3), [2])));
    expect(numbers(step(ops.key(5), x))).toEqual(direct);
    expect(numbers(jit(step)(ops.key(5), x))).toEqual(direct);
  });

  test('two primitives of one name are never taken for one another', () => {
    const one = definePrimitive({ name: 'test/twin', shape: same, fallback: ([t]) => mul(t as Tensor, 1) });
    const two = definePrimitive({ name: 'test/twin', shape: same, fallback: ([t]) => mul(t as Tensor, 2) });
    expect(jit((t: Tensor) => [one([t]), two([t]), one([t])])(x).map(numbers)).toEqual([
      [1, -2],
      [2, -4],
      [1, -2],
    ]);
  });
});

test('a backend that lacks a built-in primitive says so', () => {
  const sound = reference();
  const poor: Backend = { ...sound, name: 'poor', implements: (name) => name !== 'sin' };
  const t = withBackend(poor, () => tensor([1]));
  expect(() => ops.sin(t)).toThrow('sin: the backend poor does not implement it and it has no fallback.');
});
