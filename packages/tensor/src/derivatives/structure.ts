import { type ConvolutionAttributes, dilatedLength, type Pair } from '../convolution-geometry.js';
import { div, equal, mul } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { conv2d } from '../ops/convolution.js';
import { cumsum, gather, scatterAdd } from '../ops/indexing.js';
import { broadcastTo, pad, reshape, reverse, slice, transpose } from '../ops/manipulation.js';
import { matMul } from '../ops/matmul.js';
import { restoreAxes, sum, sumTo } from '../ops/reduction.js';
import type { Derivative, DerivativeContext } from '../primitive.js';
import { sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';

const first = ({ inputs }: DerivativeContext): Tensor => inputs[0] as Tensor;

/** Of `max` and `min`: the tied extremes share the cotangent equally. */
const extremum: Derivative = (cotangent, context) => {
  const x = first(context);
  const { axes } = context.attributes as { axes: readonly number[] };
  const hits = cast(equal(x, restoreAxes(context.output, x.shape, axes)), 'float32');
  const shared = div(cotangent, sum(hits, axes));
  return mul(hits, restoreAxes(shared, x.shape, axes));
};

const matMulRule: Derivative = (cotangent, { inputs, attributes }, index) => {
  const [a, b] = inputs as readonly [Tensor, Tensor];
  const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
  if (index === 0)
    return transposeA
      ? matMul(b, cotangent, { transposeA: transposeB, transposeB: true })
      : matMul(cotangent, b, { transposeB: !transposeB });
  return transposeB
    ? matMul(cotangent, a, { transposeA: true, transposeB: transposeA })
    : matMul(a, cotangent, { transposeA: !transposeA });
};

/** With respect to the images: a convolution of the dilated cotangent with the turned kernel. */
function convImages(cotangent: Tensor, x: Tensor, kernel: Tensor, attributes: ConvolutionAttributes): Tensor {
  const { strides, padding, inputDilation, kernelDilation } = attributes;
  const padFor = (axis: 0 | 1): Pair => {
    const taps = dilatedLength(kernel.shape[axis] as number, kernelDilation[axis]);
    const before = taps - 1 - padding[axis][0];
    const length = dilatedLength(cotangent.shape[axis + 1] as number, strides[axis]);
    return [before, dilatedLength(x.shape[axis + 1] as number, inputDilation[axis]) - length - before + taps - 1];
  };
  return conv2d(cotangent, transpose(reverse(kernel, [0, 1]), [0, 1, 3, 2]), {
    strides: inputDilation,
    padding: [padFor(0), padFor(1)],
    inputDilation: strides,
    kernelDilation,
  });
}

/** With respect to the kernel: a convolution of the images with the cotangent, in which batch and channels change places. */
function convKernel(cotangent: Tensor, x: Tensor, kernel: Tensor, attributes: ConvolutionAttributes): Tensor {
  const { strides, padding, inputDilation, kernelDilation } = attributes;
  const padFor = (axis: 0 | 1): Pair => {
    const taps = dilatedLength(kernel.shape[axis] as number, kernelDilation[axis]);
    const window = dilatedLength(cotangent.shape[axis + 1] as number, strides[axis]);
    return [
      padding[axis][0],
      taps + window - dilatedLength(x.shape[axis + 1] as number, inputDilation[axis]) - padding[axis][0] - 1,
    ];
  };
  const product = conv2d(transpose(x, [3, 1, 2, 0]), transpose(cotangent, [1, 2, 0, 3]), {
    strides: kernelDilation,
    padding: [padFor(0), padFor(1)],
    inputDilation,
    kernelDilation: strides,
  });
  return transpose(product, [1, 2, 0, 3]);
}

const convRule: Derivative = (cotangent, { inputs, attributes }, index) => {
  const [x, kernel] = inputs as readonly [Tensor, Tensor];
  const empty = [x, kernel, cotangent].some(({ shape }) => sizeOf(shape) === 0);
  if (empty) return mul(index === 0 ? x : kernel, 0);
  return (index === 0 ? convImages : convKernel)(cotangent, x, kernel, attributes as ConvolutionAttributes);
};

/** The adjoint of `gather`: bring the axis to the front, scatter, and put it back. */
const gatherRule: Derivative = (cotangent, { inputs, attributes }) => {
  const [x, indices] = inputs as readonly [Tensor, Tensor];
  const { axis } = attributes as { axis: number };
  const picked = indices.shape.length;
  const rank = cotangent.shape.length;
  const lead = Array.from({ length: picked }, (_, i) => axis + i);
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => !lead.includes(i));
  const scattered = scatterAdd(indices, transpose(cotangent, [...lead, ...others]), x.shape[axis] as number);
  const back = x.shape.map((_, i) => (i < axis ? i + 1 : i === axis ? 0 : i));
  return transpose(scattered, back);
};

/** Rules of operations that move, add up or multiply out elements. */
export const structureDerivatives: Readonly<Record<string, Derivative>> = {
  reshape: (cotangent, context) => reshape(cotangent, first(context).shape),
  transpose: (cotangent, { attributes }) => {
    const { permutation } = attributes as { permutation: readonly number[] };
    return transpose(
      cotangent,
      permutation.map((_, i) => permutation.indexOf(i)),
    );
  },
  broadcastTo: (cotangent, context) => sumTo(cotangent, first(context).shape),
  slice: (cotangent, context) => {
    const { begin, size } = context.attributes as { begin: readonly number[]; size: readonly number[] };
    const after = first(context).shape.map((length, axis) => length - (begin[axis] as number) - (size[axis] as number));
    return pad(cotangent, begin, after);
  },
  pad: (cotangent, context) =>
    slice(cotangent, (context.attributes as { before: readonly number[] }).before, first(context).shape),
  concat: (cotangent, { inputs, attributes }, index) => {
    const { axis } = attributes as { axis: number };
    const parts = inputs as readonly Tensor[];
    const offset = parts.slice(0, index).reduce((total, { shape }) => total + (shape[axis] as number), 0);
    return slice(
      cotangent,
      cotangent.shape.map((_, i) => (i === axis ? offset : 0)),
      (parts[index] as Tensor).shape,
    );
  },
  reverse: (cotangent, { attributes }) => reverse(cotangent, (attributes as { axes: readonly number[] }).axes),
  sum: (cotangent, context) => {
    const { shape } = first(context);
    return broadcastTo(restoreAxes(cotangent, shape, (context.attributes as { axes: readonly number[] }).axes), shape);
  },
  max: extremum,
  min: extremum,
  matMul: matMulRule,
  conv2d: convRule,
  gather: gatherRule,
  scatterAdd: (cotangent, { inputs }) => gather(cotangent, inputs[0] as Tensor),
  cumsum: (cotangent, { attributes }) => {
    const { axis, exclusive, reverse: reversed } = attributes as { axis: number; exclusive: boolean; reverse: boolean };
    return cumsum(cotangent, axis, { exclusive, reverse: !reversed });
  },
};
