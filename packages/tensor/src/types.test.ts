import { expectTypeOf, test } from 'vitest';
import {
  fold,
  grad,
  type Jitted,
  jit,
  type Key,
  key,
  matMul,
  mul,
  normal,
  scoped,
  split,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
} from './index.js';

/** Holds code that is type-checked and never run. */
function compileOnly(_code: () => unknown): void {}

test('scoped refuses a function that returns a promise', () => {
  compileOnly(() => {
    // @ts-expect-error a promise cannot leave a scope
    scoped(async () => tensor(1));
    // @ts-expect-error nor a promise made otherwise
    scoped(() => Promise.resolve(1));
  });
  expectTypeOf(scoped(() => ({ x: 1 }))).toEqualTypeOf<{ x: number }>();
});

test('split gives a tuple of the length that it is asked for', () => {
  expectTypeOf(split(key(1), 3)).toEqualTypeOf<[Key, Key, Key]>();
  expectTypeOf(split(key(1))).toEqualTypeOf<[Key, Key]>();
  expectTypeOf(split(key(1), 12).length).toEqualTypeOf<12>();
  expectTypeOf(split(key(1), [1, 2].length)).toEqualTypeOf<Key[]>();
  expectTypeOf(split(key(1), 5000)).toEqualTypeOf<Key[]>();
  expectTypeOf(split(key(1), 0)).toEqualTypeOf<[]>();
  compileOnly(() => {
    const [first, second] = split(key(1), 2);
    // @ts-expect-error there is no third key
    const [, , third] = split(key(1), 2);
    return [first, second, third];
  });
});

test('a key is not a number, nor any pair of words', () => {
  compileOnly(() => {
    // @ts-expect-error a seed is not a key
    normal(7, [2]);
    // @ts-expect-error plain words are not a key
    fold({ words: [1, 2] }, 0);
    // @ts-expect-error a key is not a tensor
    mul(key(1), 2);
    // @ts-expect-error words cannot be changed
    key(1).words[0] = 3;
  });
});

test('operations take tensors, not arrays, and tensors cannot be made by hand', () => {
  compileOnly(() => {
    // @ts-expect-error arrays must be uploaded first
    matMul([[1]], [[2]]);
    // @ts-expect-error a shape and a dtype are not a tensor
    sum({ shape: [1], dtype: 'float32' });
    // @ts-expect-error there is no such dtype
    tensor([1], [1], 'float64');
  });
});

test('grad and jit keep the types of what they wrap', () => {
  const loss = (p: { readonly w: Tensor; readonly b: Tensor }, x: Tensor): Tensor => sum(mul(mul(p.w, x), p.b));
  expectTypeOf(grad(loss)).toEqualTypeOf<
    (primal: { readonly w: Tensor; readonly b: Tensor }, x: Tensor) => { readonly w: Tensor; readonly b: Tensor }
  >();
  expectTypeOf(valueAndGrad(loss)).returns.toHaveProperty('value').toEqualTypeOf<Tensor>();
  expectTypeOf(jit(loss)).toEqualTypeOf<Jitted<(p: { readonly w: Tensor; readonly b: Tensor }, x: Tensor) => Tensor>>();
  compileOnly(() => {
    // @ts-expect-error the second argument is missing
    jit(loss)({ w: tensor(1), b: tensor(1) });
  });
});
