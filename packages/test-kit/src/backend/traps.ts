import type { Tensor } from '@ebmkit/tensor';
import * as ops from '@ebmkit/tensor';
import type { HostArray } from './host-array.js';
import type { Sample } from './sample.js';

/** A sample with a name: something that some backend once got wrong. */
export interface Trap extends Sample {
  /** What goes wrong. */
  readonly name: string;
}

function wave(shape: readonly number[], phase = 0): HostArray {
  const values = Array.from({ length: ops.sizeOf(shape) }, (_, i) => Math.fround(Math.sin(1.3 * i + phase)));
  return { shape, dtype: 'float32', values };
}

function list(values: readonly number[], shape: readonly number[] = [values.length]): HostArray {
  return { shape, dtype: 'float32', values: values.map(Math.fround) };
}

const matrices: readonly Trap[] = [48, 49, 64, 97, 200].flatMap((inner) =>
  [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB) => ({
      name: `matMul with inner dimension ${inner}, transposes ${transposeA} and ${transposeB}, bias and relu`,
      inputs: [
        wave(transposeA ? [inner, 5] : [5, inner]),
        wave(transposeB ? [3, inner] : [inner, 3], 1),
        list([10, -20, 30]),
      ],
      compute: ([a, b, bias]: readonly Tensor[]) =>
        ops.relu(ops.add(ops.matMul(a as Tensor, b as Tensor, { transposeA, transposeB }), bias as Tensor)),
      additive: true,
    })),
  ),
);

const deep = [2, 1, 3, 1, 2, 1, 2, 2];
const deepRow = [3, 2, 1, 1, 2, 1];

const ranks: readonly Trap[] = [
  {
    name: 'add of rank 7 and 8 with broadcasting',
    inputs: [wave(deep), wave(deepRow, 2)],
    compute: ([a, b]) => [
      ops.add(a as Tensor, b as Tensor),
      ops.add(ops.reshape(a as Tensor, deep.slice(1).with(0, 2)), 1),
    ],
  },
  {
    name: 'where, sum, transpose, slice, pad, concat and gather of rank 8',
    inputs: [wave(deep)],
    compute: ([x]) => {
      const t = x as Tensor;
      return [
        ops.where(ops.greater(t, 0), t, ops.neg(t)),
        ops.sum(t, [1, 4, 7]),
        ops.max(t, [0, 6]),
        ops.transpose(t, [7, 6, 5, 4, 3, 2, 1, 0]),
        ops.slice(t, [1, 0, 1, 0, 1, 0, 1, 1]),
        ops.pad(t, [0, 1, 0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 2], 7),
        ops.concat([t, t], 5),
        ops.gather(t, ops.tensor([2, 0], [2], 'int32'), 2),
        ops.cumsum(t, 2),
        ops.broadcastTo(t, [2, 2, 3, 2, 2, 1, 2, 2]),
        ops.reverse(t, [0, 2, 7]),
      ];
    },
    additive: true,
  },
];

const empties: readonly Trap[] = [
  {
    name: 'sums of zero-size tensors are 0',
    inputs: [list([], [0]), list([], [3, 0]), list([], [0, 3])],
    compute: ([a, b, c]) => [
      ops.sum(a as Tensor),
      ops.sum(b as Tensor, 1),
      ops.sum(c as Tensor, 0),
      ops.sum(c as Tensor, 1),
    ],
  },
  {
    name: 'products over an inner dimension of 0 are 0',
    inputs: [list([], [2, 0]), list([], [0, 3])],
    compute: ([a, b]) => ops.matMul(a as Tensor, b as Tensor),
  },
  {
    name: 'every kind of operation on zero-size tensors',
    inputs: [list([], [2, 0, 3])],
    compute: ([x]) => {
      const t = x as Tensor;
      return [
        ops.add(t, t),
        ops.exp(t),
        ops.where(ops.less(t, 1), t, 0),
        ops.transpose(t, [2, 0, 1]),
        ops.reshape(t, [0, 6]),
        ops.concat([t, t], 1),
        ops.pad(t, [0, 1, 0], [0, 0, 0], 2),
        ops.cumsum(t, 2),
        ops.argSort(t, 2),
        ops.mean(t),
        ops.reverse(t),
        ops.cast(t, 'int32'),
      ];
    },
  },
];

const unboundedPoints = [1e4, -1e4, 700, -700, 88.8, -88.8, 20, -20, 1, 0, -1];

/** Value, first and second derivative of an elementwise function. */
function threeOrders(f: (x: Tensor) => Tensor): (inputs: readonly Tensor[]) => Tensor[] {
  const first = (x: Tensor): Tensor => ops.grad((t: Tensor) => ops.sum(f(t)))(x);
  const second = (x: Tensor): Tensor => ops.grad((t: Tensor) => ops.sum(first(t)))(x);
  return ([x]) => [f(x as Tensor), first(x as Tensor), second(x as Tensor)];
}

