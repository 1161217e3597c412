import { describe, expect, test } from 'vitest';
import { withBackend } from './active-backend.js';
import type { Backend } from './backend.js';
import { grad, valueAndGrad } from './grad.js';
import * as ops from './index.js';
import { jit } from './jit.js';
import { fold, type Key, key, split } from './key.js';
import { reference } from './reference/reference.js';
import { free, isFreed, memory, scoped } from './scope.js';
import type { Tensor } from './tensor.js';

const { add, mul, sum, square, tensor, readSync, normal } = ops;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));

/** A jitted function and how often it was traced. */
function counted<A extends readonly unknown[], R>(f: (...args: A) => R) {
  const count = { traces: 0 };
  const compiled = jit((...args: A): R => {
    count.traces++;
    return f(...args);
  });
  return { compiled, count };
}

describe('the cache', () => {
  test('traces once per shape, dtype, structure and constant', () => {
    const { compiled, count } = counted((x: unknown, scale?: unknown) => [x, scale]);
    const calls: readonly (readonly unknown[])[] = [
      [tensor([1, 2])],
      [tensor([1])],
      [tensor([1, 0], [2], 'int32')],
      [{ a: tensor([1]) }],
      [[tensor([1])]],
      [tensor([1]), 2],
      [tensor([1]), 3],
      [tensor([1]), '3'],
      [tensor([1]), true],
      [tensor([1]), 0],
      [tensor([1]), -0],
      [tensor([1]), null],
      [tensor([1]), Number.NaN],
      [key(1)],
      [['a;b', 'c']],
      [['a', 'b;c']],
    ];
    calls.forEach((args, i) => {
      compiled(...(args as [unknown]));
      expect(count.traces).toBe(i + 1);
    });
    for (const args of calls) compiled(...(args as [unknown]));
    expect(count.traces).toBe(calls.length);
  });

  test('serves new numbers and new keys without a new trace', () => {
    const { compiled, count } = counted((x: Tensor, k: Key) => add(x, normal(k, x.shape)));
    for (const seed of [1, 2, 3]) {
      const x = tensor([seed, 0]);
      expect(numbers(compiled(x, key(seed)))).toEqual(numbers(add(x, normal(key(seed), [2]))));
    }
    expect(count.traces).toBe(1);
  });

  test('refuses arguments that it cannot compare, rather than serving a stale trace', () => {
    const compiled = jit((f: unknown) => f);
    const wrong: readonly [unknown, string][] = [
      [() => 1, 'a function'],
      [new Float32Array(2), 'an instance of Float32Array'],
      [{ deep: [new Map()] }, 'an instance of Map'],
      [Symbol('s'), 'a symbol'],
    ];
    for (const [argument, kind] of wrong)
      expect(() => compiled(argument)).toThrow(
        `jit: arguments must be trees of tensors, keys, numbers, strings and booleans, got ${kind}. Let the function close over it instead.`,
      );
  });

  test('keeps one trace per backend, and runs where the operands live', () => {
    const { compiled, count } = counted((x: Tensor) => mul(add(x, ops.ones(x.shape)), normal(key(1), x.shape)));
    const other = reference({ precision: 'float64' });
    const far = withBackend(other, () => tensor([1, 2]));
    expect(readSync(compiled(tensor([1, 2])))).toBeInstanceOf(Float32Array);
    expect(readSync(compiled(far))).toBeInstanceOf(Float64Array);
    expect(readSync(grad((x: Tensor) => sum(compiled(x)))(far))).toBeInstanceOf(Float64Array);
    compiled(far);
    expect(count.traces).toBe(2);
    expect(() => jit((a: Tensor, b: Tensor) => add(a, b))(tensor([1, 2]), far)).toThrow(
      'add: operands live on two backends',
    );
  });
});

