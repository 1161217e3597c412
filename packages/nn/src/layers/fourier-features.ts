import { concat, cos, matMul, mul, normal, reshape, sin, stopGradient, type Tensor } from '@ebmkit/tensor';
import { checkCount, checkDivides, checkFeatures, checkPositive } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';

/** The frequencies of random Fourier features. */
export interface FourierFeaturesOptions {
  /** How many features come in; 1 unless given. */
  readonly inputs?: number;
  /** How many go out; even. */
  readonly features: number;
  /** The standard deviation of the frequencies: larger resolves finer differences. */
  readonly scale: number;
}

/** The numbers that Fourier features keep. */
export type FourierFeaturesParams = {
  /** The frequencies $`B`$, `[inputs, features / 2]`: drawn once and never trained. */
  readonly frequencies: Tensor;
};

/**
 * Random Fourier features: $`\sin(2 \pi x B), \cos(2 \pi x B)`$ with frequencies $`B`$ drawn from $`N(0, \text{scale}^2)`$. They are kept
 * with the parameters, and no derivative goes to them. They let a network learn fine detail of times, noise levels or coordinates.
 * The near twin is `sinusoidalEmbedding`, whose frequencies are fixed.
 *
 * @param options - How many features, and the scale of frequencies.
 * @returns A layer from `[n, inputs]` (or `[n]` for one input) to `[n, features]`, all sines before all cosines.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError when the inputs do not fit.
 *
 * @example
 * ```ts
 * const layer = fourierFeatures({ features: 64, scale: 16 });
 * const y = layer.apply(layer.init(key(1)), tensor([0, 0.5, 1])); // [3, 64]
 * ```
 * @see Tancik et al., "Fourier features let networks learn high frequency functions in low dimensional domains", 2020, https://arxiv.org/abs/2006.10739
 */
export function fourierFeatures({ inputs = 1, features, scale }: FourierFeaturesOptions): Layer<FourierFeaturesParams> {
  checkCount('fourierFeatures', 'inputs', inputs);
  checkDivides('fourierFeatures', ['2', 2], ['features', features]);
  checkPositive('fourierFeatures', 'scale', scale);
  return defineLayer<FourierFeaturesParams>({
    init: (key) => ({ frequencies: mul(normal(key, [inputs, features / 2]), scale) }),
    apply: ({ frequencies }, x) => {
      const rows = inputs === 1 && x.shape.length === 1 ? reshape(x, [x.shape[0] as number, 1]) : x;
      checkFeatures('fourierFeatures', rows, inputs);
      const angles = mul(matMul(rows, stopGradient(frequencies)), 2 * Math.PI);
      return concat([sin(angles), cos(angles)], -1);
    },
  });
}
