import { add, div, equal, log, matMul, mul, square, sub, sumEvent, type Tensor, where } from '@ebmkit/tensor';
import type { PlefkaOrder } from './plefka.js';

/** The two values of each unit of a layer, and the means at which the expansion is taken. */
export type BinaryMeans = {
  /** The lower value of each unit, `[size]`. */
  readonly low: Tensor;
  /** The higher value of each unit, `[size]`. */
  readonly high: Tensor;
  /** The means, `[n, size]`. */
  readonly mean: Tensor;
};

/** The variance, its derivative in the mean, and the third cumulant, which is their product. */
function cumulantsOf({ low, high, mean }: BinaryMeans) {
  const variance = mul(sub(mean, low), sub(high, mean));
  const slope = sub(add(low, high), mul(mean, 2));
  return { variance, slope, third: mul(variance, slope) };
}

/** The weights and their elementwise powers up to an order. */
export function powersOf(weight: Tensor, order: PlefkaOrder): readonly Tensor[] {
  const powers = [weight];
  while (powers.length < order) powers.push(mul(powers.at(-1) as Tensor, weight));
  return powers;
}

/**
 * What the terms beyond naive mean field add to the input of one layer, with variances $`v`$ and third cumulants $`\kappa`$ of both:
 * $`\sum_j [\tfrac12 W^2_{ij} v_j v'_i + \tfrac16 W^3_{ij} \kappa_j \kappa'_i]`$, the derivatives in the mean being
 * $`v' = a + b - 2 m`$ for values $`a, b`$, and $`\kappa' = (v')^2 - 2 v`$.
 *
 * @param powers - The weights and their powers, `[other, own]`, or `[own, other]` with `transposeB`.
 * @returns `[n, own]`; 0 at first order.
 */
export function reaction(
  powers: readonly Tensor[],
  own: BinaryMeans,
  other: BinaryMeans,
  transposeB: boolean,
): Tensor | number {
  const [, squares, cubes] = powers;
  if (!squares) return 0;
  const { variance, slope } = cumulantsOf(own);
  const met = cumulantsOf(other);
  const second = mul(matMul(met.variance, squares, { transposeB }), mul(slope, 0.5));
  if (!cubes) return second;
  const thirdSlope = sub(square(slope), mul(variance, 2));
  return add(second, mul(matMul(met.third, cubes, { transposeB }), div(thirdSlope, 6)));
}

/** What the same terms add to $`\log Z`$: $`\sum_{ij} [\tfrac12 W^2_{ij} v_i v_j + \tfrac16 W^3_{ij} \kappa_i \kappa_j]`$, `[n]`; 0 at first order. */
export function correction(powers: readonly Tensor[], visible: BinaryMeans, hidden: BinaryMeans): Tensor | number {
  const [, squares, cubes] = powers;
  if (!squares) return 0;
  const [v, h] = [cumulantsOf(visible), cumulantsOf(hidden)];
  const second = div(sumEvent(mul(matMul(v.variance, squares), h.variance)), 2);
  return cubes ? add(second, div(sumEvent(mul(matMul(v.third, cubes), h.third)), 6)) : second;
}

/** The entropy of independent units, `[n]`. */
export function binaryEntropy({ low, high, mean }: BinaryMeans): Tensor {
  const minusEntropy = (p: Tensor): Tensor => sumEvent(where(equal(p, 0), 0, mul(p, log(p))));
  const p = div(sub(mean, low), sub(high, low));
  return sub(0, add(minusEntropy(p), minusEntropy(sub(1, p))));
}
