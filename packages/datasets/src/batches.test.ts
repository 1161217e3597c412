import { fold, key } from '@ebmkit/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, shuffledOrder, takeRows } from './index.js';

const data = Float32Array.from({ length: 20 }, (_, i) => i);
const options = { eventShape: [2], batchSize: 4, key: key(1), epoch: 0 };

describe('shuffledOrder', () => {
  it('is a permutation', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(), (count, seed) => {
        const sorted = shuffledOrder(key(seed), count).sort();
        expect([...sorted]).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    );
  });

  it('gives each of the 24 orders of 4 equally often', () => {
    const draws = 24_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const order = shuffledOrder(fold(key(2), i), 4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const sigma = Math.sqrt(draws * (1 / 24) * (23 / 24));
    for (const count of counts.values()) expect(Math.abs(count - draws / 24)).toBeLessThan(5 * sigma);
  });
});

describe('batches', () => {
  it('hold every row once an epoch, with its values', () => {
    const all = [...batches(data, options)];
    expect(all.map(({ index, shape }) => [index, ...shape])).toEqual([
      [0, 4, 2],
      [1, 4, 2],
      [2, 2, 2],
    ]);
    expect(all.flatMap(({ rows }) => [...rows]).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { rows, values } of all) expect([...values]).toEqual([...rows].flatMap((row) => [2 * row, 2 * row + 1]));
  });

  it('can leave the last, smaller one out', () => {
    expect([...batches(data, { ...options, dropLast: true })]).toEqual([...batches(data, options)].slice(0, 2));
  });

  it('differ from epoch to epoch and follow from the key', () => {
    const order = (epoch: number, seed = 1) =>
      [...batches(data, { ...options, epoch, key: key(seed) })].flatMap(({ rows }) => [...rows]);
    expect(order(1)).not.toEqual(order(0));
    expect(order(0, 2)).not.toEqual(order(0));
    expect(order(3)).toEqual(order(3));
  });

  it('go on where an epoch stopped', () => {
    expect([...batches(data, { ...options, epoch: 5, from: 1 })]).toEqual(
      [...batches(data, { ...options, epoch: 5 })].slice(1),
    );
    expect([...batches(data, { ...options, from: 3 })]).toEqual([]);
  });

  it('keep the type of the array and can be gone through twice', () => {
    const bytes = batches(new Uint8Array(10), { ...options, eventShape: [] });
    expect([...bytes][0]?.values).toBeInstanceOf(Uint8Array);
    expect([...bytes]).toEqual([...bytes]);
    const buffer = Buffer.from([1, 2, 3]);
    expect(takeRows(buffer as Uint8Array, [2, 1])).toEqual(new Uint8Array([3, 2]));
    expect([...buffer]).toEqual([1, 2, 3]);
    expect([...takeRows(new Int32Array([7, 8, 9]), [2, 0, 2])]).toEqual([9, 7, 9]);
  });

  it.each([
    ['do not divide into rows of shape [3]', { eventShape: [3] }],
    ['batchSize must be', { batchSize: 0 }],
    ['key must be a key', { key: 3 }],
    ['epoch must be', { epoch: -1 }],
    ['from must be', { from: 0.5 }],
  ])('check their options: %s', (message, change) => {
    expect(() => batches(data, { ...options, ...change } as never)).toThrow(message);
  });
});
