import { fantasies, type Rbm, type RbmParameters } from '@ebmkit/boltzmann';
import { imageGrid, type RasterPicture } from '@ebmkit/plot';
import { fold, key } from '@ebmkit/tensor';
import { startProgress } from './progress.js';

/** How to sample. */
export interface SampleOptions {
  /** Chains, one image each. */
  readonly chains: number;
  /** Gibbs steps of every chain. */
  readonly steps: number;
  /** Seed. */
  readonly seed: number;
  /** Stops the run. */
  readonly signal?: AbortSignal;
}

/** Which child of the seed's key draws samples; training takes 0 to 2 and inpainting 4, so that no two share their draws. */
const sampleStream = 3;

/** The side of a square image, or one row when the pixels make no square. */
export function imageShape(pixels: number): { readonly height: number; readonly width: number } {
  const side = Math.sqrt(pixels);
  return Number.isInteger(side) ? { height: side, width: side } : { height: 1, width: pixels };
}

/** Draws images by long Gibbs chains and lays them out in a grid: the probabilities from which each last state was drawn. */
export async function sampleImages(
  machine: Rbm,
  params: RbmParameters,
  { chains, steps, seed, signal }: SampleOptions,
): Promise<RasterPicture> {
  const bar = startProgress('Sampling  ', 1000);
  try {
    const { means } = await fantasies(machine, params, {
      chains,
      steps,
      key: fold(key(seed), sampleStream),
      onProgress: ({ step, steps: all }) => bar.update(Math.round((1000 * step) / all)),
      ...(signal ? { signal } : {}),
    });
    const { height, width } = imageShape(machine.visible.size);
    return imageGrid(means, {
      height,
      width,
      columns: Math.min(chains, 20),
      scale: 2,
      range: [0, 1],
      title: `${chains} samples after ${steps} Gibbs steps`,
    });
  } finally {
    bar.stop();
  }
}
