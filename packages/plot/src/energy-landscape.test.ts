import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { contourLevels, contourPaths } from './contour-lines.js';
import { readEnergyGrid } from './energy-grid.js';
import { energyLandscape } from './energy-landscape.js';

const ramp = [
  [0, 1, 2],
  [3, 4, 5],
];
const ranges = { xRange: [0, 2], yRange: [0, 1] } as const;

/** Energies of a round bowl on [-1, 1]², whose lines of equal energy are circles. */
const bowl = Array.from({ length: 41 }, (_, row) =>
  Array.from({ length: 41 }, (_, column) => ((column - 20) / 20) ** 2 + ((row - 20) / 20) ** 2),
);

describe('energyLandscape', () => {
  it('puts row 0 at the bottom of the heat map and dark colours at low energies', () => {
    const { width, height, data } = decode(energyLandscape({ energy: ramp, ...ranges, colours: 'grey' }).heatMapPng);
    expect([width, height]).toEqual([480, 320]);
    const at = (column: number, row: number) => data[(row * 160 + 80) * width + column * 160 + 80];
    expect([at(0, 1), at(1, 1), at(2, 1)]).toEqual([0, 51, 102]);
    expect([at(0, 0), at(1, 0), at(2, 0)]).toEqual([153, 204, 255]);
  });

  it('draws NaN magenta and says so', () => {
    const energy = [
      [0, Number.NaN],
      [1, 2],
    ];
    const picture = energyLandscape({ energy, ...ranges });
    const { data, width, height } = decode(picture.heatMapPng);
    expect([...data.slice((height * width - 1) * 3)]).toEqual([255, 0, 255]);
    expect(picture.notes).toEqual(['1 of 4 grid points is NaN, infinite or beyond 1e300 and drawn magenta.']);
  });

  it('says which states of a chain are missing or outside', () => {
    const chains = [{ name: 'MALA', x: [1, Number.NaN, 9], y: [0.5, 0.5, 0.5] }];
    expect(energyLandscape({ energy: ramp, ...ranges, chains }).notes).toEqual([
      'MALA: 1 of 3 states is NaN, infinite or beyond 1e300 and left out.',
      'MALA: 1 of 3 states is outside the ranges of the picture.',
    ]);
  });

  it('says on the colour bar when energies are cut off', () => {
    expect(energyLandscape({ energy: ramp, ...ranges, range: [1, 4] }).svg).toContain(
      'energy (cut off below and above)',
    );
    expect(energyLandscape({ energy: ramp, ...ranges }).svg).not.toContain('cut off');
  });

  it.each([
    [{ energy: [[1, 2], [1]] }, 'all rows must have 2 energies like row 0, row 1 has 1'],
    [{ energy: [[1, 2]] }, 'energy must be an array of at least 2 rows, got 1'],
    [{ energy: [[1], [2]] }, 'each row must have at least 2 energies, got 1'],
    [{ xRange: [1, 0] as const }, 'xRange must be [low, high] with low < high, got [1,0]'],
    [{ range: [Number.NaN, 1] as const }, 'range must be [low, high]'],
    [{ contours: -1 }, 'contours must be a list of levels or a whole number from 0 to 200, got -1'],
    [{ chains: [{ name: 'c', x: [1], y: [] }] }, 'series "c" must have one value for each point, got 1 in x, 0 in y'],
  ])('refuses what it cannot draw: %j', (options, message) => {
    expect(() => energyLandscape({ energy: ramp, ...ranges, ...options })).toThrow(message);
  });
});

describe('contourPaths', () => {
  const place = (column: number, row: number) => [((column - 20) / 20) * 1000, ((row - 20) / 20) * 1000] as const;
  const pointsOf = (d: string) =>
    [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

  it('follows circles of a round bowl to the accuracy of linear interpolation', () => {
    const [d = ''] = contourPaths(readEnergyGrid(bowl), [0.49], place);
    const radii = pointsOf(d).map(([x, y]) => Math.hypot(x, y) / 1000);
    expect(radii.length).toBeGreaterThan(40);
    for (const radius of radii) expect(Math.abs(radius - 0.7)).toBeLessThan(0.05 ** 2 / (8 * 0.35));
  });

  it('ends at the border instead of running along it', () => {
    const [d = ''] = contourPaths(readEnergyGrid(bowl), [1.2], place);
    const reach = pointsOf(d).map(([x, y]) => Math.max(Math.abs(x), Math.abs(y)));
    expect(Math.max(...reach)).toBe(1000);
    expect(reach.filter((distance) => distance === 1000)).toHaveLength(2 * 4);
  });

  it('ends at energies that are not finite', () => {
    const holed = bowl.map((row, r) => row.map((value, c) => (r === 20 && c > 30 ? Number.NaN : value)));
    const [d = ''] = contourPaths(readEnergyGrid(holed), [0.49], place);
    for (const [x, y] of pointsOf(d)) {
      expect(Math.abs(Math.hypot(x, y) / 1000 - 0.7)).toBeLessThan(0.05 ** 2 / (8 * 0.35));
      expect(x > 500 && Math.abs(y) < 50).toBe(false);
    }
  });

  it('takes round levels inside the range, or those given', () => {
    expect(contourLevels(4, [0, 10])).toEqual([2, 4, 6, 8]);
    expect(contourLevels([1, 7.5], [0, 1])).toEqual([1, 7.5]);
    expect(contourLevels(0, [0, 1])).toEqual([]);
  });
});
