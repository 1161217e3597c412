import {
  add,
  div,
  max,
  maximum,
  mean,
  mul,
  pad,
  reshape,
  ShapeError,
  slice,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { checkedPair, checkImages, type Sizes, showShape } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';
import { checkPadding, type Padding, paddingOf } from './padding.js';

/** The geometry of a pooling layer. */
export interface PoolOptions {
  /** The size of the window: one number for a square, or height and width. */
  readonly window: Sizes;
  /** Steps of the window; the window's own size unless given, so that windows do not overlap. */
  readonly strides?: Sizes;
  /** How the window meets the border; `valid` unless given. Padding never counts: no maximum, no part of a mean. */
  readonly padding?: Padding;
}

/** How one axis is pooled. */
interface AxisPlan {
  readonly window: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  readonly outputs: number;
}

function planAxis(where: string, x: Tensor, axis: 0 | 1, window: number, stride: number, padding: Padding): AxisPlan {
  const length = x.shape[axis + 1] as number;
  const [before, after] = paddingOf(padding, axis, length, window, stride);
  if (before >= window || after >= window || length + before + after < window)
    throw new ShapeError(
      `${where}: a window of ${window} must fit an axis of ${length} padded by ${before} and ${after}, and reach a pixel everywhere, got ${showShape(x.shape)}. Make the window or the padding smaller.`,
    );
  return { window, stride, before, after, outputs: Math.floor((length + before + after - window) / stride) + 1 };
}

/** Every `stride`-th position of an axis, from `begin` on. */
function every(x: Tensor, axis: number, begin: number, stride: number, count: number): Tensor {
  const at = (value: number) => x.shape.map((_, i) => (i === axis ? value : 0));
  const take = (y: Tensor, from: number, length: number, on = axis) =>
    slice(
      y,
      y.shape.map((_, i) => (i === on ? from : 0)),
      y.shape.map((whole, i) => (i === on ? length : whole)),
    );
  if (stride === 1) return take(x, begin, count);
  const missing = Math.max(0, begin + count * stride - (x.shape[axis] as number));
  const run = take(pad(x, at(0), at(missing)), begin, count * stride);
  const split = reshape(run, [...x.shape.slice(0, axis), count, stride, ...x.shape.slice(axis + 1)]);
  return reshape(take(split, 0, 1, axis + 1), [...x.shape.slice(0, axis), count, ...x.shape.slice(axis + 1)]);
}

/** Combines the positions of each window along one axis. */
function poolAxis(
  x: Tensor,
  axis: number,
  plan: AxisPlan,
  combine: (a: Tensor, b: Tensor) => Tensor,
  border: number,
): Tensor {
  const at = (value: number) => x.shape.map((_, i) => (i === axis ? value : 0));
  const padded = pad(x, at(plan.before), at(plan.after), border);
  const positions = Array.from({ length: plan.window }, (_, i) => every(padded, axis, i, plan.stride, plan.outputs));
  return positions.reduce(combine);
}

/** Whether windows lie side by side and fill the image, so that reshaping makes axes of them. */
function isTiling({ window, stride, before, after, outputs }: AxisPlan, length: number): boolean {
  return window === stride && before === 0 && after === 0 && outputs * window === length;
}

/** How many pixels of the image each window of an axis sees. */
function countsOf({ window, stride, before, outputs }: AxisPlan, length: number): number[] {
  return Array.from({ length: outputs }, (_, i) => {
    const begin = i * stride - before;
    return Math.min(begin + window, length) - Math.max(begin, 0);
  });
}

/** What each window gives, as the reduction of tiles and as the combination of single positions. */
interface Pooling {
  readonly where: string;
  readonly tiles: (x: Tensor, axes: readonly number[]) => Tensor;
  readonly combine: (a: Tensor, b: Tensor) => Tensor;
  readonly border: number;
  readonly finish: (combined: Tensor, plans: readonly [AxisPlan, AxisPlan], x: Tensor) => Tensor;
}

function pool({ where, tiles, combine, border, finish }: Pooling, options: PoolOptions): Layer<null> {
  const window = checkedPair(where, 'window', options.window);
  const strides = checkedPair(where, 'strides', options.strides ?? window);
  const { padding = 'valid' } = options;
  checkPadding(where, padding);
  return defineLayer<null>({
    init: () => null,
    apply: (_, x) => {
      checkImages(where, x);
      const [n, height, width, channels] = x.shape as readonly [number, number, number, number];
      const rows = planAxis(where, x, 0, window[0], strides[0], padding);
      const columns = planAxis(where, x, 1, window[1], strides[1], padding);
      if (isTiling(rows, height) && isTiling(columns, width))
        return tiles(reshape(x, [n, rows.outputs, window[0], columns.outputs, window[1], channels]), [2, 4]);
      const combined = poolAxis(poolAxis(x, 1, rows, combine, border), 2, columns, combine, border);
      return finish(combined, [rows, columns], x);
    },
  });
}

/** Divides sums by how many pixels of the image each window saw. */
function divideByCounts(sums: Tensor, [rows, columns]: readonly [AxisPlan, AxisPlan], x: Tensor): Tensor {
  const across = countsOf(columns, x.shape[2] as number);
  const counts = countsOf(rows, x.shape[1] as number).map((down) => across.map((n) => [down * n]));
  const [[[first = 1] = []] = []] = counts;
  return counts.flat(2).every((n) => n === first) ? mul(sums, 1 / first) : div(sums, tensor(counts));
}

/**
 * Average pooling: the mean of each window, channel by channel. Pixels of the padding do not count, as with PyTorch's
 * `count_include_pad=False`.
 *
 * @param options - Window, strides, padding.
 * @returns A layer from `[n, height, width, channels]` to `[n, height', width', channels]`, without parameters.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the window does not fit.
 *
 * @example
 * ```ts
 * averagePool({ window: 2 }).apply(null, zeros([10, 28, 28, 8])); // [10, 14, 14, 8]
 * ```
 * @see LeCun et al., "Gradient-based learning applied to document recognition", 1998, https://doi.org/10.1109/5.726791
 */
export function averagePool(options: PoolOptions): Layer<null> {
  return pool({ where: 'averagePool', tiles: mean, combine: add, border: 0, finish: divideByCounts }, options);
}

/**
 * Max pooling: the largest value of each window, channel by channel. Values that tie for it share the derivative (PyTorch gives it
 * to the first one). It has no second derivative; an energy that is smooth in its states takes `averagePool`.
 *
 * @param options - Window, strides, padding.
 * @returns A layer from `[n, height, width, channels]` to `[n, height', width', channels]`, without parameters.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the window does not fit.
 *
 * @example
 * ```ts
 * maxPool({ window: 3, strides: 2, padding: 'same' }).apply(null, zeros([10, 28, 28, 8])); // [10, 14, 14, 8]
 * ```
 * @see Scherer, Müller and Behnke, "Evaluation of pooling operations in convolutional architectures", 2010, https://doi.org/10.1007/978-3-642-15825-4_10
 */
export function maxPool(options: PoolOptions): Layer<null> {
  const border = Number.NEGATIVE_INFINITY;
  return pool({ where: 'maxPool', tiles: max, combine: maximum, border, finish: (x) => x }, options);
}

/**
 * The mean over all pixels, channel by channel: makes features of images of any size.
 *
 * @returns A layer from `[n, height, width, channels]` to `[n, channels]`, without parameters.
 *
 * @example
 * ```ts
 * globalAveragePool().apply(null, zeros([10, 7, 7, 64])); // [10, 64]
 * ```
 * @see Lin, Chen and Yan, "Network in network", 2014, https://arxiv.org/abs/1312.4400
 */
export function globalAveragePool(): Layer<null> {
  return defineLayer<null>({
    init: () => null,
    apply: (_, x) => {
      checkImages('globalAveragePool', x);
      return mean(x, [1, 2]);
    },
  });
}
