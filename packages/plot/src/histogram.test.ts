import { describe, expect, it } from 'vitest';
import { binHeights, histogram } from './histogram.js';

describe('binHeights', () => {
  it('counts into equal bins, the largest value into the last', () => {
    expect(binHeights([0, 0.5, 1, 1.5, 4], [0, 4], 4, 'count')).toEqual([2, 2, 0, 1]);
  });

  it('makes the area 1 as a density, over the finite values only', () => {
    const heights = binHeights([0, 1, 2, 2.5, Number.NaN, Number.POSITIVE_INFINITY], [0, 4], 8, 'density');
    expect(heights.reduce((sum, height) => sum + height * 0.5, 0)).toBeCloseTo(1, 12);
    expect(heights[4]).toBeCloseTo(1 / 4 / 0.5, 12);
  });
});

describe('histogram', () => {
  it('draws one outline for each set, with one step for each bin', () => {
    const series = [
      { name: 'train', values: [1, 2, 3] },
      { name: 'noise', values: [7, 8, 9] },
    ];
    const outlines = [...histogram({ series, bins: 5 }).svg.matchAll(/<path d="([^"]+)"/g)].map(([, d = '']) => d);
    expect(outlines).toHaveLength(2);
    expect(outlines[0]?.match(/H/g)).toHaveLength(5);
  });

  it('says how many values are in no bin', () => {
    const { notes, svg } = histogram({ series: [{ name: 'test', values: [1, 2, Number.NaN] }] });
    expect(notes).toEqual(['test: 1 of 3 values is NaN, infinite or beyond 1e300 and in no bin.']);
    expect(svg).toMatch(/<text [^>]*>test: 1 of 3 values is NaN/);
  });

  it('labels the axis with the measure unless told', () => {
    const series = [{ name: '', values: [1, 2] }];
    expect(histogram({ series }).svg).toContain('>density</text>');
    expect(histogram({ series, measure: 'count', yLabel: 'images' }).svg).toContain('>images</text>');
  });

  it('refuses a number of bins that is not a whole number from 1 to 2000', () => {
    expect(() => histogram({ bins: 2.5, series: [{ name: '', values: [1] }] })).toThrow(
      'histogram: bins must be a whole number from 1 to 2000, got 2.5',
    );
  });
});
