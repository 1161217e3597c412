import { type DType, FormatError, type TensorData } from '@ebmkit/tensor';

/** How elements of one safetensors type become numbers. */
export interface ElementType {
  /** Bytes of one element. */
  readonly size: number;
  /** The dtype of the tensor that is made of them. */
  readonly dtype: DType;
  /** Reads elements from bytes of which it becomes the only owner. */
  readonly read: (bytes: ArrayBuffer) => TensorData;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readBrainFloats(bytes: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (bits) => bits << 16).buffer);
}

function toInt32(values: ArrayLike<number | bigint>, type: string): Int32Array {
  return Int32Array.from({ length: values.length }, (_, i) => {
    const value = Number(values[i]);
    if (value < -(2 ** 31) || value >= 2 ** 31)
      throw new FormatError(
        `decodeSafetensors: ${type} values must fit 32 signed bits, got ${String(values[i])}. Save them as I32 or F64.`,
      );
    return value;
  });
}

function readBooleans(bytes: ArrayBuffer): Uint8Array {
  const values = new Uint8Array(bytes);
  const odd = values.find((value) => value > 1);
  if (odd !== undefined) throw new FormatError(`decodeSafetensors: BOOL bytes must be 0 or 1, got ${odd}.`);
  return values;
}

const elementTypes = new Map<string, ElementType>(
  Object.entries({
    F64: { size: 8, dtype: 'float32', read: (bytes) => new Float64Array(bytes) },
    F32: { size: 4, dtype: 'float32', read: (bytes) => new Float32Array(bytes) },
    F16: { size: 2, dtype: 'float32', read: (bytes) => Float32Array.from(new Uint16Array(bytes), halfToNumber) },
    BF16: { size: 2, dtype: 'float32', read: readBrainFloats },
    I64: { size: 8, dtype: 'int32', read: (bytes) => toInt32(new BigInt64Array(bytes), 'I64') },
    I32: { size: 4, dtype: 'int32', read: (bytes) => new Int32Array(bytes) },
    I16: { size: 2, dtype: 'int32', read: (bytes) => Int32Array.from(new Int16Array(bytes)) },
    I8: { size: 1, dtype: 'int32', read: (bytes) => Int32Array.from(new Int8Array(bytes)) },
    U32: { size: 4, dtype: 'int32', read: (bytes) => toInt32(new Uint32Array(bytes), 'U32') },
    U16: { size: 2, dtype: 'int32', read: (bytes) => Int32Array.from(new Uint16Array(bytes)) },
    U8: { size: 1, dtype: 'int32', read: (bytes) => Int32Array.from(new Uint8Array(bytes)) },
    BOOL: { size: 1, dtype: 'bool', read: readBooleans },
  } satisfies Readonly<Record<string, ElementType>>),
);

/** The names of the element types that can be read. */
export function elementTypeNames(): string[] {
  return [...elementTypes.keys()];
}

/** How elements of a type are read, by its safetensors name. 16-bit floats widen exactly; integers become int32. */
export function elementTypeOf(name: string): ElementType | undefined {
  return elementTypes.get(name);
}
