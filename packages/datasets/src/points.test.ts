import { type Key, key } from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import { checkerboard, gaussianGrid, type Points, pinwheel, rings, spirals, twoMoons } from './index.js';

const count = 20_000;
const xy = ({ points }: Points, i: number) => [points[2 * i] as number, points[2 * i + 1] as number] as const;
const each = (drawn: Points, f: (x: number, y: number, label: number) => number) =>
  Array.from({ length: drawn.count }, (_, i) => f(...xy(drawn, i), drawn.labels[i] as number));

/** Fails unless the mean of independent values is the expected one within 5 standard errors. */
function expectMean(values: readonly number[], mean: number): void {
  const average = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - average) ** 2, 0) / values.length;
  expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(variance / values.length) + 1e-9);
}

const figures: Readonly<Record<string, { draw: (key: Key, count: number) => Points; parts: number }>> = {
  twoMoons: { draw: (k, n) => twoMoons(k, { count: n }), parts: 2 },
  rings: { draw: (k, n) => rings(k, { count: n }), parts: 3 },
  gaussianGrid: { draw: (k, n) => gaussianGrid(k, { count: n }), parts: 25 },
  checkerboard: { draw: (k, n) => checkerboard(k, { count: n }), parts: 8 },
  spirals: { draw: (k, n) => spirals(k, { count: n }), parts: 2 },
  pinwheel: { draw: (k, n) => pinwheel(k, { count: n }), parts: 5 },
};

describe.each(Object.entries(figures))('%s', (_, { draw, parts }) => {
  it('follows from the key alone', () => {
    expect(draw(key(1), 100)).toEqual(draw(key(1), 100));
    expect(draw(key(2), 100).points).not.toEqual(draw(key(1), 100).points);
    expect(draw(key(1), 0)).toEqual({ points: new Float32Array(0), labels: new Int32Array(0), count: 0 });
  });

  it('has all its parts, equally often', () => {
    const drawn = draw(key(3), count);
    expect(drawn.points.length).toBe(2 * count);
    for (let part = 0; part < parts; part++)
      expectMean(
        each(drawn, (_x, _y, label) => (label === part ? 1 : 0)),
        1 / parts,
      );
  });

  it('checks its arguments', () => {
    expect(() => draw(3 as never, 5)).toThrow('expected a key first');
    expect(() => draw(key(1), 1.5)).toThrow('count must be a whole number');
  });
});

describe('figures', () => {
  it('two moons without noise lie on half circles', () => {
    for (const distance of each(twoMoons(key(4), { count: 500, noise: 0 }), (x, y, label) =>
      label === 0 ? Math.hypot(x, y) : Math.hypot(x - 1, y - 0.5),
    ))
      expect(distance).toBeCloseTo(1, 5);
    const drawn = twoMoons(key(4), { count });
    expectMean(
      each(drawn, (x) => x),
      0.5,
    );
    expectMean(
      each(drawn, (_, y) => y),
      0.25,
    );
  });

  it('rings have their radii and spread', () => {
    const drawn = rings(key(5), { count, radii: [2, 5], noise: 0.2 });
    const offsets = each(drawn, (x, y, label) => Math.hypot(x, y) - (label === 0 ? 2 : 5));
    expectMean(offsets, 0);
    expectMean(
      offsets.map((d) => d * d),
      0.04,
    );
    expectMean(
      each(drawn, (x) => x),
      0,
    );
  });

  it('the Gaussians of the grid have their means and variances', () => {
    const drawn = gaussianGrid(key(6), { count, side: 2, spacing: 6, noise: 0.5 });
    const [dx, dy] = [
      each(drawn, (x, _, label) => x - (label % 2 === 0 ? -3 : 3)),
      each(drawn, (_, y, label) => y - (label < 2 ? -3 : 3)),
    ];
    for (const d of [dx, dy]) {
      expectMean(d, 0);
      expectMean(
        d.map((v) => v * v),
        0.25,
      );
    }
  });

  it('the checkerboard has points on dark fields only, everywhere on them', () => {
    const drawn = checkerboard(key(7), { count });
    for (const sum of each(drawn, (x, y) => Math.floor(x / 2) + Math.floor(y / 2))) expect(Math.abs(sum % 2)).toBe(0);
    expectMean(
      each(drawn, (x) => x * x),
      16 / 3,
    );
    expectMean(
      each(drawn, (x, y) => x * y),
      1,
    );
  });

  it('spirals and pinwheels have their parts turned by equal angles', () => {
    for (const drawn of [spirals(key(8), { count, arms: 3 }), pinwheel(key(8), { count, arms: 3 })]) {
      const turned = (part: number, f: (x: number, y: number) => number) =>
        each(drawn, (x, y, label) => {
          const angle = (2 * Math.PI * part) / 3;
          const back = [x * Math.cos(angle) + y * Math.sin(angle), -x * Math.sin(angle) + y * Math.cos(angle)] as const;
          return label === part ? f(...back) : Number.NaN;
        }).filter((v) => !Number.isNaN(v));
      const first = turned(0, (x) => x);
      const mean = first.reduce((a, b) => a + b, 0) / first.length;
      const spread = Math.sqrt(first.reduce((a, b) => a + (b - mean) ** 2, 0) / first.length);
      for (const part of [1, 2]) {
        const other = turned(part, (x) => x);
        const difference = other.reduce((a, b) => a + b, 0) / other.length - mean;
        expect(Math.abs(difference)).toBeLessThan(5 * spread * Math.sqrt(1 / first.length + 1 / other.length));
      }
    }
    const ends = each(spirals(key(9), { count: 500, noise: 0 }), (x, y) => Math.hypot(x, y));
    expect(Math.max(...ends)).toBeLessThanOrEqual(3);
    expect(Math.max(...ends)).toBeGreaterThan(2.9);
  });

  it('settings are checked', () => {
    expect(() => twoMoons(key(1), { count: 1, noise: -1 })).toThrow('twoMoons: noise');
    expect(() => rings(key(1), { count: 1, radii: [] })).toThrow('rings: expected at least one radius');
    expect(() => rings(key(1), { count: 1, radii: [Number.NaN] })).toThrow('rings: a radius');
    expect(() => gaussianGrid(key(1), { count: 1, side: 0 })).toThrow('gaussianGrid: side');
    expect(() => checkerboard(key(1), { count: 1, side: 1 })).toThrow('checkerboard: side');
    expect(() => spirals(key(1), { count: 1, arms: 0 })).toThrow('spirals: arms');
    expect(() => pinwheel(key(1), { count: 1, rate: Number.NaN })).toThrow('pinwheel: rate');
  });
});
