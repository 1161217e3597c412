import fc from 'fast-check';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { autoregressive } from '../../fixtures/draws-for-tests.js';
import {
  autocorrelationPlot,
  energyPlot,
  forestPlot,
  landscapeChains,
  marginalPlot,
  type Picture,
  pairPlot,
  rankPlot,
  tracePlot,
} from '../index.js';

fc.configureGlobal({ seed: 2027, numRuns: 25 });

const draws = autoregressive(1, [0, 0.5, 0.9], 4, 200);
const paths = ({ svg }: Picture) => [...svg.matchAll(/<path d="([^"]+)"/g)].map(([, d = '']) => d);
const texts = ({ svg }: Picture) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('tracePlot', () => {
  it('draws one line for each chain and scalar, in proportion to the values', () => {
    const picture = tracePlot({ draws: { data: [0, 10, 4, 0], shape: [4, 1] } });
    const [d = ''] = paths(picture);
    const heights = [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, , y]) => Number(y)) as [
      number,
      number,
      number,
      number,
    ];
    expect(heights).toHaveLength(4);
    expect((heights[0] - heights[2]) / (heights[0] - heights[1])).toBeCloseTo(0.4, 2);
    expect(heights[3]).toBe(heights[0]);
    expect(paths(tracePlot({ draws }))).toHaveLength(12);
  });

  it('shades the warm-up and marks divergences of any chain', () => {
    const divergences = new Uint8Array(800);
    divergences[4 * 10] = divergences[4 * 10 + 3] = divergences[4 * 150] = 1;
    const picture = tracePlot({ draws, parameters: ['x[0]'], warmup: 100, divergences });
    expect(texts(picture)).toContain('warm-up');
    expect(
      paths(picture)
        .at(-1)
        ?.match(/M[\d.]+,[\d.]+v-9/g),
    ).toHaveLength(2);
    expect(picture.notes).toEqual(['3 draws came of a move that diverged, marked in the colour of this note.']);
    const rectangle = /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*fill-opacity:0.16/.exec(picture.svg);
    expect(Number(rectangle?.[2])).toBeGreaterThan(300);
  });

  it('leaves gaps where draws are not finite, and counts them', () => {
    const data = Float32Array.from(draws.data, (value, i) => (i % 60 === 0 ? Number.NaN : value));
    expect(tracePlot({ draws: { ...draws, data }, parameters: ['x[0]'] }).notes).toEqual([
      'x[0]: 40 of 800 draws are NaN, infinite or beyond 1e300 and left as gaps.',
    ]);
  });

  it('counts steps as the caller says', () => {
    const picture = tracePlot({ draws, firstStep: 1000, thin: 10 });
    expect(texts(picture)).toContain('2,000');
  });

  it.each([
    [{ warmup: 201 }, 'warmup must be a whole number from 0 to the 200 draws, got 201'],
    [{ thin: 0 }, 'thin must be a whole number from 1, got 0'],
    [{ divergences: [1] }, 'divergences must have 200 × 4 flags, one for each step and chain, got 1'],
    [{ width: 10 }, 'width must be 200 to 10000 and panelHeight 40 to 2000 pixels, got 10'],
    [{ columns: 99 }, 'columns must be a whole number of at least 1 that leaves each panel 100 pixels, got 99'],
  ])('refuses what it cannot draw: %j', (options, message) => {
    expect(() => tracePlot({ draws, ...options, parameters: Array.from({ length: 99 }, () => 'x[0]') })).toThrow(
      message,
    );
  });
});

