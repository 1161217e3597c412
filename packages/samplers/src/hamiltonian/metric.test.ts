import {
  concat,
  EbmError,
  jit,
  key,
  matMul,
  mul,
  normal,
  readSync,
  reference,
  ShapeError,
  split,
  type Tensor,
  tensor,
  transpose,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { denseMetric, denseMetricFrom, factoriseInverseMass } from './dense-metric.js';
import { diagonalMetric } from './diagonal-metric.js';
import { identityMetric, kineticEnergy, type Metric } from './metric.js';

const inverse = [
  [2, 0.6, -0.3],
  [0.6, 1, 0.2],
  [-0.3, 0.2, 0.5],
];
type Pair = { readonly a: Tensor; readonly b: Tensor };

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits: number): void {
  expect(actual.length).toBe(expected.length);
  Array.from(actual).forEach((v, i) => {
    expect(v).toBeCloseTo(expected[i] as number, digits);
  });
}

describe('metrics, to the letter', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const p = () =>
    tensor([
      [1, -2, 0.5],
      [0.3, 0, 4],
    ]);

  test('a diagonal metric divides by roots and multiplies by inverse masses', () => {
    const metric: Metric<Tensor> = diagonalMetric([4, 0.25, 1]);
    const z = readSync(normal(split(key(3), 1)[0], [2, 3]));
    expectClose(
      readSync(metric.draw(key(3), p())),
      Array.from(z).map((v, i) => v / [2, 0.5, 1][i % 3]!),
      12,
    );
    expectClose(readSync(metric.velocity(p())), [4, -0.5, 0.5, 1.2, 0, 4], 12);
    expectClose(readSync(kineticEnergy(p(), metric.velocity(p()))), [2.625, 8.18], 12);
  });

  test('a dense metric gives velocities M⁻¹ p, and momenta F z with F Fᵀ = M', () => {
    const metric: Metric<Tensor> = denseMetric(inverse);
    expectClose(readSync(metric.velocity(p())), [0.65, -1.3, -0.45, -0.6, 0.98, 1.91], 12);
    const { factor } = factoriseInverseMass('test', inverse);
    const f = tensor(factor, [3, 3]);
    const product = matMul(matMul(f, f, { transposeB: true }), tensor(inverse));
    expectClose(readSync(product), [1, 0, 0, 0, 1, 0, 0, 0, 1], 12);
    const z = normal(split(key(3), 1)[0], [2, 3]);
    expectClose(readSync(metric.draw(key(3), p())), readSync(matMul(z, transpose(f))), 12);
  });

  test('a dense metric flattens trees in the order of their tensors', () => {
    const metric: Metric<Pair> = denseMetric(inverse);
    const { a, b } = metric.velocity({ a: tensor([[1], [0.3]]), b: tensor([[[-2, 0.5]], [[0, 4]]]) });
    expect([a.shape, b.shape]).toEqual([
      [2, 1],
      [2, 1, 2],
    ]);
    expectClose(readSync(a), [0.65, -0.6], 12);
    expectClose(readSync(b), [-1.3, -0.45, 0.98, 1.91], 12);
  });

  test('a diagonal metric takes trees, of events and of chains', () => {
    const momentum = { a: tensor([[1], [0.3]]), b: tensor([[[-2, 0.5]], [[0, 4]]]) };
    const shared = diagonalMetric({ a: tensor([3]), b: tensor([[2, 4]]) }).velocity(momentum);
    expectClose(readSync(shared.b), [-4, 2, 0, 16], 12);
    const own = diagonalMetric({ a: tensor(3), b: tensor([[[1, 1]], [[2, 3]]]) });
    expectClose(readSync(own.velocity(momentum).b), [-2, 0.5, 0, 12], 12);
    expectClose(readSync(own.velocity(momentum).a), [3, 0.9], 12);
    const one: Metric<Pair> = diagonalMetric(4);
    expectClose(readSync(one.velocity(momentum).b), [-8, 2, 0, 16], 12);
  });
});

