import { describe, expect, test } from 'vitest';
import { withBackend } from './active-backend.js';
import type { Backend, BackendInput, Handle } from './backend.js';
import { definePrimitive } from './define-primitive.js';
import { grad } from './grad.js';
import { type Graph, isVariable } from './graph.js';
import * as ops from './index.js';
import { jit } from './jit.js';
import { childOf, fold, type Key, key, keyFromWords, split } from './key.js';
import { reference } from './reference/reference.js';
import { free, memory, scoped } from './scope.js';
import type { Tensor } from './tensor.js';

const { add, mul, sum, tensor, readSync, normal } = ops;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));

/** What a compiled program of the backend below was asked to do. */
interface Log {
  readonly graphs: Graph[];
  calls: number;
}

/** Runs a graph by handles and words alone, as a compiler's program would: it sees no tensors and no keys. */
function program(sound: Backend, graph: Graph, log: Log) {
  return (inputs: readonly BackendInput[]): Handle[] => {
    log.calls++;
    expect(inputs).toHaveLength(graph.inputs.length + graph.constants.length);
    const values = new Map<number, BackendInput>();
    const made: Handle[] = [];
    [...graph.inputs, ...graph.constants.map(({ variable }) => variable)].forEach((variable, i) => {
      const input = inputs[i] as BackendInput;
      expect(input.kind === 'key').toBe(variable.dtype === 'key');
      if (input.kind === 'tensor') expect([input.shape, input.dtype]).toEqual([variable.shape, variable.dtype]);
      values.set(variable.id, input);
    });
    for (const { primitive, inputs: operands, attributes, output } of graph.nodes) {
      const args = operands.map((o) =>
        isVariable(o)
          ? (values.get(o.id) as BackendInput)
          : ({ kind: 'literal', value: o.literal, shape: [], dtype: o.dtype } as const),
      );
      if (output.dtype === 'key') {
        const { words } = args[0] as { readonly words: readonly [number, number] };
        const child = childOf(keyFromWords(...words), attributes.index as number, primitive.name as 'fold');
        values.set(output.id, { kind: 'key', words: child.words });
      } else {
        const type = { shape: output.shape, dtype: output.dtype };
        const handle = sound.run(primitive.name, args, attributes, type);
        made.push(handle);
        values.set(output.id, { kind: 'tensor', handle, ...type });
      }
    }
    const results = graph.outputs.map((o) => (values.get((o as { id: number }).id) as { handle: Handle }).handle);
    for (const handle of made) if (!results.includes(handle)) sound.free(handle);
    return results;
  };
}

/** The reference backend with a compiler. */
function compiling(): { readonly backend: Backend; readonly log: Log } {
  const sound = reference();
  const log: Log = { graphs: [], calls: 0 };
  const compile = (graph: Graph) => {
    log.graphs.push(graph);
    return program(sound, graph, log);
  };
  return { backend: { ...sound, name: 'compiling', compile }, log };
}

