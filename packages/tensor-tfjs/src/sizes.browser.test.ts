import * as ops from '@ebmkit/tensor';
import { type Backend, free, key, read, reference, scoped, type Tensor, toBackend, withBackend } from '@ebmkit/tensor';
import { findMismatch } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, test } from 'vitest';
import { tfjs } from './tfjs.js';

const host = reference();

/** Shapes that do not fit one row of a texture, one workgroup, or one dispatch. */
const shapes: readonly (readonly number[])[] = [
  [100_003],
  [1, 40_000],
  [40_000, 1],
  [20_011, 3],
  [3, 20_011],
  [5, 1, 4099, 2],
  [4, 17_000, 2, 1, 2],
];

const functions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'sum of all': (x) => ops.sum(x),
  'sum over the first axis': (x) => ops.sum(x, 0),
  'largest over the last axis': (x) => ops.max(x, -1),
  'elementwise with a row and a scalar': (x) => ops.softplus(ops.add(ops.mul(x, 2), ops.slice(x, [0], [1]))),
  transposed: (x) => ops.transpose(x),
  'a comparison and a choice': (x) => ops.where(ops.greater(x, 0), x, ops.div(x, 3)),
  'the second half, padded': (x) =>
    ops.pad(ops.slice(ops.reshape(x, [-1]), [Math.floor(ops.sizeOf(x.shape) / 2)]), [3], [4], 1),
};

describe.each(['webgl', 'webgpu'] as const)('sizes beyond one texture row or dispatch on %s', (name) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await tfjs(name);
  });

  const compare = async (f: (x: Tensor) => Tensor, shape: readonly number[]): Promise<string | undefined> => {
    const x = withBackend(host, () => ops.normal(key(7), shape));
    const y = await toBackend(x, backend);
    const [want, got] = [withBackend(host, () => scoped(() => f(x))), withBackend(backend, () => scoped(() => f(y)))];
    expect(got.shape).toEqual(want.shape);
    const mismatch = findMismatch(await read(got), await read(want), { relative: 1e-5, absolute: 1e-3 });
    free([x, y, want, got]);
    return mismatch;
  };

  test.each(Object.entries(functions))('%s', async (_, f) => {
    for (const shape of shapes) expect(await compare(f, shape), shape.join()).toBeUndefined();
  });

  test('five million elements', async () => {
    expect(await compare((x) => ops.neg(ops.sigmoid(x)), [5_000_000])).toBeUndefined();
  });

  test('products with a long inner axis, one row and one column', async () => {
    const product = (x: Tensor): Tensor => ops.matMul(x, x, { transposeB: true });
    for (const shape of [
      [3, 5001],
      [130, 1],
      [1, 130],
    ])
      expect(await compare(product, shape)).toBeUndefined();
  });

  test('running sums and sorting of long lines', async () => {
    expect(await compare((x) => ops.cumsum(x), [2, 3001])).toBeUndefined();
    expect(await compare((x) => ops.sort(x), [2, 3001])).toBeUndefined();
  });
});
