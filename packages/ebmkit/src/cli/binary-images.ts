import { bernoulli, free, type Key, read, scoped, type Tensor, tensor } from '@ebmkit/tensor';

/**
 * Draws every pixel from its grey level.
 *
 * @param grey - Pixels in [0, 1].
 * @param forPixels - The same key gives the same bits.
 * @returns 0 or 1 for each pixel.
 */
export async function binaryImages(grey: Float32Array, forPixels: Key): Promise<Uint8Array> {
  const bits = scoped<Tensor>(() => bernoulli(forPixels, tensor(grey)));
  const drawn = (await read(bits)) as Uint8Array;
  free(bits);
  return drawn;
}