describe('a backend that compiles', () => {
  test('compiles once per signature, and is not asked for single operations', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const f = jit((x: Tensor, k: Key) => sum(mul(add(x, normal(k, x.shape)), 2)));
      for (const seed of [1, 2]) {
        const x = tensor([seed, 3]);
        expect(numbers(f(x, key(seed)))).toEqual(numbers(sum(mul(add(x, normal(key(seed), [2])), 2))));
      }
      f(tensor([1]), key(1));
    });
    expect([log.graphs.length, log.calls]).toEqual([2, 3]);
  });

  test('gets the constants of the graph that it compiled, also when others are only handed through', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const [passed, used, seed] = [tensor([1, 2]), tensor([10]), key(5)];
      const f = jit((x: Tensor) => ({ passed, far: fold(seed, 1), y: add(mul(x, used), normal(key(6), [1])), seed }));
      const { y, ...rest } = f(tensor([3]));
      expect(numbers(y)).toEqual(numbers(add(30, normal(key(6), [1]))));
      expect(rest).toEqual({ passed, far: fold(seed, 1), seed });
      expect(rest.passed).toBe(passed);
    });
    expect(log.graphs[0]?.constants.map(({ variable }) => variable.dtype).sort()).toEqual(['float32', 'key']);
  });

  test('results may be inputs, repeated, keys, erased stops and nothing at all', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const f = jit((x: Tensor, k: Key) => {
        const y = mul(x, 2);
        const [a, b] = split(k, 2);
        return { x, y, again: y, twin: mul(x, 2), stopped: ops.stopGradient(x), a, z: normal(b, [2]), n: 1 };
      });
      const [x, k] = [tensor([1, 2]), key(3)];
      const r = f(x, k);
      expect([r.y, r.again, r.twin].map(numbers)).toEqual([2, 2, 2].map(() => [2, 4]));
      expect([numbers(r.stopped), r.x, r.n]).toEqual([[1, 2], x, 1]);
      expect(r.a).toEqual(split(k, 2)[0]);
      expect(numbers(r.z)).toEqual(numbers(normal(split(k, 2)[1], [2])));
      expect(log.calls).toBe(1);
      expect(jit((t: Tensor, q: Key) => [t, fold(q, 1)])(x, k)).toEqual([x, fold(k, 1)]);
      expect(jit(() => undefined)()).toBeUndefined();
      expect(log.graphs).toHaveLength(1);
    });
  });

  test('leaks nothing, and leaves inputs alone', () => {
    const { backend } = compiling();
    withBackend(backend, () => {
      const x = tensor([1, 2]);
      const before = [memory(), backend.memory()];
      const f = jit((t: Tensor) => [ops.exp(mul(t, 2)), t]);
      for (let i = 0; i < 20; i++) free(f(x)[0]);
      expect([memory(), backend.memory()]).toEqual(before);
      expect(numbers(x)).toEqual([1, 2]);
    });
  });

  test('derivatives: jit of grad compiles, grad of jit goes op by op, both are right', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const f = (x: Tensor) => sum(ops.softplus(mul(x, x)));
      const x = tensor([0.5, -2]);
      const want = numbers(grad(f)(x));
      expect(numbers(jit(grad(f))(x))).toEqual(want);
      expect(log.calls).toBe(1);
      expect(numbers(grad(jit(f))(x))).toEqual(want);
      expect(log.calls).toBe(1);
      expect(numbers(jit(grad(jit(f)))(x))).toEqual(want);
      expect(log.calls).toBe(2);
    });
  });

  test('a key that has leaked out of a trace never reaches a program', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const f = jit((x: Tensor, k: Key) => add(x, normal(k, [1])));
      const leaked: Key[] = [];
      jit((k: Key) => void leaked.push(fold(k, 1)))(key(1));
      f(tensor([1]), key(1));
      expect(() => f(tensor([1]), leaked[0] as Key)).toThrow('from inside a finished grad() or jit()');
    });
    expect(log.calls).toBe(1);
  });

  test('tensors made while tracing are constants of the program', () => {
    const { backend } = compiling();
    withBackend(backend, () => {
      const f = jit((x: Tensor) => {
        const made = tensor([5, 6]);
        return [add(x, made), made];
      });
      const [first, second] = [f(tensor([1, 1])), f(tensor([2, 2]))];
      free(first);
      expect(second.map(numbers)).toEqual([
        [7, 8],
        [5, 6],
      ]);
    });
  });
});

