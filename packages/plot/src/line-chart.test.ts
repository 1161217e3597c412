import { describe, expect, it } from 'vitest';
import { lineChart } from './line-chart.js';

/** The path data of all stroked lines and bands, in the order of drawing. */
function paths(svg: string): string[] {
  return [...svg.matchAll(/<path d="([^"]+)"/g)].map(([, d = '']) => d);
}

/** The points of a path of straight lines. */
function points(d: string): [number, number][] {
  return [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

describe('lineChart', () => {
  it('places points in proportion to their values', () => {
    const [d = ''] = paths(lineChart({ series: [{ name: 'a', x: [0, 1, 4], y: [0, 10, 20] }] }).svg);
    const [[x0, y0], [x1, y1], [x2, y2]] = points(d) as [[number, number], [number, number], [number, number]];
    expect((x1 - x0) / (x2 - x0)).toBeCloseTo(1 / 4, 4);
    expect((y1 - y0) / (y2 - y0)).toBeCloseTo(1 / 2, 4);
    expect(y2).toBeLessThan(y0);
  });

  it('places points in proportion to their logarithms on logarithmic axes', () => {
    const chart = lineChart({ logX: true, logY: true, series: [{ name: 'a', x: [1, 10, 1000], y: [1, 100, 1000] }] });
    const [[x0, y0], [x1, y1], [x2, y2]] = points(paths(chart.svg)[0] ?? '') as [
      [number, number],
      [number, number],
      [number, number],
    ];
    expect((x1 - x0) / (x2 - x0)).toBeCloseTo(1 / 3, 4);
    expect((y1 - y0) / (y2 - y0)).toBeCloseTo(2 / 3, 4);
  });

  it('leaves a gap at NaN, marks it and says how many points are missing', () => {
    const y = [1, 2, Number.NaN, Number.POSITIVE_INFINITY, 3, 4];
    const { svg, notes } = lineChart({ series: [{ name: 'loss', y }] });
    const [line = '', crosses = ''] = paths(svg);
    expect(line.match(/M/g)).toHaveLength(2);
    expect(points(line)).toHaveLength(4);
    expect(crosses.match(/M/g)).toHaveLength(2);
    expect(notes).toEqual(['loss: 2 of 6 points are NaN, infinite or beyond 1e300 and left as gaps.']);
    expect(svg).toMatch(/<text [^>]*>loss: 2 of 6 points are NaN/);
  });

  it('draws a single point between gaps as a dot', () => {
    const [line = ''] = paths(lineChart({ series: [{ name: 'a', y: [Number.NaN, 5, Number.NaN] }] }).svg);
    expect(line).toMatch(/^M[\d.]+,[\d.]+Z$/);
  });

  it('says which points a logarithmic axis cannot show', () => {
    const { notes } = lineChart({ logY: true, series: [{ name: 'loss', y: [1, 0, -3, 2] }] });
    expect(notes).toEqual(['loss: 2 of 4 points are not positive, which a logarithmic axis cannot show.']);
  });

  it('says where a band cannot be drawn', () => {
    const band = { lower: [0, Number.NaN], upper: [2, 3] };
    expect(lineChart({ series: [{ name: 'a', y: [1, 2], band }] }).notes).toEqual([
      'a: the band cannot be drawn at 1 point.',
    ]);
  });

  it('shows a long line in a short path with its extremes', () => {
    const y = Float64Array.from({ length: 200_000 }, (_, i) => Math.sin(i / 7) + (i === 123_456 ? 40 : 0));
    const { svg } = lineChart({ series: [{ name: 'a', y }] });
    const line = points(paths(svg)[0] ?? '');
    expect(line.length).toBeLessThan(4 * 640);
    const heights = line.map(([, height]) => height).sort((a, b) => a - b);
    expect((heights[1] ?? 0) - (heights[0] ?? 0)).toBeGreaterThan(100);
  });

  it('counts x from 1 when it is left out', () => {
    const y = [3, 1, 2];
    expect(lineChart({ series: [{ name: 'a', y }] })).toEqual(lineChart({ series: [{ name: 'a', x: [1, 2, 3], y }] }));
  });

  it.each([
    [{ series: [] }, 'lineChart: series must hold at least one series, got an array of 0'],
    [
      { series: [{ name: 'a', x: [1], y: [1, 2] }] },
      'series "a" must have one value for each point, got 1 in x, 2 in y',
    ],
    [
      { series: [{ name: 'a', y: 'no' as unknown as number[] }] },
      'y of series "a" must be an array of numbers, got string',
    ],
    [{ series: [{ name: 'a', y: [1], band: { lower: [1], upper: [1, 2] } }] }, '2 in upper'],
  ])('refuses what it cannot draw: %j', (options, message) => {
    expect(() => lineChart(options)).toThrow(message);
  });
});
