import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bitsOf, chunkLength, seedLanes, xoshiroLanes } from './streams.js';

interface Stream {
  readonly key: [number, number];
  readonly chunk: number;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const { streams } = JSON.parse(readFileSync(new URL('../../fixtures/streams.json', import.meta.url), 'utf8')) as {
  readonly streams: readonly Stream[];
};

const unsigned = (words: Int32Array): number[] => Array.from(words, (w) => w >>> 0);

/** The words of one chunk, made alone. */
function chunkOf(key: readonly [number, number], chunk: number, count = chunkLength): Int32Array {
  const out = new Int32Array(count);
  xoshiroLanes(seedLanes(key, chunk), out, 0, count);
  return out;
}

describe('xoshiro128++', () => {
  test('gives the reference outputs from state 1, 2, 3, 4, in every lane', () => {
    const state = new Int32Array(16).map((_, i) => Math.floor(i / 4) + 1);
    const out = new Int32Array(40);
    xoshiroLanes(state, out, 0, 40);
    const reference = [
      641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011, 621204420,
    ];
    for (let lane = 0; lane < 4; lane++) {
      expect(unsigned(out).filter((_, i) => i % 4 === lane)).toEqual(reference);
    }
  });

  test('keeps the lanes apart', () => {
    const lanes = seedLanes([3, 4], 0);
    const out = new Int32Array(8);
    xoshiroLanes(lanes, out, 0, 8);
    const changed = lanes.slice();
    changed[2] = (changed[2] as number) ^ 1;
    const other = new Int32Array(8);
    xoshiroLanes(changed, other, 0, 8);
    expect(Array.from(out, (w, i) => w === other[i])).toEqual([true, true, false, true, true, true, false, true]);
  });
});

describe('bitsOf', () => {
  test('equals a transcription of the published algorithms', () => {
    for (const { key, chunk, first, last } of streams) {
      const words = unsigned(chunkOf(key, chunk));
      expect(words.slice(0, 9)).toEqual(first);
      expect(words.slice(-5)).toEqual(last);
    }
  });

  test('is made of chunks that can be made alone', () => {
    const whole = bitsOf([5, 6], 3 * chunkLength + 100);
    for (const chunk of [0, 1, 2])
      expect(chunkOf([5, 6], chunk)).toEqual(whole.slice(chunk * chunkLength, (chunk + 1) * chunkLength));
    expect(chunkOf([5, 6], 3, 100)).toEqual(whole.slice(3 * chunkLength));
  });

  test('a shorter draw begins a longer one', () => {
    const long = bitsOf([5, 6], 5000);
    for (const count of [0, 1, 3, 4095, 4096, 4097]) expect(bitsOf([5, 6], count)).toEqual(long.slice(0, count));
  });

  test('different keys and chunks share no stretch', () => {
    const heads = [
      [0, 0],
      [0, 1],
      [1, 0],
    ].flatMap(([a, b]) => [0, 1, 2].map((chunk) => unsigned(chunkOf([a as number, b as number], chunk, 4)).join()));
    expect(new Set(heads).size).toBe(9);
  });

  test('has every bit half of the time', () => {
    const n = 1 << 16;
    const words = bitsOf([1, 2], n);
    for (let bit = 0; bit < 32; bit++) {
      const ones = words.reduce((total, w) => total + ((w >>> bit) & 1), 0);
      expect(Math.abs(ones - n / 2)).toBeLessThan((5 * Math.sqrt(n)) / 2);
    }
  });
});