const derivatives: readonly Trap[] = [
  ...Object.entries({ softplus: ops.softplus, sigmoid: ops.sigmoid, logSigmoid: ops.logSigmoid }).map(
    ([name, f]: [string, (x: Tensor) => Tensor]): Trap => ({
      name: `${name} and its first two derivatives at ±1e4`,
      inputs: [list(unboundedPoints)],
      compute: threeOrders(f),
    }),
  ),
  {
    name: 'logSumExp and its first two derivatives at ±1e4',
    inputs: [list([1e4, 1e4, -1e4, -1e4, 1e4, -1e4, 0, 3, -5], [3, 3])],
    compute: threeOrders((x) => ops.logSumExp(x, 1)),
  },
  {
    name: 'softmax and logSoftmax of logits around ±1e4 keep their digits, derivatives too',
    inputs: [list([1e4, 1e4 + 1, 1e4 - 2, -1e4, -1e4, -1e4 + 0.5], [2, 3])],
    compute: ([x]) => [
      threeOrders((t) => ops.square(ops.softmax(t)))([x as Tensor]),
      threeOrders((t) => ops.sin(ops.logSoftmax(t)))([x as Tensor]),
    ],
  },
  {
    name: 'second derivative of silu, x sigmoid(x), by nested gradients',
    inputs: [list([2, -1, 0.5, 0])],
    compute: threeOrders((x) => ops.mul(x, ops.sigmoid(x))),
  },
  {
    name: 'nested gradients through exp, tanh, sqrt, softmax and elu, which reuse their output',
    inputs: [list([0.5, 1.5, -0.75, 2])],
    compute: ([x]) => [
      threeOrders((t) => ops.exp(ops.tanh(t)))([x as Tensor]),
      threeOrders((t) => ops.sqrt(ops.exp(t)))([x as Tensor]),
      threeOrders((t) => ops.square(ops.softmax(t)))([x as Tensor]),
      threeOrders((t) => ops.where(ops.greater(t, 0), t, ops.expm1(t)))([x as Tensor]),
    ],
  },
  {
    name: 'derivative of where(greater(x, 0), x², −x), and of comparisons',
    inputs: [list([-2, -0.5, 0, 0.5, 3])],
    compute: threeOrders((x) =>
      ops.add(ops.where(ops.greater(x, 0), ops.square(x), ops.neg(x)), ops.cast(ops.less(x, 1), 'float32')),
    ),
  },
  {
    name: 'the branch of where that is not taken may be NaN',
    inputs: [list([-1, 0, 4])],
    compute: ([x]) => {
      const safe = (t: Tensor): Tensor => ops.where(ops.greater(t, 0), ops.sqrt(ops.where(ops.greater(t, 0), t, 1)), 0);
      return threeOrders(safe)([x as Tensor]);
    },
  },
];

const bytes = (shape: readonly number[]): HostArray => ({
  shape,
  dtype: 'bool',
  values: Array.from({ length: ops.sizeOf(shape) }, (_, i) => ((i * 7) % 3) & 1),
});

const integers = (shape: readonly number[]): HostArray => ({
  shape,
  dtype: 'int32',
  values: Array.from({ length: ops.sizeOf(shape) }, (_, i) => ((i * 37) % 23) - 11),
});

const reuse: readonly Trap[] = [
  {
    name: 'one tensor as the second factor of products under several shapes',
    inputs: [wave([2, 6]), wave([1, 2]), wave([1, 6]), wave([4, 3])],
    compute: ([b, two, six, four]) => {
      const [x, tall] = [b as Tensor, ops.reshape(b as Tensor, [6, 2])];
      return [
        ops.matMul(two as Tensor, x),
        ops.matMul(six as Tensor, tall),
        ops.matMul(four as Tensor, ops.reshape(x, [3, 4])),
        ops.matMul(two as Tensor, x),
        ops.sum(x, 0),
        ops.sum(tall, 0),
      ];
    },
    additive: true,
  },
  {
    name: 'one tensor as the kernel of convolutions under several shapes and geometries',
    inputs: [wave([2, 2, 3, 4]), wave([1, 6, 6, 3]), wave([1, 6, 6, 6])],
    compute: ([kernel, three, six]) => {
      const turned = ops.reshape(kernel as Tensor, [2, 1, 6, 4]);
      return [
        ops.conv2d(three as Tensor, kernel as Tensor),
        ops.conv2d(six as Tensor, turned, { padding: 'same' }),
        ops.conv2d(three as Tensor, kernel as Tensor, { strides: [2, 1], kernelDilation: [1, 3] }),
        ops.conv2d(six as Tensor, turned, {
          inputDilation: [2, 2],
          padding: [
            [-1, 2],
            [1, 0],
          ],
        }),
        ops.conv2d(three as Tensor, ops.reshape(kernel as Tensor, [4, 1, 3, 4])),
      ];
    },
    additive: true,
  },
  {
    name: 'running sums of several lengths, forwards and backwards',
    inputs: [wave([1]), wave([5]), wave([3, 7])],
    compute: (all) =>
      all.flatMap((x) =>
        [false, true].flatMap((exclusive) => [false, true].map((reverse) => ops.cumsum(x, 0, { exclusive, reverse }))),
      ),
    additive: true,
  },
];

