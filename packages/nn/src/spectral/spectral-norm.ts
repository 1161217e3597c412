import {
  add,
  div,
  EbmError,
  exp,
  key,
  log,
  matMul,
  maximum,
  mul,
  norm,
  rademacher,
  reshape,
  ShapeError,
  stopGradient,
  sum,
  type Tensor,
} from '@ebmkit/tensor';
import { checkCount, showShape } from '../checks.js';
import { scopedTree } from '../layer.js';

/** How the largest singular value is found. */
export interface SpectralNormOptions {
  /** `power`: power iteration, from below. `gram`: Gram iteration, a bound from above. `power` unless given. */
  readonly method?: 'power' | 'gram';
  /** How many iterations; 16 for `power` and 6 for `gram` unless given. */
  readonly iterations?: number;
}

/** The length below which a vector is not scaled to length 1, as in PyTorch. */
const shortest = 1e-12;

function unit(x: Tensor): Tensor {
  return div(x, maximum(norm(x), shortest));
}

/** $`u^T W v`$ with singular vectors found by power iteration, which count as constants. */
function powerIteration(matrix: Tensor, iterations: number): Tensor {
  const fixed = stopGradient(matrix);
  let right = unit(rademacher(key(0), [matrix.shape[1] as number, 1]));
  let left = unit(matMul(fixed, right));
  for (let i = 0; i < iterations; i++) {
    right = unit(matMul(fixed, left, { transposeA: true }));
    left = unit(matMul(fixed, right));
  }
  return sum(mul(left, matMul(matrix, right)));
}

/** $`\lVert G_t \rVert_F^{2^{-t}}`$ with $`G_0 = W`$ and $`G_{i + 1} = G_i^T G_i`$, each brought to length 1 on the way. */
function gramIteration(matrix: Tensor, iterations: number): Tensor {
  const isTall = (matrix.shape[0] as number) >= (matrix.shape[1] as number);
  let gram = matrix;
  let logScale: Tensor | number = 0;
  for (let i = 0; i < iterations; i++) {
    const length = norm(gram);
    const scaled = div(gram, length);
    gram = matMul(scaled, scaled, isTall || i > 0 ? { transposeA: true } : { transposeB: true });
    logScale = mul(add(log(length), logScale), 2);
  }
  return exp(mul(add(log(norm(gram)), logScale), 2 ** -iterations));
}

/**
 * The largest singular value of weights, as a pure function of them: by how much a layer can stretch a vector. Weights with a window
 * count as matrices `[height * width * channels, filters]`.
 *
 * - `power`: power iteration from one fixed start. Never above the true value, and below it by less than
 *   $`(\sigma_2 / \sigma_1)^{4 t}`$ times a constant, relatively, after $`t`$ iterations. Its derivative is $`u v^T`$, with the singular
 *   vectors as constants, as in PyTorch: that of the true value once it has converged. Two products with a vector an iteration.
 * - `gram`: Gram iteration. Never below the true value (up to rounding), and at most $`r^{2^{-t - 1}}`$ times it for rank $`r`$ after
 *   $`t`$ iterations; derivatives of every order are those of the bound itself. One product of square matrices of the shorter side an
 *   iteration.
 *
 * There is no state to carry along, so a training step stays a function of its parameters; the iterations are repeated at each
 * call, which costs little beside a batch.
 *
 * @param weight - Weights of at least two axes; not all 0.
 * @param options - The method and its iterations.
 * @returns A scalar.
 * @throws EbmError when an option is outside its range; ShapeError for fewer than two axes.
 *
 * @example
 * ```ts
 * const stretch = spectralNorm(params.weight, { method: 'gram' });
 * ```
 * @see Miyato et al., "Spectral normalization for generative adversarial networks", 2018, https://arxiv.org/abs/1802.05957; Delattre et al., "Efficient bound of Lipschitz constant for convolutional layers by Gram iteration", 2023, https://arxiv.org/abs/2305.16173
 */
export function spectralNorm(weight: Tensor, options: SpectralNormOptions = {}): Tensor {
  const { method, iterations } = checkedSpectral('spectralNorm', options);
  if (weight.shape.length < 2)
    throw new ShapeError(
      `spectralNorm: expected weights [..., inputs, outputs], got ${showShape(weight.shape)}. Biases have none.`,
    );
  return scopedTree(() => {
    const matrix = reshape(weight, [-1, weight.shape.at(-1) as number]);
    return method === 'gram' ? gramIteration(matrix, iterations) : powerIteration(matrix, iterations);
  });
}

/** The options with everything filled in, checked. */
export function checkedSpectral(
  where: string,
  { method = 'power', iterations }: SpectralNormOptions,
): Required<SpectralNormOptions> {
  if (method !== 'power' && method !== 'gram')
    throw new EbmError('argument', `${where}: method must be "power" or "gram", got ${String(method)}.`);
  const count = iterations ?? (method === 'gram' ? 6 : 16);
  checkCount(where, 'iterations', count);
  return { method, iterations: count };
}
