import { describe, expect, test } from 'vitest';
import * as ops from '../index.js';
import { key } from '../key.js';
import type { Tensor } from '../tensor.js';

const { tensor, readSync, read } = ops;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const show = (x: Tensor): unknown[] => [x.dtype, x.shape, numbers(x)];
const ints = (values: readonly number[]): Tensor => tensor([...values], [values.length], 'int32');
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe('making and reading tensors', () => {
  test('nested arrays, typed arrays, numbers and booleans', () => {
    expect(
      show(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toEqual(['float32', [2, 2], [1, 2, 3, 4]]);
    expect(show(tensor(5))).toEqual(['float32', [], [5]]);
    expect(show(tensor(true))).toEqual(['bool', [], [1]]);
    expect(show(tensor([[true], [false]]))).toEqual(['bool', [2, 1], [1, 0]]);
    expect(show(tensor(new Int32Array([1, -1])))).toEqual(['int32', [2], [1, -1]]);
    expect(show(tensor(new Uint8Array([0, 7]), [2, 1]))).toEqual(['bool', [2, 1], [0, 1]]);
    expect(show(tensor(new Uint8Array([0, 7]), [2], 'float32'))).toEqual(['float32', [2], [0, 7]]);
    expect(show(tensor(new Float64Array([0.1])))).toEqual(['float32', [1], [Math.fround(0.1)]]);
    expect(show(tensor([]))).toEqual(['float32', [0], []]);
    expect(show(tensor([[], []]))).toEqual(['float32', [2, 0], []]);
    expect(show(tensor([1.9, -1.9], [2], 'int32'))).toEqual(['int32', [2], [1, -1]]);
  });

  test('arrays are copied in both directions', async () => {
    const data = new Float32Array([1, 2]);
    const x = tensor(data);
    data[0] = 9;
    readSync(x)[1] = 9;
    (await read(x))[1] = 9;
    expect(numbers(x)).toEqual([1, 2]);
    expect(await read(x)).toEqual(readSync(x));
  });

  test('constants and ranges', () => {
    expect(show(ops.full([2], 3, 'int32'))).toEqual(['int32', [2], [3, 3]]);
    expect(show(ops.zeros([1, 2], 'bool'))).toEqual(['bool', [1, 2], [0, 0]]);
    expect(show(ops.ones([2]))).toEqual(['float32', [2], [1, 1]]);
    expect(show(ops.zerosLike(ints([4, 5])))).toEqual(['int32', [2], [0, 0]]);
    expect(show(ops.onesLike(tensor([[true]])))).toEqual(['bool', [1, 1], [1]]);
    expect(show(ops.range(3))).toEqual(['int32', [3], [0, 1, 2]]);
    expect(show(ops.range(2, 'float32'))).toEqual(['float32', [2], [0, 1]]);
    expect(show(ops.eye(2))).toEqual(['float32', [2, 2], [1, 0, 0, 1]]);
  });

  test('a copy on another backend has its precision', async () => {
    const double = ops.reference({ precision: 'float64' });
    const x = await ops.toBackend(tensor([0.1]), double);
    expect(readSync(x)).toEqual(new Float64Array([Math.fround(0.1)]));
    expect(readSync(ops.mul(x, 0.1))).toEqual(new Float64Array([Math.fround(0.1) * 0.1]));
    expect(() => ops.add(x, tensor([1]))).toThrow(
      'add: operands live on two backends (reference and reference). Move one with toBackend().',
    );
  });
});

describe('dtypes', () => {
  const [b, i, f] = [tensor([true, false]), ints([2, 3]), tensor([0.5, 1])];

  test('the smallest that holds both', () => {
    expect([ops.add(b, b), ops.add(b, i), ops.add(i, f), ops.mul(b, f)].map((x) => x.dtype)).toEqual([
      'int32',
      'int32',
      'float32',
      'float32',
    ]);
    expect(numbers(ops.add(b, b))).toEqual([2, 0]);
  });

  test('a whole number stays an integer beside integers, and only there', () => {
    expect([ops.mul(i, 2), ops.mul(i, 0.5), ops.add(b, 1), ops.sub(1, i), ops.add(1, 2)].map((x) => x.dtype)).toEqual([
      'int32',
      'float32',
      'float32',
      'int32',
      'float32',
    ]);
  });

  test('division, powers and functions give floats; comparisons bools; logic takes any', () => {
    expect([ops.div(i, i), ops.pow(i, 2), ops.exp(b), ops.mean(i)].map((x) => x.dtype)).toEqual([
      'float32',
      'float32',
      'float32',
      'float32',
    ]);
    expect(show(ops.less(i, f))).toEqual(['bool', [2], [0, 0]]);
    expect(show(ops.logicalAnd(f, b))).toEqual(['bool', [2], [1, 0]]);
    expect(show(ops.logicalOr(0, b))).toEqual(['bool', [2], [1, 0]]);
    expect(show(ops.logicalNot(i))).toEqual(['bool', [2], [0, 0]]);
    expect([ops.neg(b), ops.abs(i), ops.sign(b), ops.sum(b), ops.cumsum(b), ops.max(b)].map((x) => x.dtype)).toEqual(
      Array.from({ length: 6 }, () => 'int32'),
    );
  });

  test('integer products and sums wrap at 32 bits', () => {
    expect(numbers(ops.mul(ints([65_537, -3]), ints([65_537, 7])))).toEqual([131_073, -21]);
    expect(numbers(ops.mul(ints([2 ** 31 - 1]), 2 ** 31 - 1))).toEqual([1]);
    expect(numbers(ops.add(ints([2 ** 31 - 1]), 1))).toEqual([-(2 ** 31)]);
  });

  test('casts', () => {
    expect(show(ops.cast(tensor([1.7, -1.7, 0]), 'int32'))).toEqual(['int32', [3], [1, -1, 0]]);
    expect(show(ops.cast(tensor([0.1, 0, nan]), 'bool'))).toEqual(['bool', [3], [1, 0, 1]]);
    expect(show(ops.cast(b, 'float32'))).toEqual(['float32', [2], [1, 0]]);
    expect(ops.cast(f, 'float32')).toBe(f);
  });
});

describe('elementwise', () => {
  test('the remainder has the sign of the divisor', () => {
    expect(numbers(ops.mod(tensor([5, -5, 5, -5, 0.75]), tensor([3, 3, -3, -3, 0.5])))).toEqual([2, 1, -1, -2, 0.25]);
    expect(numbers(ops.mod(ints([5, -5]), -3))).toEqual([-1, -2]);
    expect(numbers(ops.mod(tensor([6]), 3))).toEqual([0]);
  });

  test('rounding to even, signs, predicates', () => {
    expect(numbers(ops.round(tensor([0.5, 1.5, -2.5, 2.6])))).toEqual([0, 2, -2, 3]);
    expect(numbers(ops.sign(tensor([-2, 0, 3, nan])))).toEqual([-1, 0, 1, nan]);
    expect(numbers(ops.isFinite(tensor([1, inf, nan])))).toEqual([1, 0, 0]);
    expect(numbers(ops.isNaN(tensor([1, inf, nan])))).toEqual([0, 0, 1]);
    expect(show(ops.isNaN(ints([1])))).toEqual(['bool', [1], [0]]);
  });

  test('NaN is passed on, never patched', () => {
    const x = tensor([nan, 1]);
    for (const f of [
      ops.relu,
      ops.silu,
      ops.softplus,
      ops.sigmoid,
      ops.logSigmoid,
      ops.tanh,
      ops.square,
      ops.abs,
      (t: Tensor) => ops.clip(t, 0, 1),
    ])
      expect(numbers(f(x))[0]).toBeNaN();
    for (const f of [ops.minimum, ops.maximum]) expect([numbers(f(x, 0))[0], numbers(f(0, x))[0]]).toEqual([nan, nan]);
    for (const f of [ops.max, ops.min, ops.sum, ops.mean, ops.logSumExp, ops.norm]) expect(numbers(f(x))[0]).toBeNaN();
  });

  test('where takes numbers and any dtype of condition', () => {
    expect(numbers(ops.where(tensor([true, false]), 1, tensor([5, 6])))).toEqual([1, 6]);
    expect(show(ops.where(ints([2, 0]), ints([1, 2]), 7))).toEqual(['int32', [2], [1, 7]]);
    expect(ops.where(tensor([[true], [false]]), tensor([1, 2, 3]), 0).shape).toEqual([2, 3]);
  });

  test('powers follow IEEE: anything to the 0 is 1, 1 to anything is 1', () => {
    expect(numbers(ops.pow(tensor([nan, 1, -8, 0]), tensor([0, nan, 1 / 3, 0])))).toEqual([1, 1, nan, 1]);
  });
});

describe('reductions', () => {
  const x = tensor([
    [1, 5, 2],
    [4, 0, 5],
  ]);

  test('over chosen axes, negative ones too, and over all', () => {
    expect(show(ops.sum(x, -1))).toEqual(['float32', [2], [8, 9]]);
    expect(show(ops.sum(x, [0, 1]))).toEqual(['float32', [], [17]]);
    expect(show(ops.max(x, 0))).toEqual(['float32', [3], [4, 5, 5]]);
    expect(show(ops.min(x))).toEqual(['float32', [], [0]]);
    expect(show(ops.sum(x, []))).toEqual(['float32', [2, 3], numbers(x)]);
    expect(show(ops.restoreAxes(ops.sum(x, 1), x.shape, 1))).toEqual(['float32', [2, 1], [8, 9]]);
    expect(show(ops.sumTo(x, [1, 3]))).toEqual(['float32', [1, 3], [5, 5, 7]]);
    expect(show(ops.sumTo(x, [3]))).toEqual(['float32', [3], [5, 5, 7]]);
    expect(ops.sumTo(x, [2, 3])).toBe(x);
  });

  test('of nothing: a sum is 0, a product 1, a mean NaN', () => {
    const none = ops.zeros([2, 0]);
    expect(numbers(ops.sum(none, 1))).toEqual([0, 0]);
    expect(numbers(ops.prod(none))).toEqual([1, 1]);
    expect(numbers(ops.mean(none))).toEqual([nan]);
    expect(ops.prod(ops.zeros([2, 0], 'bool')).dtype).toBe('int32');
  });

  test('positions of extremes: the first at a tie', () => {
    expect(show(ops.argMax(x))).toEqual(['int32', [2], [1, 2]]);
    expect(numbers(ops.argMin(x, 0))).toEqual([0, 1, 0]);
    expect(numbers(ops.argMax(tensor([3, 3])))).toEqual([0]);
  });

  test('mean, variance, norm, product, any and all', () => {
    expect(numbers(ops.mean(x, 1))).toEqual([Math.fround(8 / 3), 3]);
    expect(numbers(ops.variance(tensor([1, 3])))).toEqual([1]);
    expect(numbers(ops.norm(tensor([[3, 4]]), 1))).toEqual([5]);
    expect(numbers(ops.prod(x))).toEqual([10, 0]);
    expect(numbers(ops.prod(ints([2, 3, 5, 7, 11])))).toEqual([2310]);
    expect(show(ops.any(x, 0))).toEqual(['bool', [3], [1, 1, 1]]);
    expect(numbers(ops.all(x, 1))).toEqual([1, 0]);
  });

  test('logSumExp and softmax do not overflow, and take −∞', () => {
    expect(numbers(ops.logSumExp(tensor([1e4, 1e4])))[0]).toBeCloseTo(1e4 + Math.LN2, 2);
    expect(
      numbers(
        ops.logSumExp(
          tensor([
            [-inf, -inf],
            [-inf, 3],
          ]),
          1,
        ),
      ),
    ).toEqual([-inf, 3]);
    expect(numbers(ops.softmax(tensor([1e4, 1e4, -inf])))).toEqual([0.5, 0.5, 0]);
    expect(numbers(ops.logSoftmax(tensor([0, 0])))[0]).toBeCloseTo(-Math.LN2, 6);
    expect(numbers(ops.logSumExp(tensor([inf, 1])))).toEqual([inf]);
  });

  test('running sums, exclusive and reversed', () => {
    const line = tensor([1, 2, 3]);
    expect(numbers(ops.cumsum(line))).toEqual([1, 3, 6]);
    expect(numbers(ops.cumsum(line, 0, { exclusive: true }))).toEqual([0, 1, 3]);
    expect(numbers(ops.cumsum(line, 0, { reverse: true }))).toEqual([6, 5, 3]);
    expect(numbers(ops.cumsum(line, 0, { reverse: true, exclusive: true }))).toEqual([5, 3, 0]);
  });
});

describe('moving elements', () => {
  const x = tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);

  test('axes', () => {
    expect(show(ops.transpose(x))).toEqual(['float32', [3, 2], [1, 4, 2, 5, 3, 6]]);
    expect(ops.transpose(tensor([1, 2])).shape).toEqual([2]);
    expect(ops.transpose(ops.zeros([2, 3, 4])).shape).toEqual([2, 4, 3]);
    expect(ops.transpose(ops.zeros([2, 3, 4]), [-1, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(ops.reshape(x, [-1, 2]).shape).toEqual([3, 2]);
    expect(ops.reshape(ops.zeros([0, 3]), [-1, 0]).shape).toEqual([0, 0]);
    expect([ops.expandDims(x, 0).shape, ops.expandDims(x, -1).shape]).toEqual([
      [1, 2, 3],
      [2, 3, 1],
    ]);
    expect([ops.squeeze(ops.zeros([1, 2, 1])).shape, ops.squeeze(ops.zeros([1, 2, 1]), -1).shape]).toEqual([
      [2],
      [1, 2],
    ]);
    expect(numbers(ops.reverse(x))).toEqual([6, 5, 4, 3, 2, 1]);
    expect(numbers(ops.reverse(x, -1))).toEqual([3, 2, 1, 6, 5, 4]);
  });

  test('blocks', () => {
    expect(numbers(ops.slice(x, [0, 1], [2, 1]))).toEqual([2, 5]);
    expect(numbers(ops.slice(x, [1]))).toEqual([4, 5, 6]);
    expect(ops.slice(x, [], [-1, 0]).shape).toEqual([2, 0]);
    expect(numbers(ops.pad(tensor([1]), [1], [2], 9))).toEqual([9, 1, 9, 9]);
    expect(show(ops.concat([tensor([[1]]), ops.reshape(ints([2]), [1, 1])], 1))).toEqual(['float32', [1, 2], [1, 2]]);
    expect(show(ops.stack([tensor([1, 2]), tensor([3, 4])], 1))).toEqual(['float32', [2, 2], [1, 3, 2, 4]]);
    expect(numbers(ops.broadcastTo(tensor([[1], [2]]), [2, 2, 2]))).toEqual([1, 1, 2, 2, 1, 1, 2, 2]);
  });

  test('by position', () => {
    expect(show(ops.gather(x, ops.reshape(ints([1, 0, 1, 1]), [2, 2])))).toEqual([
      'float32',
      [2, 2, 3],
      [4, 5, 6, 1, 2, 3, 4, 5, 6, 4, 5, 6],
    ]);
    expect(show(ops.gather(x, tensor(2, [], 'int32'), 1))).toEqual(['float32', [2], [3, 6]]);
    expect(show(ops.scatterAdd(ints([1, 1, 0]), tensor([1, 2, 4]), 3))).toEqual(['float32', [3], [4, 3, 0]]);
    expect(ops.scatterAdd(ints([0]), tensor([true]), 2).dtype).toBe('int32');
    expect(numbers(ops.takeAlongAxis(x, tensor([[2], [0]], [2, 1], 'int32')))).toEqual([3, 4]);
    expect(numbers(ops.takeAlongAxis(x, tensor([[1, 0, 1]], [1, 3], 'int32'), 0))).toEqual([4, 2, 6]);
    expect(show(ops.oneHot(ints([1, 5, -1]), 3))).toEqual(['bool', [3, 3], [0, 1, 0, 0, 0, 0, 0, 0, 0]]);
  });

  test('in order: stable, NaN last', () => {
    expect(numbers(ops.argSort(tensor([3, nan, 1, 3, -inf])))).toEqual([4, 2, 0, 3, 1]);
    expect(
      numbers(
        ops.sort(
          tensor([
            [3, 1],
            [2, 5],
          ]),
          0,
        ),
      ),
    ).toEqual([2, 1, 3, 5]);
    expect(numbers(ops.argSort(tensor([0, -0, 0])))).toEqual([0, 1, 2]);
    expect(numbers(ops.sort(tensor([inf, nan, inf])))).toEqual([inf, inf, nan]);
    expect(numbers(ops.sort(tensor([true, false])))).toEqual([0, 1]);
  });

  test('rows and events', () => {
    expect(numbers(ops.sumEvent(ops.ones([2, 3, 4])))).toEqual([12, 12]);
    expect(ops.sumEvent(tensor([1, 2])).shape).toEqual([2]);
    expect(numbers(ops.squaredNorm(x))).toEqual([14, 77]);
    expect(ops.perRow(tensor([1, 2]), [2, 3, 4]).shape).toEqual([2, 1, 1]);
  });
});

describe('matMul', () => {
  const [a, b] = [
    tensor([
      [1, 2],
      [3, 4],
    ]),
    tensor([
      [1, 0, 2],
      [0, 1, 1],
    ]),
  ];

  test('with transposes, batches, bools and integers', () => {
    expect(numbers(ops.matMul(a, b))).toEqual([1, 2, 4, 3, 4, 10]);
    expect(numbers(ops.matMul(a, ops.transpose(b), { transposeA: true, transposeB: true }))).toEqual([
      1, 3, 5, 2, 4, 8,
    ]);
    expect(numbers(ops.matMul(ops.greater(a, 1), b))).toEqual([0, 1, 1, 1, 1, 3]);
    expect(show(ops.matMul(tensor([[true, true]]), tensor([[true], [true]])))).toEqual(['float32', [1, 1], [2]]);
    expect(show(ops.matMul(ops.cast(a, 'int32'), ops.cast(b, 'int32')))).toEqual([
      'float32',
      [2, 3],
      [1, 2, 4, 3, 4, 10],
    ]);
    expect(ops.matMul(ops.zeros([5, 1, 2, 2]), ops.zeros([3, 2, 4])).shape).toEqual([5, 3, 2, 4]);
    expect(ops.matMul(ops.zeros([5, 3, 2]), b).shape).toEqual([5, 3, 3]);
    expect(ops.matMul(ops.zeros([5, 2, 3]), b, { transposeA: true }).shape).toEqual([5, 3, 3]);
    expect(numbers(ops.matMul(ops.zeros([1, 0]), ops.zeros([0, 2])))).toEqual([0, 0]);
  });
});

describe('installing backends', () => {
  test('useBackend takes a backend or a promise of one, and says what else came', async () => {
    const before = ops.activeBackend();
    const double = ops.reference({ precision: 'float64' });
    expect(await ops.useBackend(Promise.resolve(double))).toBe(double);
    expect(readSync(ops.uniform(key(1), [1]))).toBeInstanceOf(Float64Array);
    await expect(ops.useBackend({} as never)).rejects.toThrow(
      'useBackend: expected a backend, got something without run().',
    );
    await expect(ops.useBackend(undefined as never)).rejects.toThrow(ops.BackendError);
    expect(ops.activeBackend()).toBe(double);
    await ops.useBackend(before);
  });

  test('withBackend puts the previous one back, also after an error', () => {
    const before = ops.activeBackend();
    const other = ops.reference();
    expect(ops.withBackend(other, ops.activeBackend)).toBe(other);
    expect(() =>
      ops.withBackend(other, () => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(ops.activeBackend()).toBe(before);
  });

  test('composites run where their operands live', () => {
    const far = ops.withBackend(ops.reference({ precision: 'float64' }), () => ({
      x: tensor([
        [3, 1],
        [2, 5],
      ]),
      i: ints([1, 0]),
      p: tensor([0.5]),
    }));
    const results = [
      ops.sort(far.x),
      ops.zerosLike(far.x),
      ops.prod(ops.slice(far.x, [0, 0], [0, 2]), 0),
      ops.logSumExp(far.x),
      ops.truncatedNormal(key(1), far.p, 2),
      ops.gamma(key(1), far.p),
      ops.beta(key(1), far.p, 2),
    ];
    for (const result of results) expect(readSync(result)).toBeInstanceOf(Float64Array);
    expect(numbers(ops.oneHot(far.i, 2))).toEqual([0, 1, 1, 0]);
    expect(ops.categorical(key(1), far.x).shape).toEqual([2]);
    expect(ops.bernoulli(key(1), far.p).shape).toEqual([1]);
  });
});
