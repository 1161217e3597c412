import { EbmError, fillUniform, fold, isKey, type Key } from '@ebmkit/tensor';

/** How grey pixels become black or white. */
export type BinariseOptions =
  | {
      /** Pixels from 128 on become 1. */
      readonly how: 'threshold';
    }
  | {
      /** A pixel becomes 1 with its brightness as probability. */
      readonly how: 'stochastic';
      /** The key of the draws. */
      readonly key: Key;
    };

/** Pixels drawn with one key, so that memory does not grow with the data. */
const blockLength = 2 ** 18;

/**
 * Makes grey images black and white. `threshold` sets pixels of at least 128 to 1. `stochastic` sets a pixel to 1 with probability
 * pixel / 255, which is what "stochastically binarised MNIST" means in the literature; block `i` of 262,144 pixels takes
 * `fold(key, i)`.
 *
 * @param images - Pixels from 0 to 255.
 * @param options - Which way, and the key of the draws.
 * @returns One byte for each pixel, 0 or 1: the data of a bool tensor.
 * @throws EbmError when the pixels are not bytes or the way is unknown.
 * @see Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks", ICML 2008, https://doi.org/10.1145/1390156.1390266
 */
export function binarise(images: Uint8Array, options: BinariseOptions): Uint8Array {
  if (!(images instanceof Uint8Array))
    throw new EbmError(
      'argument',
      'binarise: expected pixels from 0 to 255 in a Uint8Array. Multiply shares by 255 first.',
    );
  if (options.how === 'threshold') return images.map((pixel) => (pixel >= 128 ? 1 : 0));
  if (options.how !== 'stochastic')
    throw new EbmError(
      'argument',
      `binarise: how must be threshold or stochastic, got ${String((options as { how: unknown }).how)}.`,
    );
  if (!isKey(options.key)) throw new EbmError('argument', 'binarise: stochastic needs a key. Make one with key(seed).');
  const out = new Uint8Array(images.length);
  for (let start = 0, block = 0; start < images.length; start += blockLength, block++) {
    const uniforms = new Float32Array(Math.min(blockLength, images.length - start));
    fillUniform(fold(options.key, block).words, uniforms);
    for (let i = 0; i < uniforms.length; i++)
      out[start + i] = (uniforms[i] as number) * 255 < (images[start + i] as number) ? 1 : 0;
  }
  return out;
}
