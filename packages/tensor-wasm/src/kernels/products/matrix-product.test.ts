import { setFlagsFromString } from 'node:v8';
import { describe, expect, test } from 'vitest';
import { makeHeap } from '../../machine/heap.js';
import { compileKernel } from './kernel-runner.js';
import { makeProductRules } from './product-rules.js';
import type { Tile } from './tile.js';
import { probeTile } from './tile-probe.js';

setFlagsFromString('--experimental-wasm-relaxed-simd');

const heap = makeHeap(false, 2 ** 29);
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

interface Case {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly batch?: readonly number[];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly bool?: readonly [boolean, boolean];
  readonly density?: number;
  readonly tile?: Tile;
  readonly relaxed?: boolean;
  /** Changes the factors before the product. */
  readonly spoil?: (a: Float32Array, b: Float32Array) => void;
}

interface Outcome {
  readonly got: Float32Array;
  readonly wanted: Float64Array;
}

function plainProduct(a: ArrayLike<number>, b: ArrayLike<number>, batches: number, c: Case): Float64Array {
  const { m, k, n, transposeA, transposeB } = c;
  const out = new Float64Array(batches * m * n);
  for (let u = 0; u < batches; u++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const left = a[u * m * k + (transposeA ? p * m + i : i * k + p)] as number;
          const right = b[u * k * n + (transposeB ? j * k + p : p * n + j)] as number;
          sum += left * right;
        }
        out[(u * m + i) * n + j] = sum;
      }
  return out;
}

/** Runs a product, whole and in parts, with NaN beside the factors and canaries behind the padding. */
function run(c: Case): Outcome {
  const { m, k, n, batch = [], transposeA = false, transposeB = false, bool = [false, false], density = 0.5 } = c;
  const random = makeRandom(m * 7919 + k * 104729 + n * 31 + batch.length);
  const batches = batch.reduce((x, y) => x * y, 1);
  const kernel = makeProductRules({ tile: c.tile ?? { rows: 3, vectors: 3 } }).matMul(
    [
      { shape: [...batch, ...(transposeA ? [k, m] : [m, k])], dtype: bool[0] ? 'bool' : 'float32' },
      { shape: [...batch, ...(transposeB ? [n, k] : [k, n])], dtype: bool[1] ? 'bool' : 'float32' },
    ],
    { transposeA, transposeB },
    { shape: [...batch, m, n], dtype: 'float32' },
  );
  const compiled = compileKernel(heap, kernel, { relaxed: c.relaxed ?? false });
  const sizes = [batches * m * k, batches * k * n] as const;
  const values = sizes.map((size, i) =>
    Float32Array.from({ length: size }, () => (bool[i] ? Number(random() < density) : random() - 0.5)),
  ) as [Float32Array, Float32Array];
  c.spoil?.(...values);
  const places = values.map((numbers, i) => {
    const width = bool[i] ? 1 : 4;
    const before = 64;
    const room = heap.allocate(before + numbers.length * width + 128);
    heap.bytes().fill(0xff, room, room + before + numbers.length * width + 128);
    if (bool[i]) heap.bytes().set(numbers, room + before);
    else new Float32Array(heap.memory.buffer).set(numbers, (room + before) / 4);
    return { address: room + before, numbers, width };
  });
  const [a, b] = places as [(typeof places)[0], (typeof places)[0]];
  const room = heap.allocate(4 * batches * m * n + 512);
  const out = room + 128;
  const outEnd = out + 4 * batches * m * n;
  const scratchEnd = compiled.scratch + kernel.scratch;
  const results = [1, 2, 7].map((parts) => {
    heap.words().fill(canary, room / 4, outEnd / 4 + 64);
    heap.bytes().fill(0xff, compiled.scratch, scratchEnd);
    heap.bytes().fill(0xa5, scratchEnd, scratchEnd + 64);
    compiled.run(a.address, b.address, out, parts);
    expectSameBits(heap.words().slice(room / 4, out / 4), new Int32Array(32).fill(canary));
    expectSameBits(heap.words().slice(outEnd / 4 + 32, outEnd / 4 + 64), new Int32Array(32).fill(canary));
    expectSameBits(heap.bytes().slice(scratchEnd, scratchEnd + 64), new Uint8Array(64).fill(0xa5));
    return heap.words().slice(out / 4, outEnd / 4);
  });
  for (const other of results) expectSameBits(other, results[0] as Int32Array);
  for (const { address, numbers, width } of places) {
    const kept = width === 1 ? heap.bytes().slice(address, address + numbers.length) : undefined;
    const floats = kept
      ? Float32Array.from(kept)
      : new Float32Array(heap.memory.buffer).slice(address / 4, address / 4 + numbers.length);
    expectSameBits(floats, numbers);
  }
  const got = new Float32Array((results[0] as Int32Array).buffer);
  places.forEach(({ address, numbers, width }) => {
    heap.release(address - 64, 64 + numbers.length * width + 128);
  });
  heap.release(room, 4 * batches * m * n + 512);
  heap.release(compiled.scratch, kernel.scratch);
  return { got, wanted: plainProduct(values[0], values[1], batches, c) };
}

