import { expect, test } from 'vitest';
import { readSync, tensor } from './index.js';
import { key } from './key.js';
import { fromPlain, isPlainTensor, toPlain } from './plain.js';
import { free, isFreed } from './scope.js';

const state = {
  w: tensor([[1, 2]]),
  bits: [tensor([true])],
  i: tensor([3], [1], 'int32'),
  k: key(7),
  n: 5,
  none: null,
};

test('toPlain reads every tensor, in the array of its dtype, and keeps the rest', async () => {
  const plain = await toPlain(state);
  expect(plain).toEqual({
    w: { dtype: 'float32', shape: [1, 2], data: new Float32Array([1, 2]) },
    bits: [{ dtype: 'bool', shape: [1], data: new Uint8Array([1]) }],
    i: { dtype: 'int32', shape: [1], data: new Int32Array([3]) },
    k: key(7),
    n: 5,
    none: null,
  });
  expect(isFreed(state.w)).toBe(false);
});

test('fromPlain is its inverse, with tensors of its own', async () => {
  const plain = await toPlain(state);
  const back = fromPlain(plain);
  expect([back.w.shape, back.w.dtype, readSync(back.w)]).toEqual([[1, 2], 'float32', new Float32Array([1, 2])]);
  expect([back.k, back.n, back.none]).toEqual([key(7), 5, null]);
  plain.w.data[0] = 9;
  expect(readSync(back.w)[0]).toBe(1);
  free(back);
  expect(isFreed(state.w)).toBe(false);
});

test('plain tensors are told from tensors, keys and other objects', () => {
  expect(isPlainTensor({ dtype: 'float32', shape: [1], data: new Float32Array(1) })).toBe(true);
  for (const other of [
    null,
    1,
    key(1),
    tensor(1),
    { shape: [1] },
    { dtype: 'float32', shape: 1, data: new Float32Array(1) },
  ])
    expect(isPlainTensor(other)).toBe(false);
});
