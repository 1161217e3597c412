import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it, vi } from 'vitest';
import { lineChart } from './line-chart.js';
import { toPng } from './to-png.js';

const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const fontFiles = [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')];
const picture = lineChart({ title: 'Loss', series: [{ name: 'train', y: [3, 2, 1] }] });

/** How many pixels of a part of a PNG are darker than half. */
function darkPixels(png: Uint8Array, bottom: number): number {
  const { width, channels, data } = decode(png);
  let dark = 0;
  for (let pixel = 0; pixel < width * bottom; pixel += 1) if ((data[pixel * channels] ?? 255) < 128) dark += 1;
  return dark;
}

describe('toPng', () => {
  it('rasterises a chart at a scale, with text, on white', async () => {
    const png = await toPng(picture, { scale: 1.5, fontFiles });
    const { width, height, channels, data } = decode(png);
    expect([width, height]).toEqual([960, 540]);
    expect([...data.slice(0, channels)].slice(0, 3)).toEqual([255, 255, 255]);
    const untitled = await toPng(lineChart({ series: [{ name: '', y: [3, 2, 1] }] }), { scale: 1.5, fontFiles });
    expect(darkPixels(png, 40)).toBeGreaterThan(100);
    expect(darkPixels(untitled, 12)).toBe(0);
  });

  it('leaves texts that look like a CSS variable alone', async () => {
    const title = 'var(--ebm-ink, #ffffff)';
    const odd = await toPng(lineChart({ title, series: [{ name: '', y: [1, 2] }] }), { fontFiles });
    const plain = await toPng(lineChart({ title: '#ffffff', series: [{ name: '', y: [1, 2] }] }), { fontFiles });
    expect(darkPixels(odd, 60)).toBeGreaterThan(darkPixels(plain, 60));
  });

  it('says when no font is found', async () => {
    await expect(toPng(picture, { fontFiles: ['/no/such/font.ttf'] })).rejects.toThrow(
      "toPng: a font is required to draw text, and none was found in /no/such/font.ttf. Pass fontFiles: ['/path/to/a-font.ttf'].",
    );
  });

  it('says what to install when the rasteriser is absent', async () => {
    vi.doMock('@resvg/resvg-js', () => {
      throw new Error('not installed');
    });
    await expect(toPng(picture)).rejects.toThrow('npm install @resvg/resvg-js');
    vi.doUnmock('@resvg/resvg-js');
  });

  it('refuses a scale out of range', async () => {
    await expect(toPng(picture, { scale: 0 })).rejects.toThrow('toPng: scale must be a number from 0.1 to 20, got 0');
  });
});
