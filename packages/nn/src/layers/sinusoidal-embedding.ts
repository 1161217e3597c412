import { concat, cos, exp, mul, range, reshape, ShapeError, sin } from '@ebmkit/tensor';
import { checkDivides, checkPositive, showShape } from '../checks.js';
import { defineLayer, type Layer } from '../layer.js';

/** The frequencies of a sinusoidal embedding. */
export interface SinusoidalEmbeddingOptions {
  /** How many numbers stand for a time; even. */
  readonly features: number;
  /** What times are multiplied by: 1000 unless given, which brings times in [0, 1] to the steps that the frequencies are made for. */
  readonly scale?: number;
  /** What the longest period is above the shortest; 10,000 unless given. */
  readonly maxPeriod?: number;
}

/**
 * Waves of geometrically spaced frequencies that tell a network the time or noise level:
 * $`\cos(s t \omega_i), \sin(s t \omega_i)`$ with $`\omega_i = M^{-2 i / d}`$ for $`i = 0, \dots, d / 2 - 1`$, where $`d`$ = `features`,
 * $`s`$ = `scale` and $`M`$ = `maxPeriod`; all cosines come before all sines. It has no parameters; the near twin is
 * `fourierFeatures`, whose frequencies are random.
 *
 * @param options - How many features, and the range of frequencies.
 * @returns A layer from times `[n]` to `[n, features]`, without parameters.
 * @throws EbmError when a setting is outside its range; `apply` throws ShapeError unless the times are `[n]`.
 *
 * @example
 * ```ts
 * sinusoidalEmbedding({ features: 64 }).apply(null, tensor([0, 0.5, 1])); // [3, 64]
 * ```
 * @see Vaswani et al., "Attention is all you need", 2017, https://arxiv.org/abs/1706.03762; Ho, Jain and Abbeel, "Denoising diffusion probabilistic models", 2020, https://arxiv.org/abs/2006.11239
 */
export function sinusoidalEmbedding({
  features,
  scale = 1000,
  maxPeriod = 10_000,
}: SinusoidalEmbeddingOptions): Layer<null> {
  checkDivides('sinusoidalEmbedding', ['2', 2], ['features', features]);
  checkPositive('sinusoidalEmbedding', 'scale', scale);
  checkPositive('sinusoidalEmbedding', 'maxPeriod', maxPeriod);
  const half = features / 2;
  return defineLayer<null>({
    init: () => null,
    apply: (_, t) => {
      if (t.shape.length !== 1)
        throw new ShapeError(
          `sinusoidalEmbedding: expected times [n], got ${showShape(t.shape)}. Give one time for each state.`,
        );
      const frequencies = mul(exp(mul(range(half, 'float32'), -Math.log(maxPeriod) / half)), scale);
      const angles = mul(reshape(t, [t.shape[0] as number, 1]), frequencies);
      return concat([cos(angles), sin(angles)], 1);
    },
  });
}