describe('calls after the first', () => {
  const everything = (): readonly unknown[] => [
    tensor([1, 2]),
    tensor([1]),
    tensor([1, 0], [2], 'int32'),
    key(1),
    { words: [1, 2, 3] },
    { words: [1, tensor([2])] },
    {},
    [],
    { a: tensor([1]), b: 2 },
    { b: 2, a: tensor([1]) },
    { a: tensor([1]), b: 3 },
    { a: tensor([1]), b: Number.NaN },
    { a: tensor([1]), b: -0 },
    { a: tensor([1]), b: 0 },
    { a: tensor([1]), b: '0' },
    { a: tensor([1]), b: undefined },
    { a: tensor([1]) },
    { a: [tensor([1])] },
    { a: { 0: tensor([1]) } },
    Object.fromEntries([['__proto__', [tensor([1])]]]),
    null,
    undefined,
    'text',
    true,
  ];
  const identity = (x: unknown): unknown => ({ got: x, list: [x, 1], key: fold(key(2), 1) });

  test('serve what belongs to the arguments, whatever came before', () => {
    const values = everything();
    const { compiled, count } = counted(identity);
    for (const order of [values, values.toReversed(), values.flatMap((v) => [v, v])])
      for (const value of order) {
        const [got, want] = [compiled(value), identity(value)];
        expect(got).toStrictEqual(want);
        expect(JSON.stringify(got)).toBe(JSON.stringify(want));
      }
    expect(count.traces).toBe(values.length);
  });

  test('give new objects, and results to the scope around them', () => {
    const f = jit((x: Tensor) => ({ y: mul(x, 2), list: [1, { n: 2 }] }));
    const x = tensor([1]);
    const [first, second] = [f(x), f(x)];
    expect(first.list).not.toBe(second.list);
    expect(first.list[1]).not.toBe(second.list[1]);
    const inner = scoped(() => {
      f(x);
      return [f(x)].map(({ y }) => y);
    });
    expect(numbers(inner[0] as Tensor)).toEqual([2]);
    free([first, second, inner, x]);
  });

  test('notice freed tensors, other backends and tensors that are traced or watched', () => {
    const { compiled, count } = counted((x: Tensor, k?: Key) => (k ? add(x, normal(k, x.shape)) : mul(x, 2)));
    const x = tensor([1, 2]);
    for (let i = 0; i < 3; i++) expect(numbers(compiled(x))).toEqual([2, 4]);
    const gone = tensor([1, 2]);
    free(gone);
    expect(() => compiled(gone)).toThrow('this tensor of shape [2] has been freed');
    const far = withBackend(reference({ precision: 'float64' }), () => tensor([1, 2]));
    expect(readSync(compiled(far))).toBeInstanceOf(Float64Array);
    expect(readSync(compiled(x))).toBeInstanceOf(Float32Array);
    expect(count.traces).toBe(2);
    expect(numbers(grad((t: Tensor) => sum(compiled(t)))(x))).toEqual([2, 2]);
    expect(numbers(jit((t: Tensor) => compiled(compiled(t)))(x))).toEqual([4, 8]);
    compiled(x, key(1));
    const leaked: Key[] = [];
    jit((k: Key) => void leaked.push(fold(k, 1)))(key(1));
    expect(() => compiled(x, leaked[0])).toThrow('from inside a finished grad() or jit()');
    const outer = jit((k: Key) => compiled(x, fold(k, 1)));
    expect(numbers(outer(key(3)))).toEqual(numbers(compiled(x, fold(key(3), 1))));
  });

  test('without tensors run on the active backend', () => {
    const draw = jit((k: Key) => normal(k, [2]));
    draw(key(1));
    expect(readSync(withBackend(reference({ precision: 'float64' }), () => draw(key(1))))).toBeInstanceOf(Float64Array);
    expect(readSync(draw(key(1)))).toBeInstanceOf(Float32Array);
  });

  test('find nothing after clear()', () => {
    const { compiled, count } = counted((x: Tensor) => mul(x, 2));
    const x = tensor([1]);
    compiled(x);
    compiled(x);
    compiled.clear();
    expect(numbers(compiled(x))).toEqual([2]);
    expect(count.traces).toBe(2);
  });
});