describe('rankPlot, autocorrelationPlot and marginalPlot', () => {
  it('says that ranks of one chain show nothing', () => {
    const one = autoregressive(2, [0.5], 1, 100);
    expect(rankPlot({ draws: one }).notes).toEqual([
      'Ranks compare chains: those of a single chain are uniform whatever it does.',
    ]);
  });

  it('writes the integrated time of each chain, and marks it on the axis', () => {
    const picture = autocorrelationPlot({ draws: autoregressive(3, [0.5], 3, 4000) });
    const [times] = texts(picture).filter((text) => text?.startsWith('τ'));
    const numbers = (times ?? '').slice(4).split(', ').map(Number);
    expect(numbers).toHaveLength(3);
    // The time of this process is 3; its estimate from 4,000 draws has a standard error of about 0.2.
    for (const time of numbers) expect(Math.abs(time - 3)).toBeLessThan(1);
    expect(paths(picture).filter((d) => d.endsWith('l4,9h-8z'))).toHaveLength(3);
  });

  it('has no line for a chain that never moves', () => {
    const data = Float32Array.from(draws.data, (value, i) => (Math.floor(i / 3) % 4 === 0 ? 1 : value));
    const picture = autocorrelationPlot({ draws: { ...draws, data }, parameters: ['x[1]'] });
    expect(picture.svg).not.toMatch(/NaN/);
    expect(paths(picture).filter((d) => d.startsWith('M') && d.includes('L') && d.length > 200)).toHaveLength(3);
  });

  it('draws one bar for each value of spins, in proportion to how often it occurs', () => {
    const spins = { data: Int8Array.of(-1, -1, -1, 1, -1, -1, 1, -1), shape: [8, 1] };
    const [area = ''] = paths(marginalPlot({ draws: spins }));
    const heights = [...area.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, , y]) => Number(y));
    const ground = Math.max(...heights);
    const tops = [...new Set(heights.filter((y) => y < ground))].map((y) => ground - y).sort((a, b) => a - b);
    expect((tops[1] ?? 0) / (tops[0] ?? 1)).toBeCloseTo(3, 1);
  });

  it('writes the quantiles of all chains', () => {
    const line = { data: Float64Array.from({ length: 101 }, (_, i) => i), shape: [101, 1] };
    expect(texts(marginalPlot({ draws: line, probabilities: [0.1, 0.5] }))).toContain('10 · 50');
  });
});

describe('forestPlot', () => {
  it('marks figures that break the usual limits', () => {
    const shifted = { ...draws, data: draws.data.map((value, i) => (i % 12 === 0 ? value + 2 : value)) };
    const { svg } = forestPlot({ draws: shifted });
    const figures = [...svg.matchAll(/font-weight:(\d+)[^>]*>([\d.,]+)<\/text>/g)].map(([, weight, text]) => [
      weight,
      text,
    ]);
    const hats = figures.filter(([, text]) => /^\d\.\d{3}$/.test(text ?? ''));
    expect(hats[0]?.[0]).toBe('600');
    expect(hats[1]?.[0]).toBe('400');
  });

  it('draws intervals between quantiles', () => {
    const line = { data: Float64Array.from({ length: 1001 }, (_, i) => i), shape: [1001, 1] };
    const { svg } = forestPlot({ draws: line, interval: 0.8 });
    const [thin, thick] = [1.3, 3.6].map((width) => {
      const found = new RegExp(`<line x1="([\\d.]+)" x2="([\\d.]+)"[^>]*stroke-width:${width}"`).exec(svg);
      return Number(found?.[2]) - Number(found?.[1]);
    });
    expect((thin ?? 0) / (thick ?? 1)).toBeCloseTo(0.8 / 0.5, 2);
  });

  it('refuses an interval that is no share', () => {
    expect(() => forestPlot({ draws, interval: 95 })).toThrow('interval must be a share above 0.5 and below 1, got 95');
  });
});

describe('pairPlot', () => {
  it('draws each pair once, with marginals on the diagonal', () => {
    const withMarginals = pairPlot({ draws });
    expect(withMarginals.svg.match(/<rect [^>]*fill:none/g)).toHaveLength(6);
    expect(pairPlot({ draws, marginals: false }).svg.match(/<rect [^>]*fill:none/g)).toHaveLength(3);
    expect(pairPlot({ draws, kind: 'density' }).svg.match(/<image /g)).toHaveLength(3);
  });

  it('thins dots but none of the divergences', () => {
    const many = autoregressive(4, [0, 0], 4, 1000);
    const divergences = Uint8Array.from({ length: 4000 }, (_, i) => (i % 1000 === 7 ? 1 : 0));
    const picture = pairPlot({ draws: many, divergences });
    expect(picture.notes[0]).toBe('Of every 3 steps one is drawn as dots.');
    const dots = paths(picture).map((d) => d.match(/h0/g)?.length ?? 0);
    expect(dots.filter((count) => count === 334)).toHaveLength(4);
    expect(dots.filter((count) => count === 1 || count === 4).reduce((a, b) => a + b, 0)).toBe(4);
  });

  it('refuses too few and too many scalars', () => {
    expect(() => pairPlot({ draws, parameters: ['x[0]'] })).toThrow('from 2 to 12 scalars are required, got 1');
  });
});

