import type { Attributes, BackendInput, TensorType } from '@ebmkit/tensor';
import { sizeOf } from '@ebmkit/tensor';
import { isContiguous, sliceView, wholeView } from './compiler/view.js';
import { elementBytes } from './element-bytes.js';
import type { StoredNumbers } from './machine/handle.js';
import { type Heap, typedView } from './machine/heap.js';

/** Writes the result of an operation at an address. */
type Fill = (heap: Heap, address: number) => void;

/** Looks whether an operation outside of `jit` is a mere filling or copying, which needs no program; undefined where it is not. */
type HostOperation = (inputs: readonly BackendInput[], attributes: Attributes, output: TensorType) => Fill | undefined;

function copying(input: BackendInput | undefined, offset: number, { shape, dtype }: TensorType): Fill | undefined {
  if (input?.kind !== 'tensor') return undefined;
  const { address: from } = input.handle as StoredNumbers;
  const start = from + offset * elementBytes(dtype);
  const bytes = sizeOf(shape) * elementBytes(dtype);
  return (heap, address) => {
    heap.bytes().copyWithin(address, start, start + bytes);
  };
}

const copy: HostOperation = ([x], _, output) => copying(x, 0, output);

/** Operations whose settings often change from call to call, so that a program each would be a waste. */
export const hostOperations: Readonly<Record<string, HostOperation>> = {
  full:
    (_, { value }, { shape, dtype }) =>
    (heap, address) => {
      const number = value as number;
      typedView(heap, address, sizeOf(shape), dtype).fill(dtype === 'bool' ? Number(number !== 0) : number);
    },
  reshape: copy,
  stopGradient: copy,
  slice: ([x], { begin, size }, output) => {
    if (x?.kind !== 'tensor') return undefined;
    const part = sliceView(wholeView(0, x.shape, x.dtype), begin as readonly number[], size as readonly number[]);
    return isContiguous(part) ? copying(x, part.offset, output) : undefined;
  },
};
