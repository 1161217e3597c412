import { readSync, reference, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { bernoulli, count, gaussian, mixed, softmax, spin } from '../index.js';
import { numberByNumber, openRows } from './rows.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

describe('rows of bytes', () => {
  const open = (units: Parameters<typeof openRows>[1], bytes: readonly number[]) => () =>
    openRows('freeEnergies', units, Uint8Array.from(bytes));

  it('are states of the units, or refused with advice', () => {
    expect(open(bernoulli(2), [1, 0])().count).toBe(1);
    expect(open(bernoulli(2), [1, 2])).toThrow('freeEnergies: expected states of 0 or 1, got 2.');
    expect(open(spin(2), [1, 0])).toThrow(
      'freeEnergies: expected states of -1 or 1, got 0. Spins are -1 and 1: turn bits x into 2 x - 1, in a Float32Array.',
    );
    expect(open(softmax(3), [0, 1, 0, 1, 1, 0])).toThrow('expected one of 1,0,0 or 0,1,0 or 0,0,1 at 0, got 1,1,0.');
    expect(open(mixed([bernoulli(1), softmax(2)]), [1, 0, 0])).toThrow('expected one of 1,0 or 0,1 at 1, got 0,0.');
    expect(open(gaussian(2), [1, 7])).toThrow('expected states of 0 or 1, got 7.');
  });

  it('may be counts of words, and then are numbers', () => {
    const rows = open(count(3), [4, 0, 1, 0, 2, 0])();
    const batch = rows.batch(0, 2);
    expect(batch.dtype).toBe('float32');
    expect([...readSync(batch)]).toEqual([4, 0, 1, 0, 2, 0]);
  });

  it('are checked part by part in a mixed layer, beside counts and real units too', () => {
    const counts = mixed([bernoulli(2), count(3)]);
    expect([...readSync(open(counts, [1, 0, 1, 200, 0])().batch(0, 1))]).toEqual([1, 0, 1, 200, 0]);
    expect(open(counts, [7, 0, 1, 2, 0])).toThrow('freeEnergies: expected states of 0 or 1, got 7.');
    expect(open(mixed([count(3), bernoulli(2)]), [1, 2, 0, 1, 0, 0, 0, 3, 0, 5])).toThrow('got 5');
    const nested = mixed([counts, mixed([gaussian(1), softmax(2)])]);
    expect(open(nested, [1, 0, 9, 2, 0, 1, 0, 1])().count).toBe(1);
    expect(open(nested, [1, 0, 9, 2, 0, 1, 1, 1])).toThrow('expected one of 1,0 or 0,1 at 6, got 1,1.');
    expect(open(nested, [1, 0, 9, 2, 0, 3, 0, 1])).toThrow('expected states of 0 or 1, got 3.');
    expect(open(numberByNumber(nested), [1, 0, 9, 2, 0, 1, 1, 1])().count).toBe(1);
    expect(open(numberByNumber(nested), [1, 2, 9, 2, 0, 1, 1, 1])).toThrow('got 2');
  });

  it('that are known in part are checked number by number', () => {
    expect(open(numberByNumber(softmax(3)), [0, 0, 0])().count).toBe(1);
    expect(open(numberByNumber(softmax(3)), [0, 3, 0])).toThrow('got 3');
    expect(open(numberByNumber(spin(1)), [0])).toThrow('got 0. Spins are -1 and 1');
    expect(open(numberByNumber(count(2)), [3, 0])().count).toBe(1);
  });
});
