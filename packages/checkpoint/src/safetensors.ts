import { EbmError, isPlainTensor, type PlainTensor } from '@ebmkit/tensor';
import { type ElementType, elementTypeOf } from './element-types.js';
import { readHeader } from './safetensors-header.js';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** The tensors by name. */
  readonly tensors: Readonly<Record<string, PlainTensor>>;
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

function typeOf({ dtype, data }: PlainTensor): string {
  if (dtype === 'float32') return data instanceof Float64Array ? 'F64' : 'F32';
  return dtype === 'int32' ? 'I32' : 'BOOL';
}

function checkTensor(name: string, value: unknown): asserts value is PlainTensor {
  if (name === '__metadata__')
    throw new EbmError('argument', 'encodeSafetensors: no tensor may be called __metadata__. Rename it.');
  if (!isPlainTensor(value))
    throw new EbmError(
      'argument',
      `encodeSafetensors: "${name}" must be a plain tensor { dtype, shape, data }. Read tensors with toPlain() first.`,
    );
  const { shape, data } = value;
  const count = shape.reduce((a, b) => a * b, 1);
  const wanted = { float32: 'Float32Array or Float64Array', int32: 'Int32Array', bool: 'Uint8Array' }[value.dtype];
  if (!wanted?.includes(data.constructor.name) || data.length !== count)
    throw new EbmError(
      'argument',
      `encodeSafetensors: "${name}" is ${value.dtype} of shape [${shape.join(', ')}], so its data must be ${count} values in a ${wanted}, got ${data.length} in a ${data.constructor.name}.`,
    );
}

function checkMetadata(metadata: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(metadata))
    if (typeof value !== 'string')
      throw new EbmError('argument', `encodeSafetensors: metadata must be strings, got ${typeof value} for "${name}".`);
}

/**
 * Writes tensors in the safetensors format, which PyTorch, JAX and many others read.
 * Float32 data is stored as F32, `Float64Array` as F64, int32 as I32, bool as BOOL. The header is padded to a multiple of 8
 * bytes and wider types come first, so that every tensor is aligned.
 *
 * @param tensors - Plain tensors by name.
 * @param metadata - Free text to store beside them.
 * @returns The bytes of the file. Equal tensors and metadata give equal bytes.
 * @throws EbmError when data does not fit its shape or dtype.
 * @see https://huggingface.co/docs/safetensors
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, PlainTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  checkMetadata(metadata);
  const entries = Object.entries(tensors).map(([name, value]) => {
    checkTensor(name, value);
    const type = typeOf(value);
    return { name, type, value, size: (elementTypeOf(type) as ElementType).size };
  });
  entries.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  let end = 0;
  const described = entries.map(({ name, type, value }) => {
    const begin = end;
    end += value.data.byteLength;
    return [name, { dtype: type, shape: value.shape, data_offsets: [begin, end] }] as const;
  });
  const header = Object.keys(metadata).length > 0 ? [['__metadata__', metadata], ...described] : described;
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header as [string, unknown][])));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(32, 8 + text.length, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let at = start;
  for (const { value } of entries) {
    bytes.set(new Uint8Array(value.data.buffer, value.data.byteOffset, value.data.byteLength), at);
    at += value.data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. F32, F64, I32 and BOOL are read as they are; F16 and BF16 widen exactly to float32; I8, I16, U8, U16,
 * and I64 and U32 within 32 signed bits, become int32.
 *
 * @param bytes - The whole file.
 * @returns The tensors, as copies, and the metadata.
 * @throws FormatError when the file is cut short, damaged, overlapping, or of an element type that cannot be read.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata, dataStart } = readHeader(bytes);
  const tensors = entries.map(({ name, type, shape, begin, end }): [string, PlainTensor] => {
    const element = elementTypeOf(type) as ElementType;
    const own = new Uint8Array(end - begin);
    own.set(bytes.subarray(dataStart + begin, dataStart + end));
    return [name, { dtype: element.dtype, shape, data: element.read(own.buffer) }];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}