describe('momenta', () => {
  const count = 40_000;
  const cases: readonly (readonly [string, Metric<Tensor>, readonly number[][]])[] = [
    [
      'of unit masses',
      identityMetric(),
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    [
      'of a diagonal metric',
      diagonalMetric([4, 0.25, 1]),
      [
        [0.25, 0, 0],
        [0, 4, 0],
        [0, 0, 1],
      ],
    ],
    [
      'of a dense metric',
      denseMetric([
        [2, 0.6, 0],
        [0.6, 1, 0],
        [0, 0, 0.5],
      ]),
      [
        [1 / 1.64, -0.6 / 1.64, 0],
        [-0.6 / 1.64, 2 / 1.64, 0],
        [0, 0, 2],
      ],
    ],
  ];
  test.each(cases)('%s have the mass matrix for their covariance', (_, metric, mass) => {
    const p = metric.draw(key(11), zeros([count, 3]));
    const second = readSync(mul(matMul(p, p, { transposeA: true }), 1 / count));
    second.forEach((v, at) => {
      const [i, j] = [Math.floor(at / 3), at % 3];
      const [a, b, c] = [mass[i]?.[i], mass[j]?.[j], mass[i]?.[j]] as [number, number, number];
      expect(Math.abs(v - c)).toBeLessThan(5 * Math.sqrt((a * b + c * c) / count));
    });
  });
});

describe('metrics from tensors', () => {
  test('change without compiling anew', () => {
    let traces = 0;
    const velocity = jit((momentum: Tensor, inverseMass: Tensor, matrix: Tensor) => {
      traces++;
      const dense: Metric<Tensor> = denseMetricFrom({ inverseMass: matrix, factor: matrix });
      return concat([diagonalMetric(inverseMass).velocity(momentum), dense.velocity(momentum)], 1);
    });
    const p = tensor([[1, 2]]);
    const at = (scale: number): number[] =>
      Array.from(
        readSync(
          velocity(
            p,
            tensor([scale, 1]),
            tensor([
              [scale, 0],
              [1, 1],
            ]),
          ),
        ),
      );
    expect(at(3)).toEqual([3, 2, 5, 2]);
    expect(at(5)).toEqual([5, 2, 7, 2]);
    expect(traces).toBe(1);
    velocity.clear();
  });

  test('equal those from numbers', () => {
    const { inverseMass, factor } = factoriseInverseMass('test', inverse);
    const given: Metric<Tensor> = denseMetricFrom({
      inverseMass: tensor(inverseMass, [3, 3]),
      factor: tensor(factor, [3, 3]),
    });
    const made: Metric<Tensor> = denseMetric(inverse);
    const like = zeros([4, 3]);
    expect(readSync(given.draw(key(1), like))).toEqual(readSync(made.draw(key(1), like)));
    const diagonal: Metric<Tensor> = diagonalMetric(new Float64Array([4, 2, 1]));
    expectClose(
      readSync(diagonalMetric(tensor([4, 2, 1])).draw(key(1), like)),
      readSync(diagonal.draw(key(1), like)),
      5,
    );
  });
});

describe('metrics refuse', () => {
  test.each([
    [
      [
        [1, 2],
        [2, 1],
      ],
      /inverseMass must be symmetric and positive definite.*not positive definite at row 1, column 1/,
    ],
    [
      [
        [1, 0.5],
        [0.4, 1],
      ],
      /not symmetric at row 1, column 0/,
    ],
    [
      [
        [1, Number.NaN],
        [Number.NaN, 1],
      ],
      /not symmetric/,
    ],
    [[[Number.POSITIVE_INFINITY]], /not (symmetric|positive definite)/],
    [[[1, 0]], /rows of a square matrix, got 1 rows of 2 numbers/],
    [[], /rows of a square matrix/],
  ])('the matrix %j', (rows, message) => {
    expect(() => denseMetric(rows)).toThrow(message);
    expect(() => denseMetric(rows)).toThrow(EbmError);
  });

  test.each([[[]], [[1, 0]], [[1, -2]], [[Number.NaN]], [0], [Number.POSITIVE_INFINITY]])(
    'the inverse masses %j',
    (inverseMass) => {
      expect(() => diagonalMetric(inverseMass)).toThrow(/diagonalMetric: expected positive inverse masses, got/);
    },
  );

  test('positions of another shape', () => {
    const p = zeros([4, 3]);
    const of = (metric: Metric<Tensor>) => () => metric.velocity(p);
    expect(of(diagonalMetric([1, 2]))).toThrow(/expected 3 inverse masses for positions \[4, 3\], got 2/);
    expect(of(diagonalMetric(tensor([1, 2])))).toThrow(/expected inverse masses \[3\] or \[4, 3\], got \[2\]/);
    expect(of(denseMetric([[1]]))).toThrow(/expected positions of 3|expected positions of 1 numbers/);
    expect(() => denseMetricFrom({ inverseMass: zeros([2, 2]), factor: zeros([2, 3]) })).toThrow(ShapeError);
  });
});
