import { describe, expect, it } from 'vitest';
import { readIdx } from './index.js';

function idx(code: number, shape: readonly number[], size: number, write: (view: DataView) => void): Uint8Array {
  const start = 4 + 4 * shape.length;
  const bytes = new Uint8Array(start + size);
  bytes.set([0, 0, code, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length);
  });
  write(new DataView(bytes.buffer, start));
  return bytes;
}

const files = {
  uint8: idx(0x08, [2, 1], 2, (v) => v.setUint16(0, 0x07ff)),
  int8: idx(0x09, [2], 2, (v) => v.setUint16(0, 0x80ff)),
  int16: idx(0x0b, [1, 2], 4, (v) => v.setInt32(0, -65536 * 2 + 258)),
  int32: idx(0x0c, [1], 4, (v) => v.setInt32(0, -123456789)),
  float32: idx(0x0d, [], 4, (v) => v.setFloat32(0, 0.1)),
  float64: idx(0x0e, [1, 1, 1], 8, (v) => v.setFloat64(0, Math.PI)),
} as const;

describe('readIdx', () => {
  it.each([
    ['uint8', [2, 1], new Uint8Array([7, 255])],
    ['int8', [2], new Int8Array([-128, -1])],
    ['int16', [1, 2], new Int16Array([-2, 258])],
    ['int32', [1], new Int32Array([-123456789])],
    ['float32', [], new Float32Array([0.1])],
    ['float64', [1, 1, 1], new Float64Array([Math.PI])],
  ] as const)('reads %s', (type, shape, data) => {
    expect(readIdx(files[type])).toEqual({ type, shape, data });
    const shifted = new Uint8Array(files[type].length + 1);
    shifted.set(files[type], 1);
    expect(readIdx(shifted.subarray(1))).toEqual({ type, shape, data });
  });

  it('copies, so that the file can change', () => {
    const bytes = files.uint8.slice();
    const { data } = readIdx(bytes);
    bytes.fill(0);
    expect([...data]).toEqual([7, 255]);
  });

  it.each([
    ['got a gzip file', new Uint8Array([0x1f, 0x8b, 8, 0])],
    ['This is none', new Uint8Array([0, 0, 8])],
    ['This is none', new Uint8Array([1, 0, 8, 1, 0, 0, 0, 0])],
    ['got 0x0a', new Uint8Array([0, 0, 0x0a, 0])],
    ['It is cut short', files.float64.slice(0, 15)],
    ['takes 12 bytes, the file has 11', files.int32.slice(0, 11)],
    ['takes 12 bytes, the file has 13', new Uint8Array([...files.int32, 0])],
  ])('refuses other files: %s', (message, bytes) => {
    expect(() => readIdx(bytes)).toThrow(message);
    expect(() => readIdx(bytes)).toThrow(expect.objectContaining({ code: 'format' }) as Error);
  });
});