describe('custom primitives of a backend that compiles', () => {
  const same = ([x]: readonly ops.TensorType[]): ops.TensorType => x as ops.TensorType;
  const cube = definePrimitive({
    name: 'test/cube',
    shape: same,
    fallback: ([x]) => mul(x as Tensor, mul(ops.stopGradient(x as Tensor), x as Tensor)),
  });
  const nested = definePrimitive<{ readonly by: number }>({
    name: 'test/nested',
    shape: same,
    fallback: ([x, y], { by }) => add(mul(cube([x as Tensor]), by), cube([add(cube([y as Tensor]), 1)])),
  });
  const namesIn = (log: Log) => log.graphs.map(({ nodes }) => nodes.map(({ primitive }) => primitive.name));

  test('are replaced by their fallbacks, also within fallbacks', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const f = (x: Tensor, y: Tensor) => {
        const z = nested([add(x, 1), y], { by: 3 });
        return [z, cube([z]), cube([cube([x])]), nested([z, z], { by: -1 })];
      };
      const [x, y] = [tensor([1, -2]), tensor([0.5, 3])];
      expect(jit(f)(x, y).map(numbers)).toEqual(f(x, y).map(numbers));
    });
    expect(new Set(namesIn(log).flat())).toEqual(new Set(['add', 'mul']));
  });

  test('fallbacks that compute the same are computed once', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const twin = definePrimitive({ name: 'test/twin', shape: same, fallback: ([x]) => mul(x as Tensor, 2) });
      const other = definePrimitive({ name: 'test/other', shape: same, fallback: ([x]) => mul(x as Tensor, 2) });
      const x = tensor([1]);
      const before = backend.memory();
      const results = jit((t: Tensor) => [twin([t]), other([t])])(x);
      expect(results.map(numbers)).toEqual([[2], [2]]);
      free(results);
      expect(backend.memory()).toEqual(before);
    });
    expect(log.graphs.map(({ outputs }) => outputs.length)).toEqual([1]);
  });

  test('stay where the backend implements them', () => {
    const { backend, log } = compiling();
    const run: Backend['run'] = (name, inputs, attributes, output) =>
      name === 'test/cube'
        ? backend.upload(Float32Array.from([7]), output)
        : backend.run(name, inputs, attributes, output);
    const compile = (graph: Graph) => {
      log.graphs.push(graph);
      return program({ ...backend, run }, graph, log);
    };
    withBackend({ ...backend, compile, implements: (name) => name === 'test/cube' || backend.implements(name) }, () => {
      expect(numbers(jit((x: Tensor) => nested([x, x], { by: 1 }))(tensor([1])))).toEqual([14]);
    });
    expect(namesIn(log).flat().sort()).toEqual(['add', 'add', 'mul', 'test/cube', 'test/cube']);
  });

  test('are differentiated as they are, and expanded afterwards', () => {
    const { backend } = compiling();
    withBackend(backend, () => {
      const third = definePrimitive({
        name: 'test/third',
        shape: same,
        fallback: ([x]) => mul(x as Tensor, mul(x as Tensor, x as Tensor)),
      });
      expect(numbers(jit(grad((x: Tensor) => sum(third([x]))))(tensor([1, -2])))).toEqual([3, 12]);
    });
  });

  test('what a fallback closes over, draws and uploads are constants; uploads live until clear()', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const [weight, seed] = [tensor([2, 3]), key(5)];
      const noisy = definePrimitive({
        name: 'test/noisy',
        shape: same,
        fallback: ([x]) => add(add(mul(x as Tensor, weight), normal(seed, [2])), tensor([10, 20])),
      });
      const f = (x: Tensor) => [noisy([x]), mul(noisy([mul(x, 2)]), weight), normal(fold(seed, 1), [1])];
      const x = tensor([1, -1]);
      const want = scoped(() => f(x).map(numbers));
      const before = [memory(), backend.memory()];
      const compiled = jit(f);
      for (let i = 0; i < 3; i++) expect(scoped(() => compiled(x).map(numbers))).toEqual(want);
      expect(memory().tensors - (before[0] as { tensors: number }).tensors).toBe(2);
      compiled.clear();
      expect([memory(), backend.memory()]).toEqual(before);
      expect(scoped(() => compiled(x).map(numbers))).toEqual(want);
      compiled.clear();
      expect([memory(), backend.memory()]).toEqual(before);
    });
    expect(log.graphs[0]?.constants.map(({ variable }) => variable.dtype).sort()).toEqual([
      'float32',
      'float32',
      'float32',
      'key',
      'key',
    ]);
  });

  test('fallbacks that compute nothing: the operand, what they close over, an upload', () => {
    const { backend, log } = compiling();
    withBackend(backend, () => {
      const outer = tensor([4]);
      const make = (name: string, fallback: (x: Tensor) => Tensor) => {
        const primitive = definePrimitive({
          name: `test/${name}`,
          shape: same,
          fallback: ([x]) => fallback(x as Tensor),
        });
        return jit((x: Tensor) => ({ y: primitive([x]), x }));
      };
      const x = tensor([3]);
      const results = [make('identity', (t) => t), make('upload', () => tensor([8]))].map((f) =>
        [f(x), f(x)].map(({ y }) => y),
      );
      for (const [first, second] of results) {
        expect(first).not.toBe(second);
        expect(first).not.toBe(x);
        free(first);
      }
      expect(results.map(([, second]) => numbers(second as Tensor))).toEqual([[3], [8]]);
      expect(make('captured', () => outer)(x)).toEqual({ y: outer, x });
      expect(make('stopped', (t) => ops.stopGradient(t))(x).y).toBe(x);
    });
    expect(log.graphs).toHaveLength(2);
  });

  test('errors name the primitive, and leave nothing behind', () => {
    const { backend } = compiling();
    const poor: Backend = {
      ...backend,
      name: 'poor',
      implements: (name) => name !== 'sin' && backend.implements(name),
    };
    withBackend(poor, () => {
      const x = tensor([1, 2]);
      const upload = definePrimitive({ name: 'test/upload', shape: same, fallback: () => tensor([1, 2]) });
      const wrong = definePrimitive({ name: 'test/wrong', shape: same, fallback: ([t]) => sum(t as Tensor) });
      const before = memory();
      expect(() => jit((t: Tensor) => ops.sin(add(t, upload([t]))))(x)).toThrow(
        'sin: the backend poor does not implement it and it has no fallback.',
      );
      expect(() => jit((t: Tensor) => wrong([upload([t])]))(x)).toThrow(
        'test/wrong: the fallback must give what shape() announces, float32[2], got float32[].',
      );
      const refusing: Backend = {
        ...poor,
        compile: () => {
          throw new Error('no');
        },
      };
      const far = withBackend(refusing, () => tensor([1, 2]));
      const g = jit((t: Tensor) => add(t, upload([t])));
      expect(() => g(far)).toThrow('no');
      free(far);
      expect(memory()).toEqual(before);
    });
  });
});
