import { type ConvolutionOptions, conv2d, type Pair, readSync, reference, tensor, withBackend } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { makeHeap } from '../../machine/heap.js';
import { compileKernel } from './kernel-runner.js';
import { makeProductRules } from './product-rules.js';

const heap = makeHeap(false, 2 ** 29);
const rules = makeProductRules({ tile: { rows: 3, vectors: 3 } });
const oracle = reference();
const canary = 0x7fa5a5a5;

/** Numbers between 0 and 1 that depend on nothing but the seed. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Whether two arrays are the same, NaN and the sign of zero included. */
function expectSameBits(a: ArrayBufferView, b: ArrayBufferView): void {
  const [x, y] = [a, b].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength));
  expect(x && y && x.equals(y)).toBe(true);
}

interface Case extends ConvolutionOptions {
  readonly x: readonly [number, number, number, number];
  readonly kernel: readonly [number, number, number];
}

const dilated = (length: number, by: number): number => (length === 0 ? 0 : (length - 1) * by + 1);

/** Compares with the reference backend; gives false where there is no window at all. */
function compare(c: Case): boolean {
  const random = makeRandom(c.x.reduce((a, b) => a * 31 + b, 7));
  const [images, height, width, channels] = c.x;
  const [kh, kw, filters] = c.kernel;
  const make = (count: number): Float32Array => Float32Array.from({ length: count }, () => random() - 0.5);
  const x = make(images * height * width * channels);
  const w = make(kh * kw * channels * filters);
  const wanted = withBackend(oracle, () => {
    const out = conv2d(tensor(x, [...c.x]), tensor(w, [kh, kw, channels, filters]), c);
    return { shape: out.shape, data: Float64Array.from(readSync(out)) };
  });
  if (wanted.data.length === 0) return false;
  const { strides = [1, 1], inputDilation = [1, 1], kernelDilation = [1, 1] } = c;
  let padding =
    c.padding === undefined || c.padding === 'valid'
      ? [
          [0, 0],
          [0, 0],
        ]
      : c.padding;
  if (padding === 'same')
    padding = [0, 1].map((axis) => {
      const length = dilated(c.x[axis + 1] as number, inputDilation[axis] as number);
      const window = dilated(c.kernel[axis] as number, kernelDilation[axis] as number);
      const step = strides[axis] as number;
      const total = Math.max(0, (Math.ceil(length / step) - 1) * step + window - length);
      return [Math.floor(total / 2), Math.ceil(total / 2)];
    });
  const kernel = rules.conv2d(
    [
      { shape: c.x, dtype: 'float32' },
      { shape: [kh, kw, channels, filters], dtype: 'float32' },
    ],
    { strides, padding, inputDilation, kernelDilation },
    { shape: wanted.shape, dtype: 'float32' },
  );
  const compiled = compileKernel(heap, kernel, { relaxed: false });
  const places = [x, w].map((numbers) => {
    const address = heap.allocate(numbers.byteLength);
    heap.words().fill(-1, address / 4, address / 4 + numbers.length + 32);
    new Float32Array(heap.memory.buffer).set(numbers, address / 4);
    return address;
  }) as [number, number];
  const out = heap.allocate(4 * wanted.data.length + 256);
  const scratchEnd = compiled.scratch + kernel.scratch;
  const results = [1, 2, 5].map((parts) => {
    heap.words().fill(canary, out / 4, out / 4 + wanted.data.length + 64);
    heap.bytes().fill(0xff, compiled.scratch, scratchEnd);
    heap.bytes().fill(0xa5, scratchEnd, scratchEnd + 64);
    compiled.run(...places, out, parts);
    const after = out / 4 + wanted.data.length;
    expectSameBits(heap.words().slice(after + 32, after + 64), new Int32Array(32).fill(canary));
    expectSameBits(heap.bytes().slice(scratchEnd, scratchEnd + 64), new Uint8Array(64).fill(0xa5));
    return heap.words().slice(out / 4, after);
  });
  for (const other of results) expectSameBits(other, results[0] as Int32Array);
  const got = new Float32Array((results[0] as Int32Array).buffer);
  let worst = 0;
  wanted.data.forEach((value, i) => {
    const off = Math.abs((got[i] as number) - value);
    worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(worst, off);
  });
  expect(worst, JSON.stringify(c)).toBeLessThan(2e-6 * (4 + Math.sqrt(kh * kw * channels)));
  [x, w].forEach((numbers, i) => {
    heap.release(places[i] as number, numbers.byteLength);
  });
  heap.release(out, 4 * wanted.data.length + 256);
  heap.release(compiled.scratch, kernel.scratch);
  return true;
}

describe('conv2d', () => {
  test('padding, cropping and strides', () => {
    compare({ x: [2, 7, 8, 3], kernel: [3, 3, 5] });
    compare({ x: [2, 7, 8, 3], kernel: [3, 3, 5], padding: 'same' });
    compare({ x: [2, 7, 8, 1], kernel: [3, 2, 13], padding: 'same', strides: [2, 3] });
    compare({
      x: [1, 9, 8, 2],
      kernel: [4, 3, 16],
      padding: [
        [-1, 2],
        [-2, -1],
      ],
    });
    compare({
      x: [1, 4, 4, 2],
      kernel: [3, 3, 1],
      padding: [
        [9, 8],
        [7, 9],
      ],
    });
  });

  test('dilations', () => {
    compare({
      x: [2, 5, 4, 3],
      kernel: [3, 3, 5],
      inputDilation: [2, 3],
      padding: [
        [2, 2],
        [1, 3],
      ],
    });
    compare({ x: [2, 9, 9, 3], kernel: [3, 3, 5], kernelDilation: [2, 3] });
    compare({ x: [1, 5, 6, 2], kernel: [3, 2, 4], inputDilation: [3, 2], kernelDilation: [2, 2], strides: [2, 2] });
    compare({
      x: [1, 5, 6, 33],
      kernel: [2, 2, 4],
      inputDilation: [2, 2],
      padding: [
        [-1, 1],
        [1, -2],
      ],
    });
  });

  test('kernels of one pixel, of the whole image and of a gradient', () => {
    compare({ x: [3, 4, 5, 6], kernel: [1, 1, 7] });
    compare({ x: [3, 4, 5, 6], kernel: [1, 1, 7], strides: [2, 2] });
    compare({ x: [5, 4, 6, 3], kernel: [4, 6, 9] });
    compare({ x: [5, 4, 6, 3], kernel: [4, 6, 1] });
    compare({ x: [3, 16, 16, 20], kernel: [14, 14, 4] });
    compare({ x: [2, 13, 12, 81], kernel: [11, 10, 4] });
    compare({
      x: [2, 16, 16, 9],
      kernel: [7, 7, 5],
      kernelDilation: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    });
  });

  test('more rows than a block', () => {
    compare({ x: [4, 28, 28, 5], kernel: [3, 3, 4], padding: 'same' });
  });

  test('random geometry', () => {
    const random = makeRandom(11);
    const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));
    const pair = (least: number, most: number): Pair => [whole(least, most), whole(least, most)];
    let compared = 0;
    for (let i = 0; i < 120; i++)
      compared += Number(
        compare({
          x: [whole(1, 3), whole(1, 8), whole(1, 8), whole(1, 6)],
          kernel: [whole(1, 4), whole(1, 4), whole(1, 14)],
          strides: pair(1, 3),
          padding: [pair(-1, 3), pair(-1, 3)],
          inputDilation: pair(1, 3),
          kernelDilation: pair(1, 3),
        }),
      );
    expect(compared).toBeGreaterThan(60);
  });
});
