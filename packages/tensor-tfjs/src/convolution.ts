import { type BackendInput, type ConvolutionAttributes, type Pair, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Device, operand } from './device.js';
import { filled, type Kernel } from './kernel.js';

type TensorInput = BackendInput & { kind: 'tensor' };

/** Puts `gap − 1` zeros after every pixel along the axis of length `length` in `[before, length, after]`. */
function interleave(device: Device, x: TensorInfo, axis: 1 | 2, gap: number): TensorInfo {
  const { shape } = x;
  const [before, length] = [sizeOf(shape.slice(0, axis)), shape[axis] as number];
  const after = sizeOf(shape.slice(axis + 1));
  const paddings = [
    [0, 0],
    [0, gap - 1],
    [0, 0],
  ];
  const wide = device.call('PadV2', { x: device.view(x, [before * length, 1, after]) }, { paddings, constantValue: 0 });
  return device.view(
    wide,
    shape.map((n, i) => (i === axis ? n * gap : n)),
  );
}

/** One spatial axis once the input is dilated: what to cut out, and what padding is left. */
interface Window {
  readonly begin: number;
  readonly size: number;
  readonly padding: Pair;
}

/** Splits padding, negative where it crops, into a cut and what is left; `extra` zeros already stand at the end. */
function windowOf(length: number, [before, after]: Pair, extra: number): Window {
  const begin = Math.max(0, -before);
  const end = Math.min(length, length + after - extra);
  const size = Math.max(0, end - begin);
  return { begin, size, padding: [Math.max(0, before), Math.max(0, after - extra)] };
}

/** The input with its gaps and crops made, and the padding that remains; undefined when only zeros are left. */
function prepare(
  device: Device,
  x: TensorInfo,
  { padding, inputDilation }: ConvolutionAttributes,
): { readonly x: TensorInfo; readonly padding: readonly [Pair, Pair] } | undefined {
  let value = x;
  for (const axis of [1, 2] as const)
    if (inputDilation[axis - 1] !== 1) value = interleave(device, value, axis, inputDilation[axis - 1] as number);
  const [rows, columns] = [0, 1].map((axis) =>
    windowOf(value.shape[axis + 1] as number, padding[axis] as Pair, (inputDilation[axis] as number) - 1),
  ) as [Window, Window];
  if (rows.size === 0 || columns.size === 0) return undefined;
  const [batch, height, width, channels] = value.shape as [number, number, number, number];
  if (rows.size !== height || columns.size !== width)
    value = device.call(
      'Slice',
      { x: value },
      { begin: [0, rows.begin, columns.begin, 0], size: [batch, rows.size, columns.size, channels] },
    );
  return { x: value, padding: [rows.padding, columns.padding] };
}

/** Convolution with both dilations, strides and any padding, from the forward kernel alone. */
const conv2d: Kernel = (device, [images, kernel], attributes, output) => {
  const [x, filter] = [images as TensorInput, kernel as TensorInput];
  const geometry = attributes as unknown as ConvolutionAttributes;
  const zeros = (): TensorInfo => filled(device, output.shape, 0, 'float32');
  if (sizeOf(x.shape) === 0 || sizeOf(filter.shape) === 0) return zeros();
  const prepared = prepare(device, operand(device, x), geometry);
  if (!prepared) return zeros();
  const { strides, kernelDilation } = geometry;
  return device.call(
    'Conv2D',
    { x: prepared.x, filter: operand(device, filter) },
    {
      strides: [...strides],
      pad: [[0, 0], ...prepared.padding.map((pair) => [...pair]), [0, 0]],
      dilations: [...kernelDilation],
      dataFormat: 'NHWC',
      dimRoundingMode: 'floor',
    },
  );
};

/** Convolution. */
export const convolutionKernels: Readonly<Record<string, Kernel>> = { conv2d };
