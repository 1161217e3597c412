import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { energyLandscape } from './energy-landscape.js';
import { histogram } from './histogram.js';
import { lineChart } from './line-chart.js';
import type { Picture } from './picture.js';
import { scatterChart } from './scatter-chart.js';
import { textWidth } from './text-width.js';

fc.configureGlobal({ seed: 2026, numRuns: 100 });

/** Any numbers: NaN, infinities, denormals and the largest of all. */
const numbers = fc.array(fc.double(), { minLength: 0, maxLength: 30 });

/** Any text, including quotes, angle brackets, control characters and lone surrogates. */
const text = fc.string({ unit: 'binary', maxLength: 30 });

function expectSound(picture: Picture): void {
  expect(XMLValidator.validate(picture.svg)).toBe(true);
  const marks = picture.svg.replace(
    /<desc>.*?<\/desc>|<title>.*?<\/title>|<text [^>]*>[^<]*<\/text>|aria-label="[^"]*"/gs,
    '',
  );
  expect(marks).not.toMatch(/NaN|Infinity|undefined|null/);
  expect(picture.svg).toContain('role="img"');
  expect(picture.width).toBeGreaterThan(0);
  expect(Number.isFinite(picture.height)).toBe(true);
}

describe('every chart, for any data and any text', () => {
  it('lineChart', () => {
    fc.assert(
      fc.property(numbers, text, fc.boolean(), fc.boolean(), (y, name, logX, logY) => {
        const band = { lower: y.map((value) => value - 1), upper: y.map((value) => value * 2) };
        const series = [
          { name, y, band },
          { name: 'b', x: y, y: [...y].reverse() },
        ];
        expectSound(lineChart({ series, title: name, xLabel: name, yLabel: name, logX, logY }));
      }),
    );
  });

  it('scatterChart', () => {
    fc.assert(
      fc.property(numbers, text, (x, name) => {
        expectSound(scatterChart({ title: name, series: [{ name, x, y: [...x].reverse() }] }));
      }),
    );
  });

  it('histogram', () => {
    fc.assert(
      fc.property(numbers, numbers, text, fc.integer({ min: 1, max: 60 }), (first, second, name, bins) => {
        const series = [
          { name, values: first },
          { name: 'b', values: Float64Array.from(second) },
        ];
        expectSound(histogram({ series, bins, title: name }));
      }),
    );
  });

  it('energyLandscape', () => {
    const grid = fc
      .integer({ min: 2, max: 5 })
      .chain((columns) =>
        fc.array(fc.array(fc.double(), { minLength: columns, maxLength: columns }), { minLength: 2, maxLength: 5 }),
      );
    fc.assert(
      fc.property(grid, numbers, text, (energy, x, name) => {
        const chains = [
          { name, x, y: [...x].reverse() },
          { name, x, y: x, draw: 'points' as const },
        ];
        expectSound(
          energyLandscape({ energy, xRange: [-2, 2], yRange: [0, 1], chains, title: name, energyLabel: name }),
        );
      }),
    );
  });
});

describe('size', () => {
  it.each([
    ['lineChart', () => lineChart({ width: 100, series: [{ name: 'a', y: [1] }] })],
    ['histogram', () => histogram({ height: Number.NaN, series: [{ name: 'a', values: [1] }] })],
    ['scatterChart', () => scatterChart({ width: 1e9, series: [{ name: 'a', x: [1], y: [1] }] })],
  ])('%s refuses a size that no chart fits in', (name, draw) => {
    expect(draw).toThrow(`${name}: width must be 200 to 10000 and height 150 to 10000 pixels, got`);
  });

  it('grows when the legend takes several rows', () => {
    const series = Array.from({ length: 60 }, (_, i) => ({ name: `a rather long name of chain ${i}`, y: [i, i + 1] }));
    const picture = lineChart({ series, height: 300 });
    expect(picture.height).toBeGreaterThan(300);
    expectSound(picture);
  });
});

describe('labels', () => {
  it('keeps the last label of the horizontal axis inside the picture', () => {
    const { svg, width } = lineChart({ series: [{ name: '', x: [0, 60_000], y: [0, 1] }] });
    const [, x] = /<text x="([\d.]+)"[^>]*>60,000<\/text>/.exec(svg) ?? [];
    expect(Number(x) + textWidth('60,000', 12) / 2).toBeLessThanOrEqual(width);
  });
});

describe('texts', () => {
  it('escapes names, labels and titles', () => {
    const { svg } = lineChart({
      title: '<script>alert(1)</script>',
      xLabel: 'a & b',
      series: [{ name: '"q"', y: [1, 2] }],
    });
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(svg).toContain('a &amp; b');
    expect(svg).toContain('&quot;q&quot;');
  });

  it('replaces characters that XML forbids', () => {
    const { svg } = lineChart({ title: 'bell \u0007 and \ud800', series: [{ name: 'a', y: [1, 2] }] });
    expect(svg).toContain('bell \ufffd and \ufffd');
  });
});
