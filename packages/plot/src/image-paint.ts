import { colourLevel, nonFiniteColour } from './colour-map.js';
import type { ImageRange } from './image-range.js';
import type { RgbImage } from './png-bytes.js';

/** Where the images of a grid go. */
export interface Layout {
  /** Width of each image in pixels. */
  readonly width: number;
  /** Height of each image in pixels. */
  readonly height: number;
  /** Number of images in a row. */
  readonly columns: number;
  /** Pixels between images and around the grid. */
  readonly gap: number;
}

/** The colour between images: a grey that differs from both ends of every colour map. */
const gapColour = [176, 182, 191] as const;

/** Paints all images, each with its own range; throws when there would be too many pixels to hold. */
export function paintImages(
  list: readonly ArrayLike<number>[],
  ranges: readonly ImageRange[],
  layout: Layout,
  table: Uint8Array,
): RgbImage {
  const { width, height, columns, gap } = layout;
  const rows = Math.ceil(list.length / columns);
  const total = { width: columns * (width + gap) + gap, height: rows * (height + gap) + gap };
  checkArea(total, 1);
  const data = new Uint8Array(total.width * total.height * 3);
  for (let at = 0; at < data.length; at += 3) data.set(gapColour, at);
  list.forEach((image, n) => {
    const range = ranges[n] ?? [0, 0];
    const left = gap + (n % columns) * (width + gap);
    const top = gap + Math.floor(n / columns) * (height + gap);
    for (let pixel = 0; pixel < image.length; pixel += 1) {
      const at = ((top + Math.floor(pixel / width)) * total.width + left + (pixel % width)) * 3;
      const value = image[pixel] ?? Number.NaN;
      if (!Number.isFinite(value)) data.set(nonFiniteColour, at);
      else {
        const level = colourLevel(value, range) * 3;
        data.set(table.subarray(level, level + 3), at);
      }
    }
  });
  return { ...total, data };
}

/** Throws when a picture would be too large to hold in memory. */
export function checkArea({ width, height }: { readonly width: number; readonly height: number }, scale: number): void {
  const pixels = width * scale * height * scale;
  if (pixels > 100_000_000) {
    throw new RangeError(
      `imageGrid: the picture may have at most 100 million pixels, got ${width * scale} by ${height * scale}. Draw fewer images or lower scale.`,
    );
  }
}
