import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runningMoments } from '../index.js';
import { mean, variance } from '../numerics/moments.js';

const vectors = fc.array(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 3 }), {
  minLength: 2,
  maxLength: 60,
});

function momentsOf(rows: readonly (readonly number[])[]) {
  const moments = runningMoments({ size: 3 });
  for (const row of rows) moments.add(row);
  return moments;
}

function close(got: Float64Array, wanted: ArrayLike<number>): void {
  got.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] as number))).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(wanted[i] as number)));
  });
}

describe('runningMoments', () => {
  it('equals the mean and the variance of the whole', () => {
    fc.assert(
      fc.property(vectors, (rows) => {
        const moments = momentsOf(rows);
        const columns = [0, 1, 2].map((i) => Float64Array.from(rows, (row) => row[i] as number));
        close(moments.mean(), columns.map(mean));
        close(moments.variance(), columns.map(variance));
      }),
      { seed: 1 },
    );
  });

  it('merges streams into what one stream would give, also with an empty one', () => {
    fc.assert(
      fc.property(vectors, fc.nat({ max: 60 }), (rows, cut) => {
        const first = momentsOf(rows.slice(0, cut));
        first.merge(momentsOf(rows.slice(cut)).save());
        const whole = momentsOf(rows);
        expect(first.count()).toBe(rows.length);
        close(first.mean(), whole.mean());
        close(first.variance(), whole.variance());
      }),
      { seed: 1 },
    );
  });

  it('does not cancel for a large mean', () => {
    const moments = runningMoments({ size: 1 });
    for (const x of [4, 7, 13, 16]) moments.add([1e9 + x]);
    expect(moments.variance()).toEqual(Float64Array.of(30));
  });

  it('continues from what was saved, bit for bit', () => {
    const rows = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i), i / 7]);
    const half = momentsOf(rows.slice(0, 17)).save();
    const continued = runningMoments({ size: 3, saved: structuredClone(half) });
    for (const row of rows.slice(17)) continued.add(row);
    expect(continued.save()).toEqual(momentsOf(rows).save());
  });

  it('is NaN before there are enough vectors, and for a component with NaN', () => {
    const moments = runningMoments({ size: 2 });
    expect(moments.mean()).toEqual(Float64Array.of(Number.NaN, Number.NaN));
    moments.add([1, Number.NaN]);
    expect(moments.mean()).toEqual(Float64Array.of(1, Number.NaN));
    expect(moments.variance()).toEqual(Float64Array.of(Number.NaN, Number.NaN));
  });

  it('refuses wrong sizes', () => {
    expect(() => runningMoments({ size: 0 })).toThrow(
      'runningMoments: expected size to be a positive whole number, got 0.',
    );
    expect(() => runningMoments({ size: 2 }).add([1])).toThrow('runningMoments: expected 2 numbers, got 1.');
    expect(() => runningMoments({ size: 2 }).merge(runningMoments({ size: 1 }).save())).toThrow(RangeError);
  });
});
