import { type BackendInput, sizeOf } from '@ebmkit/tensor';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { toFloat } from './arithmetic.js';
import { type Device, operand } from './device.js';
import { filled, type Kernel } from './kernel.js';
import { transposed } from './transposition.js';

type TensorInput = BackendInput & { kind: 'tensor' };

/** A factor as float32 of shape `[batch, rows, columns]`, transposed explicitly when asked. */
function factor(device: Device, input: TensorInput, isTransposed: boolean): TensorInfo {
  const [rows, columns] = input.shape.slice(-2) as [number, number];
  const batch = sizeOf(input.shape.slice(0, -2));
  const info = operand(device, input, batch === 1 ? [rows, columns] : [batch, rows, columns]);
  const x = info.dtype === 'float32' ? info : toFloat(device, info);
  if (!isTransposed) return device.view(x, [batch, rows, columns]);
  return device.view(transposed(device, x, batch === 1 ? [1, 0] : [0, 2, 1]), [batch, columns, rows]);
}

/** The shape under which a tensor was last the second factor of a product of the wasm backend. */
const packed = new WeakMap<object, string>();

/**
 * The wasm backend keeps the packed form of a second factor under its data, whatever the shape, and aborts when the same
 * data come with another shape. Then a copy is the factor.
 */
function fresh(device: Device, b: TensorInfo): TensorInfo {
  if (device.name !== 'wasm') return b;
  const shape = b.shape.join();
  const known = packed.get(b.dataId);
  if (known === undefined) packed.set(b.dataId, shape);
  return known === undefined || known === shape ? b : device.call('Cast', { x: b }, { dtype: 'float32' });
}

/** The matrix product; never through the kernels' own transposition, which is slow and, fused, wrong on wasm. */
const matMul: Kernel = (device, [left, right], attributes, output) => {
  const { transposeA, transposeB } = attributes as { transposeA: boolean; transposeB: boolean };
  const [a, b] = [left as TensorInput, right as TensorInput];
  if (sizeOf(a.shape) === 0 || sizeOf(b.shape) === 0) return filled(device, output.shape, 0, 'float32');
  return product(device, factor(device, a, transposeA), factor(device, b, transposeB));
};

/** The product of `[batch, m, k]` and `[batch, k, n]`. */
export function product(device: Device, a: TensorInfo, b: TensorInfo): TensorInfo {
  return device.call('BatchMatMul', { a, b: fresh(device, b) }, { transposeA: false, transposeB: false });
}

/** The matrix product. */
export const productKernels: Readonly<Record<string, Kernel>> = { matMul };
