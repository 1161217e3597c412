import { describe, expect, test } from 'vitest';
import { withBackend } from '../active-backend.js';
import type { Pair } from '../convolution-geometry.js';
import { ShapeError } from '../errors.js';
import { grad } from '../grad.js';
import { reference } from '../reference/reference.js';
import type { Shape } from '../shape.js';
import { sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { mul } from './arithmetic.js';
import { type ConvolutionOptions, conv2d } from './convolution.js';
import { readSync, tensor, zeros } from './creation.js';
import { sum } from './reduction.js';

interface Picture {
  readonly shape: readonly [number, number, number, number];
  readonly values: readonly number[];
}

function wave(shape: Picture['shape'], phase: number): Picture {
  return { shape, values: Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(1.7 * i + phase)) };
}

const at = ({ shape, values }: Picture, ...[a, b, c, d]: readonly [number, number, number, number]): number =>
  values[((a * shape[1] + b) * shape[2] + c) * shape[3] + d] as number;

/** Puts `dilation − 1` zeros between neighbours, then pads with zeros (or crops) each side. */
function spread(x: Picture, [down, right]: Pair, [[top, bottom], [left, end]]: readonly [Pair, Pair]): Picture {
  const [n, height, width, channels] = x.shape;
  const long = (length: number, dilation: number) => (length === 0 ? 0 : (length - 1) * dilation + 1);
  const shape = [n, long(height, down) + top + bottom, long(width, right) + left + end, channels] as const;
  const values: number[] = [];
  for (let a = 0; a < n; a++)
    for (let b = 0; b < shape[1]; b++)
      for (let c = 0; c < shape[2]; c++)
        for (let d = 0; d < channels; d++) {
          const [row, column] = [(b - top) / down, (c - left) / right];
          const isPixel =
            Number.isInteger(row) &&
            Number.isInteger(column) &&
            row >= 0 &&
            row < height &&
            column >= 0 &&
            column < width;
          values.push(isPixel ? at(x, a, row, column, d) : 0);
        }
  return { shape, values };
}

/** The definition, written out: every window times every tap of pictures that are really dilated and padded. */
function naive(x: Picture, kernel: Picture, options: ConvolutionOptions, padding: readonly [Pair, Pair]): Picture {
  const { strides = [1, 1], inputDilation = [1, 1], kernelDilation = [1, 1] } = options;
  const [kh, kw, channels, filters] = kernel.shape;
  const wide = spread(x, inputDilation, padding);
  const reach = [(kh - 1) * kernelDilation[0] + 1, (kw - 1) * kernelDilation[1] + 1] as const;
  const [height, width] = ([1, 2] as const).map((axis) =>
    Math.max(0, Math.floor((wide.shape[axis] - (reach[axis - 1] as number)) / (strides[axis - 1] as number)) + 1),
  ) as [number, number];
  const values: number[] = [];
  for (let n = 0; n < x.shape[0]; n++)
    for (let i = 0; i < height; i++)
      for (let j = 0; j < width; j++)
        for (let f = 0; f < filters; f++) {
          let total = 0;
          for (let a = 0; a < kh; a++)
            for (let b = 0; b < kw; b++)
              for (let c = 0; c < channels; c++)
                total +=
                  at(wide, n, i * strides[0] + a * kernelDilation[0], j * strides[1] + b * kernelDilation[1], c) *
                  at(kernel, a, b, c, f);
          values.push(total);
        }
  return { shape: [x.shape[0], height, width, filters], values };
}

const upload = ({ shape, values }: Picture): Tensor => tensor([...values], shape);
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const oracle = reference({ precision: 'float64' });

const paddings: readonly (readonly [Pair, Pair])[] = [
  [
    [0, 0],
    [0, 0],
  ],
  [
    [1, 2],
    [0, 1],
  ],
  [
    [-1, 1],
    [2, -1],
  ],
];
const pairs: readonly Pair[] = [
  [1, 1],
  [2, 1],
  [1, 3],
];
const geometries = paddings.flatMap((padding) =>
  pairs.flatMap((strides) =>
    pairs.flatMap((inputDilation) =>
      pairs.map((kernelDilation) => ({ padding, strides, inputDilation, kernelDilation })),
    ),
  ),
);

