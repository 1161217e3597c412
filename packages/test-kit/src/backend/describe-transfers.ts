import {
  type Backend,
  BackendError,
  free,
  mul,
  read,
  readSync,
  type TensorData,
  tensor,
  withBackend,
} from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import type { BackendSuiteSettings } from './options.js';
import { oracle } from './sample.js';

const examples: readonly TensorData[] = [
  new Float32Array([1.5, -2, 0, 3e38, 1e-38]),
  new Int32Array([7, -8, 0, 16_000_000]),
  new Uint8Array([1, 0, 1, 1]),
  new Float32Array(0),
];

/** Numbers survive upload and read, and nothing that the caller holds is shared with the backend. */
export function describeTransfers(lent: () => Backend, settings: BackendSuiteSettings): void {
  const upload = (data: TensorData) => withBackend(lent(), () => tensor(data));
  describe('upload and read', () => {
    test('give back the same numbers in the same kind of array', async () => {
      for (const data of examples) {
        const x = upload(data);
        const got = await read(x);
        expect(Array.from(got)).toEqual(Array.from(data));
        if (lent().precision === 'float32') expect(got.constructor).toBe(data.constructor);
        free(x);
      }
    });

    test('changing an array after uploading it does not change the tensor', async () => {
      const data = new Float32Array([1, 2, 3]);
      const x = upload(data);
      data.fill(9);
      expect(Array.from(await read(x))).toEqual([1, 2, 3]);
      const y = mul(x, 2);
      expect(Array.from(await read(y))).toEqual([2, 4, 6]);
      free([x, y]);
    });

    test('changing what was read does not change the tensor', async () => {
      const x = upload(new Float32Array([1, 2, 3]));
      (await read(x)).fill(9);
      expect(Array.from(await read(x))).toEqual([1, 2, 3]);
      if (settings.synchronousReads) {
        readSync(x).fill(9);
        expect(Array.from(readSync(x))).toEqual([1, 2, 3]);
      }
      free(x);
    });

    test('the handle itself copies on upload and on read', async () => {
      const backend = lent();
      const type = { shape: [2], dtype: 'float32' as const };
      const data = backend.precision === 'float64' ? new Float64Array([1, 2]) : new Float32Array([1, 2]);
      const handle = backend.upload(data, type);
      data[0] = 5;
      const first = await backend.read(handle, type);
      first[1] = 5;
      expect(Array.from(await backend.read(handle, type))).toEqual([1, 2]);
      backend.free(handle);
    });

    test('read and readSync agree, or readSync throws BackendError', async () => {
      for (const data of examples) {
        const x = upload(data);
        const y = mul(x, 3);
        if (settings.synchronousReads) expect(readSync(y)).toEqual(await read(y));
        else expect(() => readSync(y)).toThrow(BackendError);
        free([x, y]);
      }
    });

    test('a result outlives its operands, and two backends do not mix', async () => {
      const x = upload(new Float32Array([1, 2]));
      const y = mul(x, 2);
      free(x);
      expect(Array.from(await read(y))).toEqual([2, 4]);
      const elsewhere = withBackend(oracle, () => tensor([1, 2]));
      expect(() => mul(y, elsewhere)).toThrow(BackendError);
      free([y, elsewhere]);
    });
  });
}
