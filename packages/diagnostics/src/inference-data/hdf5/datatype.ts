import { type Bytes, joined, uint, utf8 } from './byte-writer.js';

/** A datatype message: class and version, class bits, size in bytes, and properties. */
function datatype(
  kind: number,
  bits: readonly number[],
  size: number,
  properties: Uint8Array = new Uint8Array(0),
): Bytes {
  return joined(Uint8Array.of(kind, bits[0] ?? 0, bits[1] ?? 0, bits[2] ?? 0), uint(size, 4), properties);
}

/** A whole number with sign, of one or four bytes. */
export function integerType(size: 1 | 4): Bytes {
  return datatype(0x10, [0x08], size, joined(uint(0, 2), uint(8 * size, 2)));
}

/** A number in single (4 bytes) or double (8 bytes) precision by IEEE 754. */
export function floatType(size: 4 | 8): Bytes {
  const [exponent, mantissa, bias] = size === 4 ? [8, 23, 127] : [11, 52, 1023];
  const fields = Uint8Array.of(mantissa, exponent, 0, mantissa);
  return datatype(0x11, [0x20, 8 * size - 1], size, joined(uint(0, 2), uint(8 * size, 2), fields, uint(bias, 4)));
}

/** A UTF-8 text of a fixed number of bytes, filled up with zeros. */
export function textType(size: number): Bytes {
  return datatype(0x13, [0x11], size);
}

/** An ASCII text of a fixed number of bytes that ends with a zero, as the dimension-scale convention has it. */
export function asciiType(size: number): Bytes {
  return datatype(0x13, [0], size);
}

/** A UTF-8 text of any length, whose bytes are in a global heap. */
export const variableTextType: Bytes = datatype(
  0x19,
  [0x01, 0x01],
  16,
  datatype(0x10, [0], 1, joined(uint(0, 2), uint(8, 2))),
);

/** The address of an object. */
const referenceType: Bytes = datatype(0x17, [0], 8);

/** Any number of addresses of objects, which are in a global heap. */
export const referencesType: Bytes = datatype(0x19, [0], 16, referenceType);

/** A dataset that a dimension scale belongs to, and which of its axes: the address and a whole number. */
export const attachmentType: Bytes = datatype(
  0x36,
  [2],
  16,
  joined(utf8('dataset', true), uint(0, 1), referenceType, utf8('dimension', true), uint(8, 1), integerType(4)),
);
