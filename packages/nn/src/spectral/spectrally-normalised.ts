import { div, mul, type Tensor } from '@ebmkit/tensor';
import { checkPositive } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';
import { checkedSpectral, type SpectralNormOptions, spectralNorm } from './spectral-norm.js';

/** How weights are normalised. */
export interface SpectralNormalisationOptions extends SpectralNormOptions {
  /** What the largest singular value becomes, above 0; 1 unless given. */
  readonly coefficient?: number;
}

/**
 * A layer whose weights are divided by their largest singular value: $`\bar W = c W / \sigma(W)`$, with $`c`$ = `coefficient`.
 *
 * A dense layer then stretches no vector by more than $`c`$: surely with `method: 'gram'`, up to the error of the iteration with
 * `method: 'power'`. Networks of such layers and of activations with slopes up to 1 have a Lipschitz constant of at most the product of
 * the $`c`$, which keeps the gradients of an energy, and Langevin dynamics with it, from blowing up. For a convolution the
 * matrix is `[height * width * channels, filters]`, as in the paper; it stretches images by at most
 * $`c \sqrt{\text{height} \cdot \text{width}}`$.
 *
 * The parameters stay those of the layer: what is trained and saved are the weights before the division. Weights that are all 0 give
 * NaN.
 *
 * @param layer - A layer with a `weight` among its parameters: `dense`, `convolution`, `transposedConvolution`, `embedding`.
 * @param options - The coefficient, the method and its iterations.
 * @returns A layer of the same parameters.
 * @throws EbmError when an option is outside its range.
 *
 * @example
 * ```ts
 * const layer = spectrallyNormalised(dense({ inputs: 128, outputs: 128 }), { method: 'gram' });
 * ```
 * @see Miyato et al., "Spectral normalization for generative adversarial networks", 2018, https://arxiv.org/abs/1802.05957
 */
export function spectrallyNormalised<P extends { readonly weight: Tensor }>(
  layer: Layer<P>,
  { coefficient = 1, ...options }: SpectralNormalisationOptions = {},
): Layer<P> {
  checkPositive('spectrallyNormalised', 'coefficient', coefficient);
  const spectral = checkedSpectral('spectrallyNormalised', options);
  return defineLayer<P>({
    init: layer.init,
    apply: (params, x) => {
      const factor = div(coefficient, spectralNorm(params.weight, spectral));
      return layer.apply({ ...params, weight: mul(params.weight, factor) }, x);
    },
  });
}

/** Normalises a layer's weights where it is asked for. */
export function withSpectral<P extends { readonly weight: Tensor }>(
  layer: Layer<P>,
  options: SpectralNormalisationOptions | undefined,
): Layer<P> {
  return options ? spectrallyNormalised(layer, options) : layer;
}
