import { type ConvolutionAttributes, dilatedLength, type Pair } from '../convolution-geometry.js';
import type { TensorType } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { apply } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import { type Shape, showShape } from '../shape.js';
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

function checkPair(name: string, pair: Pair): void {
  if (!pair.every((n) => Number.isInteger(n) && n >= 1))
    throw new ShapeError(`conv2d: ${name} must be two whole numbers of at least 1, got ${showShape(pair)}.`);
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
  const { strides = [1, 1], padding = 'valid', inputDilation = [1, 1], kernelDilation = [1, 1] } = options;
  checkPair('strides', strides);
  checkPair('inputDilation', inputDilation);
  checkPair('kernelDilation', kernelDilation);
  const same = (axis: 0 | 1): Pair =>
    samePadding(
      (x.shape as Shape)[axis + 1] as number,
      kernel.shape[axis] as number,
      strides[axis],
      inputDilation[axis],
      kernelDilation[axis],
    );
  const resolved: readonly [Pair, Pair] =
    padding === 'same'
      ? [same(0), same(1)]
      : padding === 'valid'
        ? [
            [0, 0],
            [0, 0],
          ]
        : padding;
  return apply(convPrimitive, [cast(x, 'float32'), cast(kernel, 'float32')], {
    strides,
    padding: resolved,
    inputDilation,
    kernelDilation,
  });
}
