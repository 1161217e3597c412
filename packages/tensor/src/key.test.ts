import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, isKey, type Key, key, keyFromWords, split } from './key.js';
import { threefry } from './random/threefry.js';

describe('key', () => {
  test('holds the upper and the lower half of the seed', () => {
    expect(key(0).words).toEqual([0, 0]);
    expect(key(7).words).toEqual([0, 7]);
    expect(key(2 ** 32 + 5).words).toEqual([1, 5]);
    expect(key(Number.MAX_SAFE_INTEGER).words).toEqual([2 ** 21 - 1, 0xffffffff]);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53, '3' as unknown as number])('refuses the seed %s', (seed) => {
    expect(() => key(seed)).toThrow(`key: the seed must be a whole number from 0 to 2^53 - 1, got ${seed}.`);
  });

  test('is frozen plain data that survives JSON', () => {
    const k = fold(key(5), 1);
    expect(Object.isFrozen(k) && Object.isFrozen(k.words)).toBe(true);
    const copy = JSON.parse(JSON.stringify(k)) as Key;
    expect(isKey(copy)).toBe(true);
    expect(split(copy, 2)).toEqual(split(k, 2));
    expect(keyFromWords(-1, 2 ** 32 + 1).words).toEqual([0xffffffff, 1]);
  });

  test('is told from other values', () => {
    for (const other of [null, 3, {}, { words: [1] }, { words: ['a', 'b'] }, { words: [1, 2], more: 1 }])
      expect(isKey(other)).toBe(false);
  });
});

describe('split and fold', () => {
  test('are Threefry of the index and a tag', () => {
    expect(split(key(3), 3).map(({ words }) => words)).toEqual([0, 1, 2].map((i) => threefry([0, 3], i, 0xfeed)));
    expect(fold(key(3), 2).words).toEqual(threefry([0, 3], 2, 0xf01d));
    expect(fold(key(3), -1).words).toEqual(fold(key(3), 0xffffffff).words);
  });

  test('split gives two by default, and none for 0', () => {
    expect(split(key(1))).toHaveLength(2);
    expect(split(key(1), 0)).toEqual([]);
  });

  test('all children of a key differ, from each other and from it', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (seed) => {
        const parent = key(seed);
        const all = [parent, ...split(parent, 20), ...Array.from({ length: 20 }, (_, i) => fold(parent, i))];
        expect(new Set(all.map(({ words }) => words.join())).size).toBe(41);
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('say what is wrong', () => {
    expect(() => split(key(1), -1)).toThrow('split: count must be a whole number of at least 0, got -1.');
    expect(() => split(7 as unknown as Key)).toThrow('split: expected a key, got 7. Make one with key(seed)');
    expect(() => split({} as unknown as Key)).toThrow('split: expected a key, got object.');
    expect(() => fold(key(1), 0.5)).toThrow('fold: index must be a whole number, got 0.5.');
    expect(() => fold(undefined as unknown as Key, 0)).toThrow('fold: expected a key, got undefined.');
  });
});