describe('what a traced function may hold', () => {
  test('captured tensors and keys are constants', () => {
    const weight = tensor([3, 4]);
    const seed = key(9);
    const compiled = jit((x: Tensor) => add(mul(x, weight), normal(seed, [2])));
    const want = numbers(add(mul(tensor([1, 2]), weight), normal(seed, [2])));
    expect(numbers(compiled(tensor([1, 2])))).toEqual(want);
    expect(isFreed(weight)).toBe(false);
    free(weight);
    expect(() => compiled(tensor([1, 2]))).toThrow('has been freed');
  });

  test('tensors made while tracing live until clear()', () => {
    const before = memory().tensors;
    const { compiled, count } = counted((x: Tensor) => add(x, tensor([10, 20])));
    const x = tensor([1, 2]);
    const results = [1, 2, 3].map(() => compiled(x));
    expect(results.map(numbers)).toEqual([1, 2, 3].map(() => [11, 22]));
    free([x, results]);
    expect(memory().tensors - before).toBe(1);
    compiled.clear();
    expect(memory().tensors).toBe(before);
    expect(numbers(compiled(tensor([1, 1])))).toEqual([11, 21]);
    expect(count.traces).toBe(2);
  });

  test('a tensor made while tracing and returned is new at every call', () => {
    const compiled = jit((_: Tensor) => {
      const made = tensor([1, 2]);
      return { made, twice: [made, made] };
    });
    const first = compiled(tensor(0));
    const second = compiled(tensor(0));
    free(first);
    expect(numbers(second.made)).toEqual([1, 2]);
    expect(numbers(compiled(tensor(0)).twice[1] as Tensor)).toEqual([1, 2]);
  });

  test('so is one behind stopGradient, which does not run', () => {
    const compiled = jit((_: Tensor) => ops.stopGradient(ops.stopGradient(tensor([1, 2]))));
    free(compiled(tensor(0)));
    expect(numbers(compiled(tensor(0)))).toEqual([1, 2]);
  });

  test('results may be inputs, constants, keys, repeated and plain values', () => {
    const weight = tensor([7]);
    const compiled = jit((x: Tensor, k: Key) => ({
      x,
      weight,
      k,
      child: fold(k, 3),
      y: [mul(x, 2), mul(x, 2)],
      n: 5,
      none: undefined,
    }));
    const [x, k] = [tensor([1]), key(4)];
    const result = compiled(x, k);
    expect(result.x).toBe(x);
    expect(result.weight).toBe(weight);
    expect([result.k, result.child, result.n, result.none]).toEqual([k, fold(k, 3), 5, undefined]);
    expect(result.y.map(numbers)).toEqual([[2], [2]]);
  });

  test('keys split and fold inside as outside', () => {
    const f = (k: Key) => {
      const [a, b, c] = split(k, 3);
      return { draws: [normal(a, [3]), normal(fold(b, 5), [3])], next: split(c)[1] };
    };
    const [got, want] = [jit(f)(key(2)), f(key(2))];
    expect(got.draws.map(numbers)).toEqual(want.draws.map(numbers));
    expect(got.next).toEqual(want.next);
  });

  test('an error while tracing leaves nothing behind, and is thrown again at the next call', () => {
    const before = memory().tensors;
    const compiled = jit((x: Tensor): Tensor => {
      add(x, tensor([1]));
      throw new Error('stop');
    });
    const x = tensor([1]);
    for (let i = 0; i < 2; i++) expect(() => compiled(x)).toThrow('stop');
    free(x);
    expect(memory().tensors).toBe(before);
  });

  test('reading, promises and leaks are refused', () => {
    const x = tensor([1]);
    expect(() => jit((t: Tensor) => readSync(t)[0])(x)).toThrow(
      'readSync: this tensor has no numbers yet, because it is inside jit() or grad().',
    );
    expect(() => jit(() => Promise.resolve(1))()).toThrow(
      'jit: expected a synchronous function, got one that returns a promise.',
    );
    const leaked: (Tensor | Key)[] = [];
    jit((t: Tensor, k: Key) => {
      leaked.push(mul(t, 2), split(k)[0]);
      return t;
    })(x, key(1));
    const message =
      'a tensor or key from inside a finished grad() or jit() was used outside it. Return it from the function instead of storing it.';
    expect(() => add(leaked[0] as Tensor, 1)).toThrow(`add: ${message}`);
    expect(() => normal(leaked[1] as Key, [2])).toThrow(`randomNormal: ${message}`);
    expect(() => normal(fold(leaked[1] as Key, 1), [2])).toThrow(message);
  });
});