function compare(c: Case): void {
  const { got, wanted } = run(c);
  let worst = 0;
  wanted.forEach((value, i) => {
    const off = Math.abs((got[i] as number) - value);
    worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : Math.max(worst, off);
  });
  expect(worst, JSON.stringify(c)).toBeLessThan(2e-6 * (4 + Math.sqrt(c.k)));
}

const transpositions = [0, 1, 2, 3].map((i) => ({ transposeA: i % 2 === 1, transposeB: i > 1 }));
const tiles: readonly Tile[] = [
  { rows: 3, vectors: 3 },
  { rows: 4, vectors: 2 },
  { rows: 6, vectors: 2 },
  { rows: 4, vectors: 3 },
];
const random = makeRandom(5);
const whole = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));

describe('float32', () => {
  test.each(tiles)('random sizes with tile %o', (tile) => {
    for (let i = 0; i < 8; i++)
      for (const turned of transpositions)
        compare({ ...turned, m: whole(1, 40), k: whole(1, 30), n: whole(1, 40), tile, relaxed: i % 2 === 0 });
  });

  test('every small size', () => {
    for (let m = 1; m <= 4; m++)
      for (let n = 1; n <= 5; n++)
        for (let k = 0; k <= 5; k++) compare({ m, k, n, ...transpositions[(m + n + k) % 4] });
  });

  test.each(transpositions)('long sums in blocks, many rows: %o', (turned) => {
    compare({ m: 37, k: 1030, n: 29, ...turned });
    compare({ m: 14, k: 1601, n: 18, tile: { rows: 4, vectors: 2 }, ...turned });
    compare({ m: 700, k: 131, n: 13, ...turned });
  });

  test.each(transpositions)('matrices and vectors: %o', (turned) => {
    for (const k of [1, 7, 8, 9, 64, 101])
      for (const length of [1, 3, 4, 33, 70])
        for (const batch of [[], [3]]) {
          compare({ m: length, k, n: 1, batch, ...turned });
          compare({ m: 1, k, n: length, batch, ...turned });
        }
  });

  test.each(transpositions)('batches: %o', (turned) => {
    compare({ batch: [2, 3], m: 5, k: 7, n: 9, ...turned });
    compare({ batch: [4], m: 13, k: 6, n: 14, ...turned });
  });

  test('no rows, no columns, no terms', () => {
    for (const [m, k, n] of [
      [0, 3, 4],
      [3, 4, 0],
      [3, 0, 5],
    ] as const)
      compare({ m, k, n });
    compare({ batch: [0], m: 2, k: 3, n: 4 });
  });

  test.each(transpositions)('a NaN spoils its own row only: %o', ({ transposeA, transposeB }) => {
    for (const [m, k, n] of [
      [14, 9, 17],
      [9, 10, 1],
      [5, 6, 3],
    ] as const) {
      const spoil = (a: Float32Array): void => {
        a[transposeA ? 2 * m + 4 : 4 * k + 2] = Number.NaN;
      };
      const { got } = run({ m, k, n, transposeA, transposeB, spoil });
      got.forEach((value, i) => {
        expect(Number.isNaN(value)).toBe(Math.floor(i / n) === 4);
      });
    }
  });
});

test('the probed tile is one that works', () => {
  for (const relaxed of [false, true]) compare({ m: 50, k: 30, n: 70, tile: probeTile(heap, { relaxed }), relaxed });
});

test('the tile does not change the bits', () => {
  const [first, ...others] = tiles.map((tile) => run({ m: 50, k: 1500, n: 45, tile }).got) as [Float32Array];
  for (const other of others) expectSameBits(other, first);
});

describe('bool', () => {
  test.each(transpositions)('every density: %o', (turned) => {
    for (const density of [0, 0.05, 0.5, 1])
      for (const [m, k, n] of [
        [40, 50, 40],
        [33, 203, 61],
        [64, 64, 64],
        [17, 331, 34],
        [10, 12, 9],
        [100, 7, 128],
        [20, 30, 2],
        [20, 30, 1],
        [1, 30, 20],
      ] as const)
        compare({ m, k, n, bool: [true, false], density, ...turned });
  });

  test.each(transpositions)('random sizes: %o', (turned) => {
    for (let i = 0; i < 12; i++)
      compare({
        m: whole(1, 60),
        k: whole(1, 150),
        n: whole(1, 70),
        bool: [true, false],
        density: [0.05, 0.3, 0.7][i % 3] as number,
        ...turned,
      });
  });

  test('very many rows', () => {
    for (const transposeB of [false, true])
      for (const density of [0.1, 0.6]) compare({ m: 8210, k: 17, n: 9, bool: [true, false], density, transposeB });
    compare({ m: 8193, k: 17, n: 9, bool: [true, false] });
  });

  test.each(transpositions)('batches and a bool second factor: %o', (turned) => {
    compare({ batch: [3], m: 12, k: 21, n: 20, bool: [true, false], ...turned });
    compare({ m: 12, k: 21, n: 20, bool: [false, true], ...turned });
    compare({ m: 12, k: 21, n: 1, bool: [false, true], ...turned });
    compare({ m: 1, k: 21, n: 6, bool: [false, true], ...turned });
  });
});
