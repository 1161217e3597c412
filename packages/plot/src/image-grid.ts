import { type ColourMapName, colourMapNames, colourTable } from './colour-map.js';
import { counted } from './drawable-values.js';
import { separate } from './image-list.js';
import { checkArea, paintImages } from './image-paint.js';
import { imageRanges, rangeNotes } from './image-range.js';
import { element, escapeMarkup } from './markup.js';
import type { RasterPicture } from './picture.js';
import { encodePng, enlarge, pngAddress } from './png-bytes.js';

/** How {@link imageGrid} lays out and colours its images. */
export interface ImageGridOptions {
  /** Width of each image, in its own pixels. */
  readonly width: number;
  /** Height of each image, in its own pixels. */
  readonly height: number;
  /** Number of images in a row; the square root of their number, rounded up, unless told. */
  readonly columns?: number;
  /** How many pixels of the picture one pixel of an image takes in both directions, 2 unless told. */
  readonly scale?: number;
  /** The gap between images and around the grid, in pixels of the images, 1 unless told. */
  readonly gap?: number;
  /**
   * The values that get the first and the last colour; values beyond them get the end colours and are counted in `notes`.
   * `'each'` takes the range of every image by itself. Left out, all images share the range of all finite values.
   * With `diverging` colours both automatic ranges are symmetric about zero, so that zero is near-white.
   */
  readonly range?: readonly [number, number] | 'each';
  /** The colour map, `grey` unless told; `diverging` suits signed values such as filters. */
  readonly colours?: ColourMapName;
  /** The name of the picture for screen readers and tooltips; it is not drawn. */
  readonly title?: string;
}

/**
 * Draws images side by side, such as digits, samples or the filters of a Boltzmann machine.
 *
 * A pixel that is NaN or infinite is drawn magenta, a colour no map holds, and is counted in `notes`. Cells of the last
 * row that no image fills have the colour of the gap. Image 0 is at the top left and the next one is right of it.
 *
 * @param images - `[n, height × width]`, either as a list of flat images or as one flat array of n × height × width
 * values; each image row by row from the top
 * @param options - the size of the images, their layout and their colours
 * @returns the picture, with its PNG bytes; each image pixel is a `scale` by `scale` square
 * @throws RangeError when there is no image, an image has the wrong number of values, or an option is out of range
 * @throws TypeError when `images` is not an array
 * @example
 * ```ts
 * const picture = imageGrid([[0, 1, 1, 0], [1, 0, 0, 1]], { width: 2, height: 2, scale: 8 });
 * ```
 */
export function imageGrid(
  images: ArrayLike<number> | readonly ArrayLike<number>[],
  options: ImageGridOptions,
): RasterPicture {
  const { width, height, gap = 1, scale = 2, range, colours = 'grey', title = '' } = options;
  checkOptions({ ...options, gap, scale, colours });
  const list = separate(images, width * height);
  const columns = Math.min(options.columns ?? Math.ceil(Math.sqrt(list.length)), list.length);
  const ranges = imageRanges(list, range, colours === 'diverging');
  const image = paintImages(list, ranges, { width, height, columns, gap }, colourTable(colours));
  checkArea(image, scale);
  const size = { width: image.width * scale, height: image.height * scale };
  const shown =
    range === 'each' ? 'each on its own range' : `from ${brief(ranges[0]?.[0])} to ${brief(ranges[0]?.[1])}`;
  const grid = `Grid of ${counted(list.length, 'image')}, ${width} by ${height} pixels each, values ${shown}`;
  const description = title === '' ? grid : `${title}. ${grid}`;
  const notes = rangeNotes(list, ranges);
  const svg = wrapImage(encodePng(image), size, title || grid, [description, ...notes].join('. '));
  return { ...size, svg, png: encodePng(enlarge(image, scale)), description, notes };
}

function checkOptions(options: ImageGridOptions): void {
  const { range, colours } = options;
  for (const [name, least] of Object.entries({ width: 1, height: 1, columns: 1, scale: 1, gap: 0 })) {
    const value = options[name as 'width' | 'height' | 'columns' | 'scale' | 'gap'];
    if (value !== undefined && (!Number.isInteger(value) || value < least)) {
      throw new RangeError(
        `imageGrid: ${name} must be a whole number of at least ${least}, got ${value}. Count in pixels or images.`,
      );
    }
  }
  if (colours !== undefined && !colourMapNames.includes(colours)) {
    throw new RangeError(
      `imageGrid: colours must be one of ${colourMapNames.join(', ')}, got ${colours}. Choose one of them.`,
    );
  }
  if (Array.isArray(range) && !(range.length === 2 && range.every(Number.isFinite) && range[0] < range[1])) {
    throw new RangeError(
      `imageGrid: range must be [low, high] with low < high, got [${range.join(', ')}]. Leave it out for the range of the data.`,
    );
  }
}

function wrapImage(
  png: Uint8Array,
  size: { readonly width: number; readonly height: number },
  title: string,
  description: string,
): string {
  const { width, height } = size;
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: 'img',
      'aria-label': description,
      style: 'max-width:100%;height:auto',
    },
    element('title', {}, escapeMarkup(title)),
    element('desc', {}, escapeMarkup(description)),
    element('image', {
      width,
      height,
      href: pngAddress(png),
      preserveAspectRatio: 'none',
      style: 'image-rendering:pixelated',
    }),
  );
}

function brief(value: number | undefined): string {
  return String(Number((value ?? 0).toPrecision(3)));
}
