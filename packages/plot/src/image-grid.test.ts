import fc from 'fast-check';
import { decode } from 'fast-png';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { imageGrid } from './image-grid.js';
import { toPng } from './to-png.js';

fc.configureGlobal({ seed: 2026, numRuns: 100 });

/** The RGB triple of a pixel of PNG bytes. */
function pixelOf(png: Uint8Array, x: number, y: number): number[] {
  const { width, channels, data } = decode(png);
  const start = (y * width + x) * channels;
  const values = [...data.slice(start, start + channels)];
  return channels === 1 ? [values[0] ?? -1, values[0] ?? -1, values[0] ?? -1] : values;
}

const black = [0, 0, 0];
const white = [255, 255, 255];
const gap = [176, 182, 191];
const magenta = [255, 0, 255];

describe('imageGrid', () => {
  it('places every pixel exactly, row by row, images from left to right', () => {
    const images = [
      [0, 1, 0.2, 0.4],
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ];
    const picture = imageGrid(images, { width: 2, height: 2, columns: 2, scale: 3, gap: 1 });
    expect([picture.width, picture.height]).toEqual([21, 21]);
    const at = (column: number, row: number) => pixelOf(picture.png, column * 3 + 1, row * 3 + 1);
    expect(at(0, 0)).toEqual(gap);
    expect(at(1, 1)).toEqual(black);
    expect(at(2, 1)).toEqual(white);
    expect(at(1, 2)).toEqual([51, 51, 51]);
    expect(at(2, 2)).toEqual([102, 102, 102]);
    expect(at(3, 1)).toEqual(gap);
    expect(at(4, 1)).toEqual(white);
    expect(at(2, 5)).toEqual(white);
    expect(at(4, 4)).toEqual(gap);
    expect(picture.notes).toEqual([]);
  });

  it('fills each scaled pixel as a square', () => {
    const { png } = imageGrid([[0, 1]], { width: 2, height: 1, scale: 4, gap: 0 });
    const { width, height, channels, data } = decode(png);
    expect([width, height, channels]).toEqual([8, 4, 1]);
    expect([...data]).toEqual(Array.from({ length: 32 }, (_, i) => (i % 8 < 4 ? 0 : 255)));
  });

  it('makes the same picture of a flat typed array', () => {
    const options = { width: 2, height: 1 };
    const flat = imageGrid(new Float32Array([0, 1, 0.5, 0.25]), options);
    const list = imageGrid([new Float32Array([0, 1]), [0.5, 0.25]], options);
    expect(flat).toEqual(list);
  });

  it('draws zero near-white, positive red and negative blue with diverging colours', () => {
    const { png } = imageGrid([[0, 2, -2, -1]], { width: 4, height: 1, scale: 1, gap: 0, colours: 'diverging' });
    const [, green = 0] = pixelOf(png, 0, 0);
    expect(green).toBeGreaterThan(240);
    expect(pixelOf(png, 1, 0)).toEqual([0x67, 0x00, 0x1f]);
    expect(pixelOf(png, 2, 0)).toEqual([0x05, 0x30, 0x61]);
    expect(pixelOf(png, 3, 0)[2]).toBeGreaterThan(pixelOf(png, 3, 0)[0] ?? 255);
  });

  it('gives each image its own range on request', () => {
    const { png } = imageGrid(
      [
        [0, 1],
        [10, 20],
      ],
      { width: 2, height: 1, scale: 1, gap: 0, range: 'each' },
    );
    expect([0, 1, 2, 3].map((x) => pixelOf(png, x, 0)[0])).toEqual([0, 255, 0, 255]);
  });

  it('draws non-finite pixels magenta and counts them, and counts those outside a given range', () => {
    const images = [[0, Number.NaN, Number.POSITIVE_INFINITY, 5]];
    const { png, notes, svg } = imageGrid(images, { width: 4, height: 1, scale: 1, gap: 0, range: [0, 1] });
    expect(pixelOf(png, 1, 0)).toEqual(magenta);
    expect(pixelOf(png, 2, 0)).toEqual(magenta);
    expect(pixelOf(png, 3, 0)).toEqual(white);
    expect(notes).toEqual([
      '2 of 4 pixels are NaN or infinite and drawn magenta.',
      '1 of 4 pixels is outside the range and drawn in its end colours.',
    ]);
    expect(svg).toContain('2 of 4 pixels are NaN');
  });

  it('draws an image of one value in the middle colour and one of NaN only in magenta', () => {
    expect(pixelOf(imageGrid([[7]], { width: 1, height: 1, gap: 0 }).png, 0, 0)).toEqual([128, 128, 128]);
    expect(pixelOf(imageGrid([[Number.NaN]], { width: 1, height: 1, gap: 0 }).png, 0, 0)).toEqual(magenta);
  });

  it('embeds the unscaled pixels in valid SVG', () => {
    const { svg, width, height } = imageGrid([[0, 1]], { width: 2, height: 1, scale: 5, title: 'a < b & "c"' });
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).toContain('image-rendering:pixelated');
    expect(svg).toContain(`width="${width}" height="${height}"`);
    const [, base64 = ''] = /base64,([^"]+)"/.exec(svg) ?? [];
    const embedded = decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
    expect([embedded.width, embedded.height]).toEqual([4, 3]);
  });

  it('gives its PNG without a rasteriser', async () => {
    const picture = imageGrid([[0, 1]], { width: 2, height: 1 });
    expect(await toPng(picture)).toBe(picture.png);
  });

  it('keeps the order of values in grey for any finite images', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 24 }),
        (values) => {
          const { png } = imageGrid([values], { width: values.length, height: 1, scale: 1, gap: 0 });
          const { data } = decode(png);
          const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
          order.slice(1).forEach((i, n) => {
            expect(data[i]).toBeGreaterThanOrEqual(data[order[n] ?? 0] ?? 0);
          });
        },
      ),
    );
  });

  it.each([
    [[], {}, 'imageGrid: at least one image is required'],
    [[[1, 2, 3]], {}, 'width × height = 4 values, image 0 has 3'],
    [[[1, 2, 3, 4], [1]], {}, 'image 1 has 1'],
    [[1, 2, 3, 4, 5], {}, 'multiple of width × height = 4 values, got 5'],
    [[[1, 2, 3, 4]], { scale: 0 }, 'scale must be a whole number of at least 1, got 0'],
    [[[1, 2, 3, 4]], { gap: 0.5 }, 'gap must be a whole number'],
    [[[1, 2, 3, 4]], { range: [1, 1] as const }, 'range must be [low, high]'],
    [[[1, 2, 3, 4]], { colours: 'rainbow' as 'grey' }, 'colours must be one of grey, ink'],
    [[[1, 2, 3, 4]], { scale: 9999 }, 'at most 100 million pixels'],
  ])('refuses what it cannot draw: %j %j', (images, options, message) => {
    expect(() => imageGrid(images, { width: 2, height: 2, ...options })).toThrow(message);
  });
});
