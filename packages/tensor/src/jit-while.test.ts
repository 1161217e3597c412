import { afterEach, describe, expect, test } from 'vitest';
import {
  abs,
  add,
  cast,
  concat,
  free,
  grad,
  jit,
  jitWhile,
  type Key,
  key,
  less,
  memory,
  mul,
  normal,
  readSync,
  ShapeError,
  scoped,
  sum,
  type Tensor,
  tensor,
  where,
  zeros,
  zerosLike,
} from './index.js';

/** Steps until a random walk has left the unit interval. */
const leave = jitWhile({
  begin: (_: Key, x: Tensor) => ({ x, steps: zerosLike(x) }),
  goesOn: ({ x }) => less(abs(x), 1),
  round: (k, { x, steps }) => {
    const isInside = less(abs(x), 1);
    return { x: where(isInside, add(x, normal(k, x.shape)), x), steps: add(steps, cast(isInside, 'float32')) };
  },
  end: ({ steps }) => steps,
});

/** Doubles until the sum passes a hundred. */
const double = jitWhile({
  begin: (_: Key, x: Tensor, times: number) => ({ x: mul(x, times) }),
  goesOn: ({ x }) => less(sum(x), 100),
  round: (_, { x }) => ({ x: mul(x, 2) }),
  end: ({ x }) => ({ x, name: 'doubled' }),
});

afterEach(() => {
  leave.clear();
  double.clear();
});

describe('jitWhile', () => {
  test('goes on as long as it is told, from none to many rounds', () => {
    const ends = [150, 3, 0.01].map((x) => readSync(double(key(0), tensor([x, 0]), 1).x)[0] as number);
    expect(ends[0]).toBe(150);
    expect(ends[1]).toBe(3 * 2 ** 6);
    expect(ends[2]).toBeCloseTo(0.01 * 2 ** 14, 3);
  });

  test('takes constants among its arguments, and gives them back as they are', () => {
    const { x, name } = double(key(0), tensor([30, 0]), 2);
    expect(readSync(x)[0]).toBe(120);
    expect(name).toBe('doubled');
    expect(readSync(double(key(0), tensor([30, 0]), 4).x)[0]).toBe(120);
    expect(readSync(double(key(0), tensor([30, 0]), 3).x)[0]).toBe(180);
  });

  test('goes on while one of several goes on, with a key of its own for each round', () => {
    const steps = Array.from(readSync(leave(key(1), zeros([200]))));
    expect(Math.min(...steps)).toBe(1);
    expect(Math.max(...steps)).toBeGreaterThan(4);
    expect(Array.from(readSync(leave(key(1), zeros([200]))))).toEqual(steps);
    expect(Array.from(readSync(leave(key(2), zeros([200]))))).not.toEqual(steps);
  });

  test('frees all but its result', () => {
    const x = zeros([20]);
    const before = memory();
    for (let i = 0; i < 100; i++) free(leave(key(i), x));
    leave.clear();
    expect(memory()).toEqual(before);
    free(x);
  });

  test('refuses rounds that change shapes', () => {
    const growing = jitWhile({
      begin: (_: Key, x: Tensor) => x,
      goesOn: (x) => less(sum(x), 10),
      round: (_, x) => concat([x, x]),
      end: (x) => x,
    });
    expect(() => scoped<Tensor>(() => growing(key(0), tensor([1])))).toThrow(ShapeError);
    expect(() => scoped<Tensor>(() => growing(key(0), tensor([1])))).toThrow(
      /round must give tensors like those of begin/,
    );
  });

  test('refuses to carry keys', () => {
    const carrying = jitWhile({
      begin: (k: Key, x: Tensor) => ({ k, x }),
      goesOn: ({ x }) => less(sum(x), 10),
      round: (_, { k, x }) => ({ k, x: add(x, 1) }),
      end: ({ x }) => x,
    });
    expect(() => scoped<Tensor>(() => carrying(key(0), tensor([1])))).toThrow(/a key cannot be carried/);
  });

  test('lets gradients through the rounds that were run', () => {
    const slope = grad((x: Tensor) => sum(mul(double(key(0), x, 1).x, tensor([1, 5]))))(tensor([3, 1]));
    expect(Array.from(readSync(slope))).toEqual([2 ** 5, 5 * 2 ** 5]);
  });

  test('says that it is no part of jit', () => {
    expect(() => jit((x: Tensor) => leave(key(0), x))(zeros([2]))).toThrow(/Call it outside/);
    expect(() => jit((k: Key, x: Tensor) => leave(k, x))(key(0), zeros([2]))).toThrow(/Call it outside/);
  });
});
