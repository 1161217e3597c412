import { add, erf, expm1, greater, minimum, mul, type Tensor, where } from '@ebmkit/tensor';
import { checkPositive } from './checks.js';
import { type Activation, scopedTree } from './layer.js';

/**
 * The Gaussian error linear unit, $`x \Phi(x) = \frac{x}{2} (1 + \mathrm{erf}(x / \sqrt{2}))`$, elementwise: smooth, near `silu`. Exact, not
 * the approximation by tanh.
 *
 * @param x - Any tensor.
 * @returns A tensor of the shape of `x`.
 * @see Hendrycks and Gimpel, "Gaussian error linear units", 2016, https://arxiv.org/abs/1606.08415
 */
export function gelu(x: Tensor): Tensor {
  return scopedTree(() => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1)));
}

/**
 * A rectifier with a slope below 0: $`x`$ above 0, $`a x`$ elsewhere. Its second derivative is 0, so that objectives with $`\nabla^2 E`$
 * learn nothing from it; `silu`, `softplus` and `gelu` are smooth.
 *
 * @param options - `slope`, above 0; 0.2 unless given.
 * @returns The elementwise function.
 * @throws EbmError when the slope is not above 0.
 * @see Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013, https://ai.stanford.edu/~amaas/papers/relu_hybrid_icml2013_final.pdf
 */
export function leakyRelu({ slope = 0.2 }: { readonly slope?: number } = {}): Activation {
  checkPositive('leakyRelu', 'slope', slope);
  return (x) => scopedTree(() => where(greater(x, 0), x, mul(x, slope)));
}

/**
 * The exponential linear unit: $`x`$ above 0, $`a (e^x - 1)`$ elsewhere, which does not overflow.
 *
 * @param options - `alpha` $`= a`$, above 0; 1 unless given.
 * @returns The elementwise function.
 * @throws EbmError when alpha is not above 0.
 * @see Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2016, https://arxiv.org/abs/1511.07289
 */
export function elu({ alpha = 1 }: { readonly alpha?: number } = {}): Activation {
  checkPositive('elu', 'alpha', alpha);
  return (x) => scopedTree(() => where(greater(x, 0), x, mul(expm1(minimum(x, 0)), alpha)));
}
