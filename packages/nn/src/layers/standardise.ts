import { type Axes, add, mean, mul, restoreAxes, rsqrt, square, sub, type Tensor } from '@ebmkit/tensor';

/** Moves and scales to mean 0 and variance 1 over axes: $`(x - \mu) / \sqrt{\sigma^2 + \epsilon}`$. */
export function standardise(x: Tensor, axes: Axes, epsilon: number): Tensor {
  const centred = sub(x, restoreAxes(mean(x, axes), x.shape, axes));
  const variance = restoreAxes(mean(square(centred), axes), x.shape, axes);
  return mul(centred, rsqrt(add(variance, epsilon)));
}
