import { type ConvolutionAttributes, dilatedLength, type Pair } from '../convolution-geometry.js';
import type { TensorType } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { apply } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import { showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { checkTensor } from './operands.js';

/** The geometry of a convolution. */
export interface ConvolutionOptions {
  /** Steps of the window; 1 unless given. */
  readonly strides?: Pair;
  /** `same` (output size is input size / stride, rounded up), `valid` (none, the default), or explicit `[[top, bottom], [left, right]]`; negative crops. */
  readonly padding?: 'same' | 'valid' | readonly [Pair, Pair];
  /** Spacing of the input's pixels (a transposed convolution); 1 unless given. */
  readonly inputDilation?: Pair;
  /** Spacing of the kernel's taps (an atrous convolution); 1 unless given. */
  readonly kernelDilation?: Pair;
}

/** How many windows fit on one spatial axis. */
function outputLength(
  input: number,
  kernel: number,
  { strides, padding, inputDilation, kernelDilation }: ConvolutionAttributes,
  axis: 0 | 1,
): number {
  const room =
    dilatedLength(input, inputDilation[axis]) +
    padding[axis][0] +
    padding[axis][1] -
    dilatedLength(kernel, kernelDilation[axis]);
  return Math.max(0, Math.floor(room / strides[axis]) + 1);
}

const convPrimitive: Primitive<ConvolutionAttributes> = {
  name: 'conv2d',
  infer: (types, attributes) => {
    const [x, w] = types as readonly [TensorType, TensorType];
    const [n, height, width] = x.shape as readonly [number, number, number];
    const [kh, kw, , filters] = w.shape as readonly [number, number, number, number];
    return {
      shape: [n, outputLength(height, kh, attributes, 0), outputLength(width, kw, attributes, 1), filters],
      dtype: 'float32',
    };
  },
};

function samePadding(
  input: number,
  kernel: number,
  stride: number,
  inputDilation: number,
  kernelDilation: number,
): Pair {
  const length = dilatedLength(input, inputDilation);
  const total = Math.max(0, (Math.ceil(length / stride) - 1) * stride + dilatedLength(kernel, kernelDilation) - length);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

function checkPair(name: string, pair: Pair, least: number): void {
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((n) => Number.isInteger(n) && n >= least))
    throw new ShapeError(
      `conv2d: ${name} must be two whole numbers${least > 0 ? ` of at least ${least}` : ''}, got ${JSON.stringify(pair)}.`,
    );
}

/** The padding in numbers. */
function resolvePadding(
  padding: ConvolutionOptions['padding'] = 'valid',
  same: (axis: 0 | 1) => Pair,
): readonly [Pair, Pair] {
  if (padding === 'same') return [same(0), same(1)];
  if (padding === 'valid')
    return [
      [0, 0],
      [0, 0],
    ];
  if (!Array.isArray(padding) || padding.length !== 2)
    throw new ShapeError(
      `conv2d: padding must be "same", "valid" or [[top, bottom], [left, right]], got ${JSON.stringify(padding)}.`,
    );
  for (const pair of padding as readonly Pair[]) checkPair('padding', pair, Number.NEGATIVE_INFINITY);
  return padding as readonly [Pair, Pair];
}

/**
 * A two-dimensional convolution (cross-correlation, as in every deep-learning library).
 *
 * @param x - Images, `[batch, height, width, channels]`.
 * @param kernel - `[height, width, channels, filters]`.
 * @param options - Strides, padding and both dilations.
 * @returns `[batch, height', width', filters]`.
 * @throws ShapeError when ranks or channels do not fit.
 * @see Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, arXiv:1603.07285
 */
export function conv2d(x: Tensor, kernel: Tensor, options: ConvolutionOptions = {}): Tensor {
  checkTensor('conv2d', x);
  checkTensor('conv2d', kernel);
  if (x.shape.length !== 4 || kernel.shape.length !== 4 || x.shape[3] !== kernel.shape[2])
    throw new ShapeError(
      `conv2d: expected [batch, height, width, channels] and [height, width, channels, filters], got ${showShape(x.shape)} and ${showShape(kernel.shape)}.`,
    );
  const { strides = [1, 1], inputDilation = [1, 1], kernelDilation = [1, 1] } = options;
  checkPair('strides', strides, 1);
  checkPair('inputDilation', inputDilation, 1);
  checkPair('kernelDilation', kernelDilation, 1);
  const same = (axis: 0 | 1): Pair =>
    samePadding(
      x.shape[axis + 1] as number,
      kernel.shape[axis] as number,
      strides[axis],
      inputDilation[axis],
      kernelDilation[axis],
    );
  return apply(convPrimitive, [cast(x, 'float32'), cast(kernel, 'float32')], {
    strides,
    padding: resolvePadding(options.padding, same),
    inputDilation,
    kernelDilation,
  });
}
