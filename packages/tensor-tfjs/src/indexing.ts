import { type BackendInput, sizeOf } from '@ebmkit/tensor';
import { operand } from './device.js';
import { filled, type Kernel } from './kernel.js';
import { sequence } from './structure.js';

type TensorInput = BackendInput & { kind: 'tensor' };

const gather: Kernel = (device, [x, indices], { axis }) => {
  const [source, positions] = [x as TensorInput, indices as TensorInput];
  const at = axis as number;
  const { shape } = source;
  return device.call(
    'GatherV2',
    {
      x: operand(device, source, [sizeOf(shape.slice(0, at)), shape[at] as number, sizeOf(shape.slice(at + 1))]),
      indices: operand(device, positions, [sizeOf(positions.shape)]),
    },
    { axis: 1, batchDims: 0 },
  );
};

const scatterAdd: Kernel = (device, [indices, updates], _, output) => {
  const [positions, values] = [indices as TensorInput, updates as TensorInput];
  const rows = sizeOf(positions.shape);
  if (rows === 0) return filled(device, output.shape, 0, output.dtype);
  const width = sizeOf(output.shape.slice(1));
  return device.call(
    'ScatterNd',
    { indices: operand(device, positions, [rows, 1]), updates: operand(device, values, [rows, width]) },
    { shape: [output.shape[0], width] },
  );
};

/** Primitives that address elements by position. */
export const indexingKernels: Readonly<Record<string, Kernel>> = {
  gather,
  scatterAdd,
  iota: (device, _, { length, dtype }) => sequence(device, length as number, dtype as 'int32' | 'float32'),
};
