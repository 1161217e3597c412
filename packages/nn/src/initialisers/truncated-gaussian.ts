import { mul, truncatedNormal } from '@ebmkit/tensor';
import { checkPositive } from '../checks.js';
import { scopedTree } from '../layer.js';
import type { Initialiser } from './initialiser.js';

/** The standard deviation of a standard normal variable cut at ±2. */
const deviationWhenCut = 0.8796256610342398;

/**
 * Independent normal weights without tails: cut at two standard deviations of the uncut law and scaled so that what is left has
 * standard deviation `scale`. No weight exceeds 2.28 `scale` in size.
 *
 * @param options - `scale`: the standard deviation, above 0.
 * @returns The initialiser, for any shape.
 * @throws EbmError when the scale is not above 0.
 *
 * @example
 * ```ts
 * const layer = dense({ inputs: 128, outputs: 64, weight: truncatedGaussian({ scale: 0.02 }) });
 * ```
 */
export function truncatedGaussian({ scale }: { readonly scale: number }): Initialiser {
  checkPositive('truncatedGaussian', 'scale', scale);
  return (key, shape) => scopedTree(() => mul(truncatedNormal(key, -2, 2, shape), scale / deviationWhenCut));
}
