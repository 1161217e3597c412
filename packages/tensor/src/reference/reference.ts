import type { Backend, BackendInput } from '../backend.js';
import type { DType, TensorType } from '../dtype.js';
import { BackendError } from '../errors.js';
import { sizeOf } from '../shape.js';
import { drawKernels } from './draws.js';
import { elementwiseKernels } from './elementwise.js';
import { productKernels } from './products.js';
import { reductionKernels } from './reduction.js';
import { structureKernels } from './structure.js';
import type { Kernel, Numbers, View } from './view.js';

/** Settings of the reference backend. */
export interface ReferenceOptions {
  /** How `float32` tensors are stored: rounded (the default), or in double precision, as the oracle of other backends. */
  readonly precision?: 'float32' | 'float64';
}

const kernels: Readonly<Record<string, Kernel>> = {
  ...elementwiseKernels,
  ...structureKernels,
  ...reductionKernels,
  ...productKernels,
};

/** Whether the reference backend knows a primitive: the list of all built-in primitives. */
export const primitiveNames: readonly string[] = [...Object.keys(kernels), ...Object.keys(drawKernels)].sort();

/**
 * The backend in plain TypeScript: the oracle of every other backend, the fallback, and what runs until `useBackend` is called.
 * Sums and products accumulate in double precision and are rounded once.
 *
 * @param options - The precision.
 * @returns A new backend; tensors of two reference backends do not mix.
 *
 * @example
 * ```ts
 * await useBackend(reference({ precision: 'float64' }));
 * ```
 */
export function reference(options: ReferenceOptions = {}): Backend {
  const { precision = 'float32' } = options;
  if (precision !== 'float32' && precision !== 'float64')
    throw new BackendError(`reference: precision must be "float32" or "float64", got ${String(precision)}.`);
  const used = { handles: 0, bytes: 0 };

  const allocate = (dtype: DType, size: number): Numbers => {
    if (dtype === 'int32') return new Int32Array(size);
    if (dtype === 'bool') return new Uint8Array(size);
    return precision === 'float64' ? new Float64Array(size) : new Float32Array(size);
  };
  const own = (data: Numbers): Numbers => {
    used.handles++;
    used.bytes += data.byteLength;
    return data;
  };
  const view = (input: BackendInput): View => {
    if (input.kind === 'tensor') return { data: input.handle as Numbers, shape: input.shape, dtype: input.dtype };
    if (input.kind === 'literal') {
      const data = allocate(input.dtype, 1);
      data[0] = input.value;
      return { data, shape: [], dtype: input.dtype };
    }
    throw new BackendError('reference: a key came where a tensor is required.');
  };

  const run: Backend['run'] = (primitive, inputs, attributes, output: TensorType) => {
    const data = allocate(output.dtype, sizeOf(output.shape));
    const draw = drawKernels[primitive];
    const [first] = inputs;
    if (draw && first?.kind === 'key') draw(first.words, data, inputs[1] && view(inputs[1]).data);
    else {
      const kernel = kernels[primitive];
      if (!kernel) throw new BackendError(`reference: unknown primitive ${primitive}.`);
      kernel(inputs.map(view), attributes, { data, shape: output.shape, dtype: output.dtype });
    }
    return own(data);
  };

  return {
    name: 'reference',
    precision,
    implements: (primitive) => Object.hasOwn(kernels, primitive) || Object.hasOwn(drawKernels, primitive),
    upload: (data, { dtype }) => {
      const copy = allocate(dtype, data.length);
      copy.set(data);
      return own(copy);
    },
    read: (handle) => Promise.resolve((handle as Numbers).slice()),
    readSync: (handle) => (handle as Numbers).slice(),
    free: (handle) => {
      used.handles--;
      used.bytes -= (handle as Numbers).byteLength;
    },
    run,
    memory: () => ({ ...used }),
  };
}
