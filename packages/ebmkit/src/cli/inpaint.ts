import { inpaint, type Rbm, type RbmParameters } from '@ebmkit/boltzmann';
import { imageGrid, type RasterPicture } from '@ebmkit/plot';
import { fold, key, split } from '@ebmkit/tensor';
import { binaryImages } from './binary-images.js';
import type { Images } from './digits.js';
import { knownPixels, type MaskName } from './masks.js';
import { startProgress } from './progress.js';

/** How to fill in. */
export interface InpaintImagesOptions {
  /** The part that is hidden. */
  readonly mask: MaskName;
  /** How many images, the first ones of the test set. */
  readonly count: number;
  /** Gibbs steps over which the means are taken, after as many that are not. */
  readonly steps: number;
  /** Seed. */
  readonly seed: number;
  /** Stops the run. */
  readonly signal?: AbortSignal;
}

/** Which child of the seed's key inpaints; training takes 0 to 2 and sampling 3, so that no two share their draws. */
const inpaintStream = 4;

/** What came of it. */
export interface Inpainted {
  /** Three rows for every line of images: the original, what was shown, what was filled in. */
  readonly picture: RasterPicture;
  /** Mean squared difference between the filled-in pixels and the true grey levels. */
  readonly error: number;
  /** The same when each hidden pixel is filled with its mean over the training images, for comparison. */
  readonly meanImageError: number;
}

/** Mean squared difference over the hidden pixels. */
function hiddenError(guess: (i: number) => number, truth: Float32Array, known: Uint8Array): number {
  let total = 0;
  let hidden = 0;
  for (let i = 0; i < truth.length; i++) {
    if (known[i % known.length]) continue;
    total += (guess(i) - (truth[i] as number)) ** 2;
    hidden++;
  }
  return total / hidden;
}

/** Lays out originals, masked and filled images in bands of three rows. */
function bands(images: readonly Float32Array[], pixels: number, count: number, columns: number): Float32Array[] {
  const rows: Float32Array[] = [];
  for (let first = 0; first < count; first += columns)
    for (const set of images)
      for (let i = first; i < first + columns; i++)
        rows.push(i < count ? set.slice(i * pixels, (i + 1) * pixels) : new Float32Array(pixels));
  return rows;
}

/** Hides a part of test images and lets the machine fill it in. */
export async function inpaintImages(
  machine: Rbm,
  params: RbmParameters,
  images: Images,
  means: Float32Array,
  { mask, count, steps, seed, signal }: InpaintImagesOptions,
): Promise<Inpainted> {
  const { pixels, height, width } = images;
  const grey = images.images.slice(0, count * pixels);
  const [forPixels, forChains] = split(fold(key(seed), inpaintStream), 2);
  const known = knownPixels(mask, height, width);
  const bar = startProgress('Inpainting', 1000);
  try {
    const filled = await inpaint(machine, params, await binaryImages(grey, forPixels), Array.from(known, Boolean), {
      steps,
      key: forChains,
      onProgress: ({ step, steps: all }) => bar.update(Math.round((1000 * step) / all)),
      ...(signal ? { signal } : {}),
    });
    const isKnown = (i: number): boolean => known[i % pixels] === 1;
    const shown = grey.map((value, i) => (isKnown(i) ? value : 0.35));
    const guess = grey.map((value, i) => (isKnown(i) ? value : (filled.means[i] as number)));
    const picture = imageGrid(bands([grey, shown, guess], pixels, count, 16), {
      height,
      width,
      columns: 16,
      scale: 2,
      range: [0, 1],
      title: `The ${mask} of ${count} test images, filled in`,
    });
    const error = hiddenError((i) => guess[i] as number, grey, known);
    return { picture, error, meanImageError: hiddenError((i) => means[i % pixels] as number, grey, known) };
  } finally {
    bar.stop();
  }
}
