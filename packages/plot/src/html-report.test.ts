import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { histogram } from './histogram.js';
import { htmlReport } from './html-report.js';
import { imageGrid } from './image-grid.js';
import { formatNumber } from './report-table.js';

const chart = histogram({ title: 'Free energies', series: [{ name: 'train', values: [1, 2, Number.NaN] }] });
const grid = imageGrid([[0, Number.NaN]], { width: 2, height: 1 });
const page = htmlReport({
  title: 'A & B <i>',
  subtitle: '"quoted"',
  highlights: [{ label: 'log Z', value: -1234.5678, detail: 'nats' }],
  sections: [
    {
      heading: 'Results',
      text: 'First <b>.\n\nSecond.',
      pictures: [{ picture: chart, caption: 'a < b' }, { picture: grid }],
    },
    {
      heading: 'Results',
      table: {
        columns: ['name', 'value'],
        rows: [
          ['<x>', Number.NaN],
          ['y', 12345.678],
        ],
      },
    },
    { heading: 'Über die Energie' },
  ],
  metadata: { command: 'ebmkit train <rbm>', seed: 7 },
});

describe('htmlReport', () => {
  it('is one well-formed page that asks the network for nothing', () => {
    const markup = page.replace('<!doctype html>', '').replace(/<meta ([^>]*)>/g, '<meta $1/>');
    expect(XMLValidator.validate(markup)).toBe(true);
    expect(page).not.toMatch(/(?:src|href)="(?!#|data:)/);
    expect(page).not.toMatch(/url\(|@import|<script|<link/);
    expect(page.match(/https?:\/\/[^"]*/g)?.every((address) => address === 'http://www.w3.org/2000/svg')).toBe(true);
    expect(page).toContain("default-src 'none'");
  });

  it('escapes every text', () => {
    expect(page).toContain('<h1>A &amp; B &lt;i&gt;</h1>');
    expect(page).toContain('&quot;quoted&quot;');
    expect(page).toContain('<p>First &lt;b&gt;.</p><p>Second.</p>');
    expect(page).toContain('<td>&lt;x&gt;</td>');
    expect(page).toContain('a &lt; b');
    expect(page).toContain('ebmkit train &lt;rbm&gt;');
  });

  it('gives every section an anchor of its own and lists it in the contents', () => {
    const anchors = [...page.matchAll(/<h2 id="([^"]+)"/g)].map(([, anchor]) => anchor);
    expect(anchors).toEqual(['results', 'results-2', 'über-die-energie']);
    const listed = [...page.matchAll(/<li><a href="#([^"]+)"/g)].map(([, anchor]) => anchor);
    expect(listed).toEqual(anchors);
  });

  it('shows the notes of pictures once', () => {
    expect(page.match(/<span class="note">1 of 2 pixels is NaN or infinite and drawn magenta\.<\/span>/g)).toHaveLength(
      1,
    );
    expect(page.match(/<text [^>]*>train: 1 of 3 values is NaN/g)).toHaveLength(1);
    expect(page).not.toContain('<span class="note">train');
  });

  it('writes numbers readably and marks those that are not finite', () => {
    expect(page).toContain('<td class="number warning">NaN</td>');
    expect(page).toContain('<td class="number">12,345.7</td>');
    expect(page).toContain('<dd>−1,234.57</dd>');
  });

  it('holds the pictures as they are', () => {
    expect(page).toContain(chart.svg);
    expect(page).toContain(grid.svg);
    const parsed = new XMLParser().parse(chart.svg) as { svg: { title: string } };
    expect(parsed.svg.title).toBe('Free energies');
  });

  it.each([
    [{ title: '', sections: [] }, 'htmlReport: title must be a text that is not empty, got ""'],
    [{ title: 'x', sections: undefined as never }, 'htmlReport: sections must be an array, got undefined'],
    [
      { title: 'x', sections: [{ heading: 'h', table: { columns: ['a'], rows: [[1, 2]] } }] },
      'every row of a table must have 1 cells, row 0 has 2',
    ],
  ])('refuses what it cannot write: %j', (options, message) => {
    expect(() => htmlReport(options)).toThrow(message);
  });
});

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [-98.2134567, '−98.2135'],
    [0.00012, '0.00012'],
    [1.5e-7, '1.500e−7'],
    [Number.NEGATIVE_INFINITY, '−∞'],
    [Number.NaN, 'NaN'],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
