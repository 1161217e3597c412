import { FormatError } from '@ebmkit/tensor';

/** The typed array of each element type of an IDX file. */
export interface IdxArrays {
  /** Unsigned bytes, type code 0x08. */
  readonly uint8: Uint8Array;
  /** Signed bytes, type code 0x09. */
  readonly int8: Int8Array;
  /** 16-bit integers, type code 0x0B. */
  readonly int16: Int16Array;
  /** 32-bit integers, type code 0x0C. */
  readonly int32: Int32Array;
  /** Single-precision floats, type code 0x0D. */
  readonly float32: Float32Array;
  /** Double-precision floats, type code 0x0E. */
  readonly float64: Float64Array;
}

/** What an IDX file holds. `type` tells which typed array `data` is. */
export type IdxArray = {
  readonly [T in keyof IdxArrays]: {
    /** The element type. */
    readonly type: T;
    /** Axis lengths, outermost first. */
    readonly shape: readonly number[];
    /** The numbers in row-major order, in the units of the file. */
    readonly data: IdxArrays[T];
  };
}[keyof IdxArrays];

/** How the elements of one type are read, starting at a byte. */
interface IdxType {
  readonly type: keyof IdxArrays;
  readonly size: number;
  readonly read: (view: DataView, count: number) => IdxArrays[keyof IdxArrays];
}

const types = new Map<number, IdxType>([
  [0x08, { type: 'uint8', size: 1, read: (v, n) => Uint8Array.from({ length: n }, (_, i) => v.getUint8(i)) }],
  [0x09, { type: 'int8', size: 1, read: (v, n) => Int8Array.from({ length: n }, (_, i) => v.getInt8(i)) }],
  [0x0b, { type: 'int16', size: 2, read: (v, n) => Int16Array.from({ length: n }, (_, i) => v.getInt16(2 * i)) }],
  [0x0c, { type: 'int32', size: 4, read: (v, n) => Int32Array.from({ length: n }, (_, i) => v.getInt32(4 * i)) }],
  [0x0d, { type: 'float32', size: 4, read: (v, n) => Float32Array.from({ length: n }, (_, i) => v.getFloat32(4 * i)) }],
  [0x0e, { type: 'float64', size: 8, read: (v, n) => Float64Array.from({ length: n }, (_, i) => v.getFloat64(8 * i)) }],
]);

/** The magic number: two zero bytes, the element type, the number of axes. */
function readMagic(bytes: Uint8Array): { readonly element: IdxType; readonly rank: number } {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    throw new FormatError('readIdx: expected an IDX file, got a gzip file. Decompress it first.');
  const [zero, one, code, rank] = bytes;
  if (zero !== 0 || one !== 0 || code === undefined || rank === undefined)
    throw new FormatError(
      'readIdx: an IDX file begins with two zero bytes, a type and a number of axes. This is none.',
    );
  const element = types.get(code);
  if (!element)
    throw new FormatError(
      `readIdx: the element type must be one of ${[...types.keys()].map((c) => `0x0${c.toString(16)}`).join(', ')}, got 0x${code.toString(16).padStart(2, '0')}.`,
    );
  return { element, rank };
}

/**
 * Reads an IDX file, the format of MNIST: a magic number, big-endian axis lengths, big-endian numbers.
 *
 * @param bytes - The whole file, not compressed.
 * @returns The element type, the shape and the numbers, as copies.
 * @throws FormatError when it is no IDX file, is cut short or has bytes too many.
 * @see http://yann.lecun.com/exdb/mnist/
 */
export function readIdx(bytes: Uint8Array): IdxArray {
  const { element, rank } = readMagic(bytes);
  const start = 4 + 4 * rank;
  if (bytes.length < start)
    throw new FormatError(
      `readIdx: ${rank} axis lengths take ${start} bytes, the file has ${bytes.length}. It is cut short.`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== start + count * element.size)
    throw new FormatError(
      `readIdx: shape [${shape.join(', ')}] of ${element.type} takes ${start + count * element.size} bytes, the file has ${bytes.length}.`,
    );
  const { type } = element;
  const data =
    type === 'uint8'
      ? new Uint8Array(bytes.subarray(start))
      : element.read(new DataView(view.buffer, view.byteOffset + start), count);
  return { type, shape, data } as IdxArray;
}
