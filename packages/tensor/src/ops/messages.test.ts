import { describe, expect, test } from 'vitest';
import { EbmError, type ErrorCode } from '../errors.js';
import * as ops from '../index.js';
import { key } from '../key.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

const { tensor, zeros } = ops;
const [x, y, i] = [zeros([2, 3]), zeros([4]), ops.range(2)];
const wrong = <T>(value: unknown): T => value as T;

describe('every wrong argument says where, what is required, what came and what to do', () => {
  test.each<[ErrorCode, () => unknown, string]>([
    [
      'shape',
      () => ops.add(x, y),
      'add: shapes must broadcast (equal lengths, or 1, counted from the last axis), got [2, 3] and [4]. Reshape or broadcastTo one of them.',
    ],
    ['shape', () => ops.where(ops.greater(x, 0), y, 0), 'where: shapes must broadcast'],
    [
      'argument',
      () => ops.add(wrong([1]), 2),
      'add: expected a tensor or a number, got object. Make one with tensor(data).',
    ],
    ['argument', () => ops.where(wrong(null), 1, 2), 'where: expected a tensor or a number, got null.'],
    ['argument', () => ops.exp(wrong('1')), 'exp: expected a tensor or a number, got string.'],
    ['argument', () => ops.sum(wrong(1)), 'sum: expected a tensor, got number. Make one with tensor(data).'],
    ['argument', () => ops.reshape(wrong(null), []), 'reshape: expected a tensor, got null.'],
    ['argument', () => ops.cast(wrong(1), 'bool'), 'cast: expected a tensor, got number.'],
    ['dtype', () => ops.cast(x, wrong('float64')), 'cast: dtype must be float32, int32 or bool, got float64.'],
    [
      'argument',
      () => tensor(wrong('text')),
      'tensor: expected numbers, nested arrays or a typed array (Float32Array, Int32Array, Uint8Array), got string.',
    ],
    ['argument', () => tensor(wrong(null)), 'got null.'],
    ['argument', () => tensor(wrong(new Uint16Array(2))), 'got object.'],
    ['argument', () => tensor(wrong([1, '2'])), 'tensor: expected numbers or booleans inside the arrays, got string.'],
    [
      'argument',
      () => tensor(wrong([[1], [undefined]])),
      'tensor: expected numbers or booleans inside the arrays, got undefined.',
    ],
    ['shape', () => tensor([[1, 2], [3]]), 'tensor: nested arrays must not be ragged, got lengths 2 and 1 on axis 1.'],
    ['shape', () => tensor([[1], 2]), 'tensor: nested arrays must all have one depth.'],
    ['shape', () => tensor([1, 2], [3]), 'tensor: shape [3] holds 3 values, got 2.'],
    ['shape', () => tensor([1, 2], [-2, -1]), 'tensor: a shape is a list of whole numbers of at least 0, got [-2,-1].'],
    ['dtype', () => tensor([1], [1], wrong('int8')), 'tensor: dtype must be float32, int32 or bool, got int8.'],
    ['shape', () => zeros(wrong(3)), 'full: a shape is a list of whole numbers of at least 0, got 3.'],
    [
      'argument',
      () => ops.full([2], wrong(x)),
      'full: the value must be a number, got object. Use broadcastTo() for tensors.',
    ],
    ['dtype', () => ops.full([2], 1, wrong('f32')), 'full: dtype must be float32, int32 or bool, got f32.'],
    ['shape', () => ops.range(-1), 'range: a shape is a list of whole numbers of at least 0, got [-1].'],
    ['shape', () => ops.reshape(x, [4]), 'reshape: [2, 3] has 6 values and cannot become [4].'],
    ['shape', () => ops.reshape(x, [-1, -1]), 'cannot become [-1, -1]'],
    ['shape', () => ops.reshape(x, [-2, -3]), 'cannot become [-2, -3]'],
    ['shape', () => ops.reshape(x, wrong(6)), 'reshape: a shape is a list of lengths, got number.'],
    ['shape', () => ops.squeeze(x, 0), 'squeeze: axes [0] of [2, 3] must have length 1.'],
    ['shape', () => ops.expandDims(x, 4), 'expandDims: axis must be in -3 … 2, got 4.'],
    ['shape', () => ops.transpose(x, [0, 0]), 'transpose: expected a permutation of 2 axes, got [0, 0].'],
    ['shape', () => ops.transpose(x, [0]), 'transpose: expected a permutation of 2 axes, got [0].'],
    ['shape', () => ops.broadcastTo(x, [3]), 'broadcastTo: [2, 3] does not broadcast to [3].'],
    ['shape', () => ops.broadcastTo(x, [4, 3]), 'broadcastTo: shapes must broadcast'],
    ['shape', () => ops.slice(x, [1], [2]), 'slice: begin [1] and size [2] reach outside [2, 3].'],
    ['shape', () => ops.slice(x, [-1]), 'slice: begin [-1] and size [] reach outside [2, 3].'],
    ['shape', () => ops.slice(x, [0, 0, 0]), 'reach outside'],
    [
      'shape',
      () => ops.pad(x, [1], [1]),
      'pad: expected a whole number of at least 0 for each of 2 axes, got [1] and [1].',
    ],
    ['shape', () => ops.pad(x, [-1, 0], [0, 0]), 'pad: expected a whole number of at least 0'],
    ['argument', () => ops.concat([]), 'concat: expected a tensor, got undefined.'],
    [
      'shape',
      () => ops.concat([x, zeros([2, 4])]),
      'concat: shapes must agree except on axis 0, got [2, 3] and [2, 4].',
    ],
    ['shape', () => ops.stack([x, zeros([2, 4])]), 'concat: shapes must agree'],
    ['shape', () => ops.reverse(x, 2), 'reverse: axis must be in -2 … 1, got 2.'],
    ['shape', () => ops.sum(x, 2), 'sum: axis must be in -2 … 1, got 2.'],
    ['shape', () => ops.sum(x, 0.5), 'sum: axis must be in -2 … 1, got 0.5.'],
    ['shape', () => ops.sum(x, [0, -2]), 'sum: each axis may be named once, got [0, -2].'],
    ['shape', () => ops.max(zeros([0, 2]), 0), 'max: cannot reduce over an axis of length 0, got shape [0, 2].'],
    ['shape', () => ops.argMax(zeros([2, 0])), 'argMax: cannot reduce over an axis of length 0'],
    ['shape', () => ops.sumTo(x, [2, 2]), 'sumTo: [2, 2] must broadcast to [2, 3]. Broadcast the tensor first.'],
    ['shape', () => ops.sumTo(y, [1, 1, 4]), 'sumTo: [1, 1, 4] must broadcast to [4].'],
    [
      'shape',
      () => ops.matMul(x, x),
      'matMul: expected [..., m, k] and [..., k, n], got [2, 3] and [2, 3]. Reshape vectors to matrices and check the inner axis.',
    ],
    [
      'shape',
      () => ops.matMul(x, x, { transposeA: true, transposeB: true }),
      'got [2, 3] transposed and [2, 3] transposed.',
    ],
    ['shape', () => ops.matMul(x, y), 'matMul: expected [..., m, k] and [..., k, n], got [2, 3] and [4].'],
    ['shape', () => ops.matMul(zeros([2, 1, 3]), zeros([3, 3, 1])), 'matMul: shapes must broadcast'],
    [
      'dtype',
      () => ops.gather(x, y),
      'gather: indices must be int32, got float32. Cast them with cast(indices, "int32").',
    ],
    ['dtype', () => ops.oneHot(y, 3), 'oneHot: indices must be int32'],
    ['shape', () => ops.gather(x, i, 2), 'gather: axis must be in -2 … 1, got 2.'],
    [
      'shape',
      () => ops.scatterAdd(i, zeros([3]), 4),
      'scatterAdd: updates [3] must begin with the axes of indices [2].',
    ],
    [
      'shape',
      () => ops.takeAlongAxis(x, ops.range(3)),
      'takeAlongAxis: indices [3] must have the shape of [2, 3] but on axis 1.',
    ],
    ['shape', () => ops.sumEvent(tensor(1)), 'sumEvent: expected [n, ...event], got a scalar.'],
    ['shape', () => ops.perRow(y, [2, 3]), 'perRow: expected [n] beside [2, 3], got [4].'],
    [
      'argument',
      () => ops.normal(wrong(3), [2]),
      'normal: expected a key, got 3. Make one with key(seed), or split one.',
    ],
    ['shape', () => ops.uniform(key(1), [-1]), 'uniform: a shape is a list of whole numbers of at least 0, got [-1].'],
    [
      'shape',
      () => ops.categorical(key(1), tensor(1)),
      'categorical: expected logits of shape [..., classes], got a scalar.',
    ],
    ['argument', () => ops.truncatedNormal(key(1), 2, 1), 'truncatedNormal: low must be below high, got 2 and 1.'],
    [
      'shape',
      () => ops.bernoulli(key(1), x, [3]),
      'bernoulli: p [2, 3] must broadcast to [3]. Give the shape of all draws.',
    ],
    ['argument', () => ops.bernoulli(wrong(1), x), 'bernoulli: expected a key, got 1.'],
    ['shape', () => ops.truncatedNormal(key(1), x, 1, [3]), 'truncatedNormal: low [2, 3] must broadcast to [3].'],
    ['argument', () => ops.gamma(key(1), 0, [2]), 'gamma: alpha must be above 0, got 0.'],
    [
      'shape',
      () => ops.gamma(key(1), x, [3]),
      'gamma: alpha [2, 3] must broadcast to [3]. Give the shape of all draws.',
    ],
    ['shape', () => ops.gamma(key(1), x, [2, 4]), 'gamma: shapes must broadcast'],
    [
      'backend',
      () => ops.reference({ precision: wrong('float16') }),
      'reference: precision must be "float32" or "float64", got float16.',
    ],
    [
      'backend',
      () => ops.reference().run('nothing', [], {}, { shape: [], dtype: 'float32' }),
      'reference: unknown primitive nothing.',
    ],
  ])('%s', (code, run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(EbmError);
    try {
      run();
    } catch (error) {
      expect((error as EbmError).code).toBe(code);
    }
  });

  test('errors carry their class, code, cause and what they hand back', () => {
    const cause = new Error('below');
    const all = [
      new ops.EbmError('aborted', 'a', { cause }),
      new ops.ShapeError('b'),
      new ops.BackendError('c', { cause }),
      new ops.DivergedError('d', { step: 3 }),
      new ops.FormatError('e', { cause }),
    ];
    expect(all.map(({ name, code, message }) => [name, code, message])).toEqual([
      ['EbmError', 'aborted', 'a'],
      ['ShapeError', 'shape', 'b'],
      ['BackendError', 'backend', 'c'],
      ['DivergedError', 'diverged', 'd'],
      ['FormatError', 'format', 'e'],
    ]);
    expect(all.every((error) => error instanceof Error && error instanceof EbmError)).toBe(true);
    expect([all[0]?.cause, all[2]?.cause, all[4]?.cause]).toEqual([cause, cause, cause]);
    expect((all[3] as ops.DivergedError<{ step: number }>).lastFinite.step).toBe(3);
  });
});

test('shapes: sizes and broadcasting', () => {
  const sizes: readonly [Shape, number][] = [
    [[], 1],
    [[2, 3], 6],
    [[2, 0], 0],
  ];
  for (const [shape, size] of sizes) expect(ops.sizeOf(shape)).toBe(size);
  expect(ops.broadcastShapes('test', [2, 1], [3])).toEqual([2, 3]);
  expect(ops.broadcastShapes('test', [1], [0])).toEqual([0]);
  expect(() => ops.broadcastShapes('test', [0], [2])).toThrow('test: shapes must broadcast');
  const t: Tensor = zeros([1]);
  expect(ops.isTensor(t) && !ops.isTensor({ shape: [], dtype: 'float32' })).toBe(true);
});