const types: readonly Trap[] = [
  {
    name: 'where, reverse, transpose, pad and gather of bool tensors stay within their bytes',
    inputs: [bytes([33]), bytes([33]), bytes([33]), bytes([3, 5, 2])],
    compute: ([c, a, b, deep3]) => [
      ops.where(c as Tensor, a as Tensor, b as Tensor),
      ops.reverse(a as Tensor),
      ops.transpose(deep3 as Tensor, [2, 0, 1]),
      ops.pad(deep3 as Tensor, [1, 0, 0], [0, 0, 1]),
      ops.gather(deep3 as Tensor, ops.tensor([4, 0, 4], [3], 'int32'), 1),
      ops.logicalNot(b as Tensor),
    ],
  },
  {
    name: 'int32 tensors: transpose, sum and max over a middle axis, argMax, gather, cumsum, where',
    inputs: [integers([3, 4, 5])],
    compute: ([x]) => {
      const t = x as Tensor;
      return [
        ops.transpose(t, [2, 0, 1]),
        ops.sum(t, 1),
        ops.max(t, 1),
        ops.argMax(t, 1),
        ops.gather(t, ops.tensor([2, 2], [2], 'int32'), 1),
        ops.cumsum(t, 1),
        ops.where(ops.greater(t, 0), t, ops.neg(t)),
        ops.cast(ops.mul(t, t), 'float32'),
      ];
    },
  },
  {
    name: 'sums of many values do not drift',
    inputs: [
      { shape: [100_000], dtype: 'float32', values: Array.from({ length: 100_000 }, (_, i) => 1 + (i % 8) / 8) },
    ],
    compute: ([x]) => [ops.sum(x as Tensor), ops.sum(ops.reshape(x as Tensor, [50_000, 2]), 0)],
  },
];

const draws: readonly Trap[] = [
  {
    name: 'seed 0 is a seed like any other',
    inputs: [],
    compute: () => [ops.uniform(ops.key(0), [5]), ops.uniform(ops.key(0), [5]), ops.randomBits(ops.key(0), [5])],
  },
];

/** NaN and infinities go through; only for backends that keep them apart. */
export const specialTraps: readonly Trap[] = [
  {
    name: 'NaN comes through arithmetic, sums, extrema, products and relu',
    inputs: [list([1, Number.NaN, 3, 4], [2, 2]), list([1, 2, 3, 4], [2, 2])],
    compute: ([x, y]) => {
      const [a, b] = [x as Tensor, y as Tensor];
      return [
        ops.add(a, b),
        ops.mul(a, 0),
        ops.maximum(a, b),
        ops.minimum(b, a),
        ops.max(a, 1),
        ops.min(a, 0),
        ops.sum(a, 0),
        ops.matMul(a, b),
        ops.relu(a),
        ops.clip(a, 0, 1),
        ops.softplus(a),
        ops.sigmoid(a),
        ops.logSumExp(a, 1),
        ops.where(ops.greater(b, 3.5), b, a),
      ];
    },
  },
  {
    name: 'comparisons with NaN are false, except ≠',
    inputs: [list([Number.NaN, 1]), list([Number.NaN, Number.NaN])],
    compute: ([a, b]) =>
      [ops.equal, ops.notEqual, ops.less, ops.lessEqual, ops.greater, ops.greaterEqual].map((f) =>
        f(a as Tensor, b as Tensor),
      ),
  },
  {
    name: '0 / 0 and ∞ / ∞ are NaN, and the sign of NaN is NaN',
    inputs: [list([0, Number.POSITIVE_INFINITY, 3]), list([Number.NaN, -2, 0])],
    compute: ([x, y]) => [ops.div(x as Tensor, x as Tensor), ops.sign(y as Tensor)],
  },
  {
    name: 'infinities: logSumExp, softplus, division by ±0, 0 × ∞',
    inputs: [
      list([Number.NEGATIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], [2, 2]),
      list([0, -0, 2]),
    ],
    compute: ([x, y]) => [
      ops.logSumExp(x as Tensor, 1),
      ops.softplus(x as Tensor),
      ops.sigmoid(x as Tensor),
      ops.div(1, y as Tensor),
      ops.mul(ops.div(1, y as Tensor), y as Tensor),
    ],
  },
];

/** Things that some backend once got wrong, on finite numbers. */
export const traps: readonly Trap[] = [...matrices, ...ranks, ...empties, ...derivatives, ...reuse, ...types, ...draws];