describe('nesting', () => {
  const f = (x: Tensor): Tensor => sum(ops.softplus(mul(x, square(x))));
  const x = tensor([0.5, -1, 2]);

  test('jit in grad in jit, in every order, equals the plain function to the bit', () => {
    const want = numbers(grad(f)(x));
    const inner = jit(f);
    const variants = [
      jit(grad(f)),
      grad(jit(f)),
      jit(grad(jit(f))),
      jit((t: Tensor) => grad(jit((u: Tensor) => inner(u)))(t)),
    ];
    for (const variant of variants) {
      expect(numbers(variant(x))).toEqual(want);
      expect(numbers(variant(x))).toEqual(want);
    }
  });

  test('second derivatives through two levels of jit', () => {
    const slope = (g: (t: Tensor) => Tensor) => jit((t: Tensor) => sum(grad(g)(t)));
    const want = numbers(grad((t: Tensor) => sum(grad(f)(t)))(x));
    const got = numbers(grad(slope(jit(f)))(x));
    got.forEach((g, i) => {
      expect(g).toBeCloseTo(want[i] as number, 5);
    });
  });

  test('a jitted function may close over a differentiated or traced tensor, and is then traced anew', () => {
    const slope = grad((a: Tensor) => {
      const times = jit((t: Tensor) => mul(t, a));
      return sum(times(times(tensor([1, 2]))));
    });
    expect(numbers(slope(tensor(3)))).toEqual([18]);
    expect(numbers(jit(slope)(tensor(3)))).toEqual([18]);
    expect(numbers(slope(tensor(4)))).toEqual([24]);
  });

  test('nothing is left of uploads inside such a function', () => {
    const make = (a: Tensor) => sum(jit((t: Tensor) => mul(add(t, tensor([1, 2])), a))(tensor([3, 4])));
    const a = tensor(3);
    const before = memory().tensors;
    for (let i = 0; i < 3; i++) free(grad(make)(a));
    expect(memory().tensors).toBe(before);
    const outer = jit((t: Tensor) => make(t));
    for (let i = 0; i < 3; i++) expect(numbers(scoped(() => outer(a)))).toEqual([30]);
    outer.clear();
  });

  test('keys of an outer trace may be used in an inner one', () => {
    const f2 = (k: Key) => {
      const inner = jit((t: Tensor) => add(t, normal(fold(k, 1), [2])));
      return inner(inner(tensor([0, 0])));
    };
    expect(numbers(jit(f2)(key(3)))).toEqual(numbers(f2(key(3))));
  });

  test('a jitted training step with draws has the value and the gradient of the plain one', () => {
    const step = (w: Tensor, k: Key) => valueAndGrad((p: Tensor) => sum(square(add(p, normal(k, p.shape)))))(w);
    const [got, want] = [jit(step)(x, key(1)), step(x, key(1))];
    expect([numbers(got.value), numbers(got.grad)]).toEqual([numbers(want.value), numbers(want.grad)]);
  });

  test('intermediate tensors are freed as the graph runs, not only at its end', () => {
    const sound = reference();
    const peak = { handles: 0 };
    const watched: Backend = {
      ...sound,
      run: (...args) => {
        const handle = sound.run(...args);
        peak.handles = Math.max(peak.handles, sound.memory().handles);
        return handle;
      },
    };
    withBackend(watched, () => {
      const long = jit((t: Tensor) => Array.from({ length: 50 }).reduce((y: Tensor) => ops.sin(y), t));
      const start = tensor([1, 2]);
      free(long(start));
      expect(sound.memory().handles).toBe(1);
      expect(peak.handles).toBe(3);
      free(start);
    });
  });
});
