import { FormatError } from '@ebmkit/tensor';
import { elementTypeNames, elementTypeOf } from './element-types.js';

/** Where one tensor of a file lies. */
interface HeaderEntry {
  /** Its name in the file. */
  readonly name: string;
  /** The element type, as safetensors spells it. */
  readonly type: string;
  /** Axis lengths. */
  readonly shape: readonly number[];
  /** First byte, from the beginning of the data. */
  readonly begin: number;
  /** The byte after the last one. */
  readonly end: number;
}

/** What the header of a file says. */
export interface Header {
  /** The tensors, in the order of their bytes. */
  readonly entries: readonly HeaderEntry[];
  /** Free text by name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data begins in the file. */
  readonly dataStart: number;
}

const where = 'decodeSafetensors';
const longestHeader = 100_000_000;

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new FormatError(`${where}: the header must be JSON. The file is damaged or not a safetensors file.`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FormatError(`${where}: the header must be a JSON object.`);
  return value as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function readEntry(name: string, value: unknown): HeaderEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string') throw new FormatError(`${where}: "${name}" must have a dtype.`);
  const element = elementTypeOf(dtype);
  if (!element)
    throw new FormatError(
      `${where}: "${name}" has the element type ${dtype}. Those that can be read are ${elementTypeNames().join(', ')}.`,
    );
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw new FormatError(`${where}: the shape of "${name}" must be whole numbers, got ${JSON.stringify(shape)}.`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw new FormatError(`${where}: the data_offsets of "${name}" must be two whole numbers.`);
  const [begin, end] = offsets as unknown as readonly [number, number];
  const bytes = shape.reduce((a, b) => a * b, element.size);
  if (end - begin !== bytes)
    throw new FormatError(
      `${where}: "${name}" of type ${dtype} and shape [${shape.join(', ')}] takes ${bytes} bytes, its offsets span ${end - begin}.`,
    );
  return { name, type: dtype, shape: shape, begin, end };
}

function readMetadata(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || !Object.values(value).every((v) => typeof v === 'string'))
    throw new FormatError(`${where}: __metadata__ must map names to strings.`);
  return value as Record<string, string>;
}

/** Throws unless the tensors fill the data without gap or overlap. */
function checkLayout(entries: readonly HeaderEntry[], dataLength: number): void {
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin < at) throw new FormatError(`${where}: "${name}" begins at byte ${begin}, inside the tensor before it.`);
    if (begin > at) throw new FormatError(`${where}: there are unused bytes before "${name}", from ${at} to ${begin}.`);
    at = end;
  }
  if (at > dataLength)
    throw new FormatError(`${where}: the tensors take ${at} bytes, the file holds ${dataLength}. It is cut short.`);
  if (at < dataLength)
    throw new FormatError(
      `${where}: the tensors take ${at} bytes, the file holds ${dataLength}. It has bytes too many.`,
    );
}

/**
 * Reads and checks the header of a safetensors file.
 *
 * @param bytes - The whole file.
 * @throws FormatError when anything in it contradicts the format or the file's length.
 */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < 8)
    throw new FormatError(`${where}: a file has at least 8 bytes, got ${bytes.length}. It is empty or cut short.`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > longestHeader)
    throw new FormatError(
      `${where}: a header has at most ${longestHeader} bytes, got ${length}. This is not safetensors.`,
    );
  if (length > bytes.length - 8)
    throw new FormatError(
      `${where}: the header takes ${length} bytes, the file has ${bytes.length - 8} left. It is cut short.`,
    );
  const { __metadata__: metadata, ...tensors } = parseJson(bytes.subarray(8, 8 + length));
  const entries = Object.entries(tensors)
    .map(([name, value]) => readEntry(name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(entries, bytes.length - 8 - length);
  return { entries, metadata: readMetadata(metadata), dataStart: 8 + length };
}