describe('energyPlot and landscapeChains', () => {
  it('writes the energy fraction of each chain', () => {
    const energies = { data: [0, 1, 1, 3, 0, 1, 1, 3], shape: [4, 2] };
    // Chain 0 has 0, 1, 0, 1: changes 3, spread 1. Chain 1 has 1, 3, 1, 3: changes 12, spread 4.
    expect(texts(energyPlot({ energies })).filter((text) => text?.startsWith('energy fraction'))).toEqual([
      'energy fraction 3',
      'energy fraction 3',
    ]);
    expect(() => energyPlot({ energies: { data: [1, 2], shape: [1, 1, 2] } })).toThrow(
      'energyPlot: energies must be one number for each step and chain, got the shape [1, 1, 2]',
    );
  });

  it('cuts two-dimensional draws into chains', () => {
    const flat = { data: [0, 1, 2, 3, 4, 5, 6, 7], shape: [2, 2, 2] };
    expect(landscapeChains(flat)).toEqual([
      { name: 'chain 0', x: Float64Array.of(0, 4), y: Float64Array.of(1, 5), draw: 'path' },
      { name: 'chain 1', x: Float64Array.of(2, 6), y: Float64Array.of(3, 7), draw: 'path' },
    ]);
    expect(() => landscapeChains(draws)).toThrow('draws must have the shape [steps, chains, 2], got [200, 4, 3]');
  });
});

describe('every picture of chains, for any draws', () => {
  const value = fc.oneof(fc.double(), fc.constantFrom(0, 1, -1, 1e-320, 1e307, Number.NaN));
  const any = fc
    .record({ steps: fc.integer({ min: 1, max: 9 }), chains: fc.integer({ min: 1, max: 3 }) })
    .chain(({ steps, chains }) =>
      fc
        .array(value, { minLength: steps * chains * 2, maxLength: steps * chains * 2 })
        .map((data) => ({ data, shape: [steps, chains, 2] })),
    );
  it.each([
    ['tracePlot', tracePlot],
    ['rankPlot', rankPlot],
    ['autocorrelationPlot', autocorrelationPlot],
    ['marginalPlot', marginalPlot],
    ['histograms', (options: Parameters<typeof marginalPlot>[0]) => marginalPlot({ ...options, kind: 'histogram' })],
    ['pairPlot', pairPlot],
    ['densities of pairs', (options: Parameters<typeof pairPlot>[0]) => pairPlot({ ...options, kind: 'density' })],
    ['forestPlot', forestPlot],
    [
      'energyPlot',
      ({ draws: { data, shape } }: { draws: { data: number[]; shape: number[] } }) =>
        energyPlot({ energies: { data: data.slice(0, (shape[0] ?? 0) * (shape[1] ?? 0)), shape: shape.slice(0, 2) } }),
    ],
  ] as const)('%s', (_, draw) => {
    fc.assert(
      fc.property(any, (given) => {
        const { svg, width, height } = draw({ draws: given });
        expect(XMLValidator.validate(svg)).toBe(true);
        const marks = svg.replace(
          /<desc>.*?<\/desc>|<title>.*?<\/title>|<text [^>]*>[^<]*<\/text>|aria-label="[^"]*"/gs,
          '',
        );
        expect(marks).not.toMatch(/NaN|Infinity|undefined|null/);
        expect(svg).toContain('role="img"');
        expect(Number.isFinite(width * height)).toBe(true);
      }),
    );
  });
});
