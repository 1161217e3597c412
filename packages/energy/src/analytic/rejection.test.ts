import { jit, key } from '@ebmkit/tensor';
import { describe, expect, test } from 'vitest';
import { doubleWell } from './double-well.js';
import { integrate, lineNodes, planeNodes } from './quadrature.js';
import { evenEdges, gap, type Interval, staircaseRejection } from './rejection.js';

const energy = (x: number): number => 3 * (x * x - 1) ** 2;
const end = Math.sqrt(1 + Math.sqrt(745 / 3));
const count = 100_000;
const well = (cells: number) =>
  staircaseRejection('test', energy, {
    edges: [evenEdges(-end, end, cells)],
    floor: (x) => (gap(x, 1) === 0 || gap(x, -1) === 0 ? 0 : Math.min(energy(x[0]), energy(x[1]))),
  });
const averageOf = (n: number, f: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => f(i)).reduce((a, b) => a + b, 0) / n;

describe('staircaseRejection', () => {
  test.each([2, 7, 1024])('draws from the density whatever the number of cells, here %d', (cells) => {
    const secondMoment = integrate(energy, lineNodes(-end, end, 1e-3)).covariance[0] as number;
    const draws = well(cells)(key(5), count);
    expect(draws.length).toBe(count);
    const power = (k: number): number => averageOf(count, (i) => (draws[i] as number) ** k);
    expect(Math.abs(power(1))).toBeLessThan(5 * Math.sqrt(power(2) / count));
    expect(Math.abs(power(2) - secondMoment)).toBeLessThan(5 * Math.sqrt((power(4) - power(2) ** 2) / count));
  });

  test('draws pairs in the plane, on cells of any size', () => {
    // Correlated, on a box that is not symmetric.
    const plane = (x: number, y: number): number => x * x + (y - x) ** 2;
    const spread = (a: Interval, b: Interval): number => gap([a[0] - b[1], a[1] - b[0]], 0);
    const draws = staircaseRejection('test', plane, {
      edges: [evenEdges(-5, 7, 40), Float64Array.from([-8, -3, -1, -0.5, 0, 0.25, 1, 2, 9])],
      floor: (x, y) => gap(x, 0) ** 2 + spread(y, x) ** 2,
    })(key(2), count);
    const { mean, covariance } = integrate(plane, planeNodes(lineNodes(-5, 7, 0.1), lineNodes(-8, 9, 0.1)));
    expect(mean[0]).toBeCloseTo(0, 8);
    for (const [k, [i, j]] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].entries() as Iterable<[number, [number, number]]>) {
      const products = (n: number): number => (draws[2 * n + i] as number) * (draws[2 * n + j] as number);
      const error = Math.sqrt(averageOf(count, (n) => products(n) ** 2) / count);
      expect(Math.abs(averageOf(count, products) - (covariance[k] as number))).toBeLessThan(5 * error);
    }
  });

  test('makes the same draws from the same key', () => {
    const draw = well(64);
    expect(draw(key(1), 9)).toEqual(draw(key(1), 9));
    expect(draw(key(1), 0).length).toBe(0);
  });

  test('says that it cannot be traced', () => {
    expect(() => jit((k: ReturnType<typeof key>) => doubleWell().draw(k, 3))(key(1))).toThrow(
      /doubleWell.draw: .*cannot run inside jit/,
    );
  });
});
