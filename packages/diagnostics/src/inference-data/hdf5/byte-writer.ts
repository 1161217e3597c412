/** Bytes in little-endian order, as HDF5 has them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The address that stands for "nowhere". */
export const nowhere = -1;

/** An unsigned whole number in `size` bytes; {@link nowhere} has every bit set. */
export function uint(value: number, size: 1 | 2 | 4 | 8): Bytes {
  const bytes = new Uint8Array(size);
  if (value === nowhere) return bytes.fill(255);
  let rest = value;
  for (let at = 0; at < size; at++) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** Parts laid end to end. */
export function joined(...parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A text in UTF-8, with a zero byte at its end when asked. */
export function utf8(text: string, terminated = false): Bytes {
  return new TextEncoder().encode(terminated ? `${text}\0` : text);
}

/** The bytes with zeros up to a multiple of `size`. */
export function padded(bytes: Uint8Array, size: number): Bytes {
  return joined(bytes, new Uint8Array((size - (bytes.length % size)) % size));
}

/** The bytes of numbers, in little-endian order on every machine. */
export function numberBytes(numbers: Float32Array | Float64Array | Int8Array | Int32Array): Bytes {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength).slice();
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 || numbers.BYTES_PER_ELEMENT === 1) return bytes;
  for (let at = 0; at < bytes.length; at += numbers.BYTES_PER_ELEMENT) {
    bytes.subarray(at, at + numbers.BYTES_PER_ELEMENT).reverse();
  }
  return bytes;
}
