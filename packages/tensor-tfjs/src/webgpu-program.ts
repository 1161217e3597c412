import { type DType, sizeOf, type TensorType } from '@ebmkit/tensor';
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.js';

/** A compute program as the webgpu backend takes it: one invocation for each element of the output. */
interface Program {
  readonly variableNames: readonly string[];
  readonly outputShape: readonly number[];
  readonly workgroupSize: readonly [number, number, number];
  readonly dispatchLayout: { readonly x: readonly number[] };
  /** Written by the backend when it is more than the device takes on one axis. */
  dispatch: readonly [number, number, number];
  readonly size: true;
  readonly shaderKey: string;
  readonly getUserCode: () => string;
}

interface WebgpuStorage extends KernelBackend {
  readonly runWebGPUProgram: (program: Program, inputs: readonly TensorInfo[], dtype: string) => TensorInfo;
}

const threads = 64;

/**
 * Runs a WGSL program of one operand `A`.
 *
 * @param device - The webgpu device.
 * @param key - Names the program: one code per key and ranks.
 * @param code - Functions, and statements that assign `result[index]`.
 * @param x - The operand.
 * @param output - The type of the result.
 */
export function runOnWebgpu(
  device: Device,
  key: string,
  code: { readonly functions?: string; readonly statement: string },
  x: TensorInfo,
  { shape, dtype }: TensorType,
): TensorInfo {
  const program: Program = {
    variableNames: ['A'],
    outputShape: shape,
    workgroupSize: [threads, 1, 1],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(sizeOf(shape) / threads), 1, 1],
    size: true,
    shaderKey: `ebmkit_${key}`,
    getUserCode: () => `
${code.functions ?? ''}
fn main(index : i32) {
  if (index < uniforms.size) { ${code.statement} }
}`,
  };
  return device.scratch((device.storage as WebgpuStorage).runWebGPUProgram(program, [x], dtype));
}

const coordinates = ['x', 'y', 'z', 'w'];

/** Permutes two to four axes; the Transpose kernel does not compile for int32 and bool. */
export function transposeOnWebgpu(device: Device, x: TensorInfo, permutation: readonly number[]): TensorInfo {
  const rank = permutation.length;
  const source = permutation.map((_, axis) => `coords.${coordinates[permutation.indexOf(axis)]}`);
  const statement = `
    let coords = getCoordsFromIndex(index);
    result[index] = A[getIndexFromCoords${rank}D(vec${rank}<i32>(${source.join(', ')}), uniforms.aShape)];`;
  const shape = permutation.map((axis) => x.shape[axis] as number);
  const output = { shape, dtype: x.dtype as DType };
  return runOnWebgpu(device, `transpose_${permutation.join('_')}`, { statement }, x, output);
}

/** Numbers as floats in a buffer of floats; the Cast kernel leaves integers in place under the name of float32. */
export function floatsOnWebgpu(device: Device, x: TensorInfo): TensorInfo {
  const shape = [sizeOf(x.shape)];
  const flat = device.view(x, shape);
  const floats = runOnWebgpu(device, 'floats', { statement: 'result[index] = f32(A[index]);' }, flat, {
    shape,
    dtype: 'float32',
  });
  return device.view(floats, x.shape);
}