describe('conv2d', () => {
  test('equals the definition for all strides, paddings and dilations', () => {
    withBackend(oracle, () => {
      for (const options of geometries) {
        const [x, kernel] = [wave([2, 5, 6, 2], 0), wave([2, 3, 2, 3], 1)];
        const want = naive(x, kernel, options, options.padding);
        const got = conv2d(upload(x), upload(kernel), options);
        expect(got.shape).toEqual(want.shape);
        numbers(got).forEach((value, i) => {
          expect(Math.abs(value - (want.values[i] as number))).toBeLessThan(1e-12);
        });
      }
    });
  });

  test('has the derivatives of the definition: it is linear in both operands, so they are its adjoints', () => {
    withBackend(oracle, () => {
      for (const options of geometries) {
        const [x, kernel] = [wave([2, 4, 5, 2], 0), wave([3, 2, 2, 2], 1)];
        const { shape } = naive(x, kernel, options, options.padding);
        const weights = wave(shape, 2);
        const loss = ([a, b]: readonly [Tensor, Tensor]) => sum(mul(conv2d(a, b, options), upload(weights)));
        const [images, taps] = grad(loss)([upload(x), upload(kernel)]).map(numbers) as [number[], number[]];
        const change = (which: Picture, index: number): Picture => ({
          shape: which.shape,
          values: which.values.map((_, i) => Number(i === index)),
        });
        const dot = (y: Picture) => y.values.reduce((t, v, i) => t + v * (weights.values[i] as number), 0);
        for (const index of [0, 7, 33, 79])
          expect(images[index]).toBeCloseTo(dot(naive(change(x, index), kernel, options, options.padding)), 11);
        for (const index of [0, 5, 11, 23])
          expect(taps[index]).toBeCloseTo(dot(naive(x, change(kernel, index), options, options.padding)), 11);
      }
    });
  });

  test.each<[string, Shape, Shape, ConvolutionOptions, Shape]>([
    ['same, stride 1', [1, 5, 6, 1], [3, 2, 1, 1], { padding: 'same' }, [1, 5, 6, 1]],
    ['same, stride 2', [1, 5, 6, 1], [3, 3, 1, 1], { padding: 'same', strides: [2, 2] }, [1, 3, 3, 1]],
    ['same, dilated taps', [1, 5, 6, 1], [3, 3, 1, 1], { padding: 'same', kernelDilation: [2, 2] }, [1, 5, 6, 1]],
    ['valid', [1, 5, 6, 1], [3, 3, 1, 4], {}, [1, 3, 4, 4]],
    ['a window larger than the picture', [1, 2, 2, 1], [3, 3, 1, 1], {}, [1, 0, 0, 1]],
    ['no pictures', [0, 5, 5, 2], [3, 3, 2, 1], {}, [0, 3, 3, 1]],
    ['no channels', [1, 5, 5, 0], [3, 3, 0, 2], {}, [1, 3, 3, 2]],
    [
      'no pixels but padding',
      [1, 0, 0, 1],
      [1, 1, 1, 1],
      {
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
      [1, 2, 2, 1],
    ],
    [
      'everything cropped',
      [1, 2, 2, 1],
      [1, 1, 1, 1],
      {
        padding: [
          [-3, 0],
          [0, 0],
        ],
      },
      [1, 0, 2, 1],
    ],
  ])('shape: %s', (_, x, kernel, options, shape) => {
    const y = conv2d(zeros(x), zeros(kernel), options);
    expect([y.shape, numbers(y).length]).toEqual([shape, sizeOf(shape)]);
    const slopes = grad(([a, b]: readonly [Tensor, Tensor]) => sum(conv2d(a, b, options)))([zeros(x), zeros(kernel)]);
    expect(slopes.map((slope) => slope.shape)).toEqual([x, kernel]);
  });

  test('same padding puts the odd pixel at the end', () => {
    const y = conv2d(tensor([1, 2, 3], [1, 1, 3, 1]), tensor([1, 10], [1, 2, 1, 1]), { padding: 'same' });
    expect(numbers(y)).toEqual([21, 32, 3]);
  });

  test('takes bools and integers as numbers', () => {
    expect(numbers(conv2d(tensor([true, false], [1, 1, 2, 1]), tensor([3], [1, 1, 1, 1], 'int32')))).toEqual([3, 0]);
  });

  test.each<[string, Shape, Shape, object, string]>([
    [
      'rank',
      [5, 5, 1],
      [3, 3, 1, 1],
      {},
      'conv2d: expected [batch, height, width, channels] and [height, width, channels, filters], got [5, 5, 1] and [3, 3, 1, 1].',
    ],
    ['channels', [1, 5, 5, 2], [3, 3, 1, 1], {}, 'got [1, 5, 5, 2] and [3, 3, 1, 1].'],
    [
      'a stride of 0',
      [1, 5, 5, 1],
      [3, 3, 1, 1],
      { strides: [0, 1] },
      'conv2d: strides must be two whole numbers of at least 1, got [0,1].',
    ],
    ['one stride', [1, 5, 5, 1], [3, 3, 1, 1], { strides: [1] }, 'conv2d: strides must be two whole numbers'],
    [
      'a dilation of 1.5',
      [1, 5, 5, 1],
      [3, 3, 1, 1],
      { kernelDilation: [1.5, 1] },
      'conv2d: kernelDilation must be two',
    ],
    [
      'a dilation that is a number',
      [1, 5, 5, 1],
      [3, 3, 1, 1],
      { inputDilation: 2 },
      'conv2d: inputDilation must be two',
    ],
    [
      'unknown padding',
      [1, 5, 5, 1],
      [3, 3, 1, 1],
      { padding: 'full' },
      'conv2d: padding must be "same", "valid" or [[top, bottom], [left, right]], got "full".',
    ],
    [
      'padding of numbers',
      [1, 5, 5, 1],
      [3, 3, 1, 1],
      { padding: [1, 1] },
      'conv2d: padding must be two whole numbers, got 1.',
    ],
  ])('refuses %s', (_, x, kernel, options, message) => {
    const run = () => conv2d(zeros(x), zeros(kernel), options);
    expect(run).toThrow(message);
    expect(run).toThrow(ShapeError);
  });
});
