import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { autoregressive, uniforms } from '../../fixtures/draws-for-tests.js';
import { type ReportedSample, sampleReport } from '../index.js';

const headings = (page: string) => [...page.matchAll(/<h2 id="([^"]+)"/g)].map(([, anchor]) => anchor);
const cells = (page: string) => [...page.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map(([, text]) => text);
const captions = (page: string) => [...page.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, text]) => text ?? '');

function expectSound(page: string): void {
  expect(XMLValidator.validate(page.replace('<!doctype html>', '').replace(/<meta ([^>]*)>/g, '<meta $1/>'))).toBe(
    true,
  );
  expect(page).not.toMatch(/undefined|\[object/);
}

const draws = autoregressive(1, [0, 0.5, 0.9], 4, 500);

describe('sampleReport', () => {
  it('has figures, a table and a section for each picture', () => {
    const page = sampleReport(
      {
        draws,
        stats: {
          acceptanceRate: [0.5, 0.6, 0.7, 0.8],
          diverged: [0, 0, 3, 0],
          energies: new Float32Array(2000).map((_, i) => i % 7),
        },
        status: 'diverging',
        message: '3 moves met a number that is not finite.',
      },
      { title: 'A & B', subtitle: 'with <i>', metadata: { seed: 7 } },
    );
    expectSound(page);
    expect(headings(page)).toEqual([
      'warnings',
      'summary',
      'intervals',
      'traces',
      'ranks',
      'marginals',
      'autocorrelation',
      'pairs',
      'energies',
    ]);
    for (const text of [
      'A &amp; B',
      'with &lt;i&gt;',
      '3 moves met a number that is not finite.',
      '<dt>seed</dt><dd>7</dd>',
      '4 × 500',
      '65%',
      '50% to 80% by chain',
      'moves, in 1 of 4 chains',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).toContain('<dd class="warning">diverging</dd>');
  });

  it('lists first the scalar that gives most concern, with the limits that it breaks', () => {
    const shifted = { ...draws, data: draws.data.map((value, i) => (i % 12 === 1 ? value + 3 : value)) };
    const page = sampleReport({ draws: shifted });
    expect(page).toMatch(/R-hat is above 1.01 for \d of 3 scalars, 1\.\d+ for x\[1\]: the chains disagree\./);
    expect(page).toMatch(
      /The effective sample size is below 400 \(100 for each chain\) for \d of 3 scalars, \d+(\.\d+)? for x\[1\]/,
    );
    const table = cells(page.slice(page.indexOf('id="summary"')));
    expect(table[10]).toBe('x[1]');
  });

  it('takes the warnings of the run instead of its own', () => {
    const warnings = [{ code: 'x', message: 'It drifts.', remedy: 'Wait.', parameter: 'x[2]' }];
    expect(cells(sampleReport({ draws, warnings })).slice(3, 6)).toEqual(['x[2]', 'It drifts.', 'Wait.']);
    expect(sampleReport({ draws, warnings: [] })).toContain('No usual limit is broken.');
  });

  it('holds one page of many scalars to one size, and says what it leaves out', () => {
    const many = autoregressive(6, new Array<number>(120).fill(0.3), 4, 50);
    const page = sampleReport({ draws: many }, { maxParameters: 4, maxRows: 10 });
    expectSound(page);
    expect(page).toContain('The 10 of 120 scalars that give most concern; the other 110 are left out.');
    expect(captions(page).filter((text) => text.includes('Shown are the 4 of 120 scalars'))).toHaveLength(5);
    expect(page.length).toBeLessThan(500_000);
  });

  it('shows draws that are images as images', () => {
    const uniform = uniforms(3);
    const data = Uint8Array.from({ length: 40 * 2 * 64 }, (_, i) => (i % 64 < 8 ? 0 : uniform() < 0.5 ? 1 : 0));
    const page = sampleReport({ draws: { v: { data, shape: [40, 2, 8, 8, 1] }, h: autoregressive(1, [0], 2, 40) } });
    expectSound(page);
    expect(headings(page)).toContain('images-of-v');
    expect(page).toContain('Grid of 20 images, 8 by 8 pixels each');
    expect(page).toMatch(/R-hat of each pixel, black at 1 or less and bright at 1\.\d\d\./);
    expect(page).toContain('8 of 65 scalars are the same number in every draw of every chain');
    const flat = { data, shape: [40, 2, 64] };
    expect(headings(sampleReport({ draws: flat }))).not.toContain('images');
    expect(headings(sampleReport({ draws: flat }, { imageShape: [8, 8] }))).toContain('images');
    expect(() => sampleReport({ draws: flat }, { imageShape: [9, 8] })).toThrow(
      'imageShape must have as many pixels as a draw',
    );
  });

  it('draws chains over the energy of a two-dimensional target', () => {
    const energy = [-1, 0, 1].map((y) => [-1, 0, 1].map((x) => x * x + y * y));
    const energyGrid = { energy, xRange: [-3, 3], yRange: [-3, 3] } as const;
    const page = sampleReport({ draws: autoregressive(1, [0, 0.5], 2, 900) }, { energyGrid });
    expectSound(page);
    expect(captions(page)[0]).toBe('The first 150 draws of each chain, a ring around the first.');
    expect(captions(page)[1]).toBe('One of every 3 draws of each chain.');
    expect(() => sampleReport({ draws }, { energyGrid })).toThrow(
      'energyGrid needs draws of two-dimensional states, got x [3]',
    );
  });

  it.each<[string, ReportedSample, RegExp]>([
    ['one chain', { draws: autoregressive(1, [0.2], 1, 300) }, /There is one chain, so that R-hat is unknown/],
    [
      'one draw',
      { draws: { data: [1, 2], shape: [1, 2] } },
      /1 draw of each chain are too few|1 draw of each chain is too few/,
    ],
    ['three draws of one chain', { draws: { data: [1, 2, 3], shape: [3, 1] } }, /3 draws of each chain are too few/],
    [
      'constants',
      { draws: { data: new Float32Array(40).fill(2), shape: [10, 4] } },
      /1 of 1 scalar is the same number in every draw/,
    ],
    [
      'NaN',
      { draws: { data: Float32Array.from(draws.data, (x, i) => (i === 5 ? Number.NaN : x)), shape: draws.shape } },
      /x\[2\] in 1 of 2000/,
    ],
    [
      'nothing but NaN',
      { draws: { data: new Float32Array(40).fill(Number.NaN), shape: [10, 4] } },
      /1 of 1 scalar is NaN or infinite/,
    ],
    ['a tree', { draws: { a: [draws], b: { data: new Float32Array(2000), shape: [500, 4] } } }, /a\[0\]\[2\]/],
  ])('works for %s', (_, result, text) => {
    const page = sampleReport(result);
    expectSound(page);
    expect(page).toMatch(text);
  });

  it('does not draw what is not there', () => {
    const page = sampleReport({ draws: autoregressive(1, [0.2], 1, 50) });
    expect(headings(page)).toEqual(['warnings', 'summary', 'intervals', 'traces', 'marginals', 'autocorrelation']);
  });

  it.each([
    [{ maxParameters: 0 }, 'sampleReport: maxParameters must be a whole number from 1 to 50, got 0'],
    [{ maxRows: 1.5 }, 'maxRows must be a whole number from 1 to 10000, got 1.5'],
    [{ parameters: ['y'] }, 'sampleReport: parameters must be names of the draws'],
  ])('refuses what it cannot write: %j', (options, message) => {
    expect(() => sampleReport({ draws }, options)).toThrow(message);
  });
});
