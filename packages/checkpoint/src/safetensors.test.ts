import { readFileSync } from 'node:fs';
import type { PlainTensor } from '@ebmkit/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './index.js';

const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
const expected = JSON.parse(new TextDecoder().decode(fixture('from-python.json'))) as {
  readonly tensors: Readonly<Record<string, { readonly shape: number[]; readonly values: (number | boolean)[] }>>;
  readonly metadata: Readonly<Record<string, string>>;
};

/** The tensors of fixtures/from-javascript.safetensors, which Python's safetensors read as from-javascript.json says. */
const ours: Readonly<Record<string, PlainTensor>> = {
  'layers.0.weights': { dtype: 'float32', shape: [2, 3], data: new Float32Array([1, -2.5, 3e-40, 1e30, -0, 0.1]) },
  flags: { dtype: 'bool', shape: [3], data: new Uint8Array([1, 0, 1]) },
  counts: { dtype: 'int32', shape: [2, 1], data: new Int32Array([-(2 ** 31), 2 ** 31 - 1]) },
  double: { dtype: 'float32', shape: [], data: new Float64Array([Math.PI]) },
  empty: { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
};
const ourMetadata = { note: 'grüße, 世界', format: 'pt' };

describe('against the safetensors package of Python', () => {
  it('reads the file that Python wrote, every element type', () => {
    const { tensors, metadata } = decodeSafetensors(fixture('from-python.safetensors'));
    expect(metadata).toEqual(expected.metadata);
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected.tensors).sort());
    for (const [name, { shape, values }] of Object.entries(expected.tensors)) {
      expect(tensors[name]?.shape, name).toEqual(shape);
      expect([...(tensors[name]?.data ?? [])], name).toEqual(values.map(Number));
    }
    expect(tensors.f64?.data).toBeInstanceOf(Float64Array);
    expect(tensors.flag?.dtype).toBe('bool');
    expect(tensors.i64?.dtype).toBe('int32');
  });

  it('writes the file that Python read', () => {
    expect(encodeSafetensors(ours, ourMetadata)).toEqual(fixture('from-javascript.safetensors'));
    const read = JSON.parse(new TextDecoder().decode(fixture('from-javascript.json'))) as typeof expected;
    expect(read.metadata).toEqual(ourMetadata);
    for (const [name, { shape, data }] of Object.entries(ours)) {
      expect(read.tensors[name]?.shape, name).toEqual(shape);
      expect(read.tensors[name]?.values.map(Number), name).toEqual([...data]);
    }
  });
});

describe('encode and decode', () => {
  const values = fc.array(fc.float(), { maxLength: 12 });
  it('give back every bit', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.tuple(values, fc.integer({ min: 0, max: 2 })), { maxKeys: 5 }),
        (drawn) => {
          const tensors = Object.fromEntries(
            Object.entries(drawn)
              .filter(([name]) => name !== '__metadata__')
              .map(([name, [numbers, kind]]): [string, PlainTensor] => [
                name,
                [
                  { dtype: 'float32' as const, shape: [numbers.length], data: Float32Array.from(numbers) },
                  { dtype: 'int32' as const, shape: [1, numbers.length], data: Int32Array.from(numbers) },
                  {
                    dtype: 'bool' as const,
                    shape: [numbers.length, 1],
                    data: Uint8Array.from(numbers, (v) => (v > 0 ? 1 : 0)),
                  },
                ][kind] as PlainTensor,
              ]),
          );
          const bytes = encodeSafetensors(tensors);
          expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
          expect(decodeSafetensors(bytes).tensors).toEqual(tensors);
          const shifted = new Uint8Array(bytes.length + 3);
          shifted.set(bytes, 3);
          expect(decodeSafetensors(shifted.subarray(3)).tensors).toEqual(tensors);
        },
      ),
    );
  });

  it('do not depend on the order of names', () => {
    const reversed = Object.fromEntries(Object.entries(ours).reverse());
    expect(encodeSafetensors(reversed, ourMetadata)).toEqual(encodeSafetensors(ours, ourMetadata));
  });
});

function file(header: unknown, dataLength: number, text = JSON.stringify(header)): Uint8Array {
  const encoded = new TextEncoder().encode(text);
  const bytes = new Uint8Array(8 + encoded.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}
const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('FormatError', () => {
  it.each([
    ['at least 8 bytes', new Uint8Array(7)],
    ['cut short', new Uint8Array([200, 0, 0, 0, 0, 0, 0, 0, 32])],
    ['not safetensors', new Uint8Array([255, 255, 255, 255, 255, 0, 0, 0, 32])],
    ['must be JSON', file(null, 0, '{"a":')],
    ['must be JSON', new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 255])],
    ['JSON object', file([], 0)],
    ['JSON object', file(null, 0)],
    ['must have a dtype', file({ a: 3 }, 0)],
    ['element type F8_E4M3', file({ a: entry(0, 4, [4], 'F8_E4M3') }, 4)],
    ['element type toString', file({ a: entry(0, 4, [4], 'toString') }, 4)],
    ['shape of "a"', file({ a: entry(0, 4, [-1]) }, 4)],
    ['shape of "a"', file({ a: entry(0, 4, 'x') }, 4)],
    ['data_offsets of "a"', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4)],
    ['takes 8 bytes', file({ a: entry(0, 4, [2]) }, 4)],
    ['takes 4 bytes', file({ a: entry(4, 0, [1]) }, 4)],
    ['inside the tensor before it', file({ a: entry(0, 8), b: entry(4, 12) }, 12)],
    ['unused bytes before "b"', file({ a: entry(0, 4), b: entry(8, 12) }, 12)],
    ['It is cut short', file({ a: entry(0, 8) }, 7)],
    ['bytes too many', file({ a: entry(0, 8) }, 9)],
    ['__metadata__ must map', file({ __metadata__: { a: 1 } }, 0)],
    ['BOOL bytes must be 0 or 1', new Uint8Array([...file({ a: entry(0, 1, [1], 'BOOL') }, 0), 2])],
  ])('%s', (message, bytes) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
    expect(() => decodeSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'format' }) as Error);
  });

  it('comes at every length that a cut file may have', () => {
    const bytes = encodeSafetensors(ours);
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeSafetensors(bytes.subarray(0, length))).toThrow('decodeSafetensors');
  });

  it('refuses 64-bit integers that do not fit', () => {
    const bytes = file({ a: entry(0, 8, [1], 'I64') }, 8);
    new DataView(bytes.buffer).setBigInt64(bytes.length - 8, 2n ** 31n, true);
    expect(() => decodeSafetensors(bytes)).toThrow('must fit 32 signed bits, got 2147483648');
  });
});

describe('wrong arguments', () => {
  const data = new Float32Array(2);
  it.each([
    ['must be a plain tensor', { a: 3 }, {}],
    ['may be called __metadata__', { __metadata__: { dtype: 'float32', shape: [2], data } }, {}],
    ['must be 3 values', { a: { dtype: 'float32', shape: [3], data } }, {}],
    ['in a Int32Array, got 2 in a Float32Array', { a: { dtype: 'int32', shape: [2], data } }, {}],
    ['metadata must be strings', {}, { a: 3 }],
  ])('%s', (message, tensors, metadata) => {
    expect(() => encodeSafetensors(tensors as never, metadata as never)).toThrow(message);
  });
});
