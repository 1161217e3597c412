import { add, logSumExp, matMul, mul, softmax, squaredNorm, sub, type Tensor } from '@ebmkit/tensor';
import { checkedPositive } from '../analytic/arguments.js';
import { checkStates } from '../analytic/event.js';
import type { ContinuousEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import type { AssociativeMemory } from './associative-memory.js';
import { checkedPatterns } from './patterns.js';

/** How a modern Hopfield network tells patterns apart. */
export interface ModernHopfieldOptions {
  /**
   * The inverse temperature $`\beta`$ of the attention. High: a state falls on the one nearest pattern. Low: on an average of several. The
   * scale of attention is $`1 / \sqrt N`$.
   */
  readonly beta: number;
}

/** A memory over real states whose update is attention. */
export interface ModernHopfield extends AssociativeMemory, ContinuousEnergy {
  /** Always said. */
  readonly support: 'continuous';
  /** $`\nabla E(x) = x - \mathrm{update}(x)`$. */
  readonly gradient: (x: Tensor) => Tensor;
}

/**
 * The modern Hopfield network over real states: with the patterns as the rows of $`\Xi`$ and $`M`$ the largest of their lengths,
 *
 * ```math
 * E(x) = -\frac1\beta \log \sum_\mu e^{\beta \xi^\mu \cdot x} + \frac12 \lVert x \rVert^2 + \frac{\log K}{\beta} + \frac{M^2}{2}
 * ```
 *
 * which lies between 0 and $`2 M^2`$ where $`\lVert x \rVert \le M`$. The update is attention with the patterns as keys and values,
 * $`x \leftarrow \Xi^T \mathrm{softmax}(\beta \Xi x)`$; it never raises the energy and ends in a point where the gradient is 0. Patterns that are well
 * apart are retrieved in one update, up to an error that falls exponentially with $`\beta`$ times their distance. $`e^{-\beta E}`$ is
 * a mixture of Gaussians of variance $`1 / \beta`$ around the patterns.
 *
 * @param patterns - The patterns: one array of numbers for each.
 * @param options - The inverse temperature.
 * @returns The memory over float32 states `[n, N]`, an energy for gradient samplers as well.
 * @throws EbmError when lengths differ, a number is not finite, or `beta` is not positive.
 *
 * @example
 * ```ts
 * const memory = modernHopfield([[1, 0, 0], [0, 1, 0]], { beta: 8 });
 * const { states } = await retrieve(memory, tensor([[0.8, 0.3, 0.1]]), { steps: 20 });
 * ```
 * @see Ramsauer et al., "Hopfield networks is all you need", 2021, https://arxiv.org/abs/2008.02217
 */
export function modernHopfield(
  patterns: readonly ArrayLike<number>[],
  { beta }: ModernHopfieldOptions,
): ModernHopfield {
  checkedPositive('modernHopfield', 'beta', beta);
  const stored = checkedPatterns('modernHopfield', patterns);
  const { count, size, values } = stored;
  const squaredLengths = Array.from({ length: count }, (_, k) =>
    values.subarray(k * size, (k + 1) * size).reduce((total, x) => total + x * x, 0),
  );
  const constant = Math.log(count) / beta + squaredLengths.reduce((a, b) => Math.max(a, b)) / 2;
  const attention = (x: Tensor): Tensor => mul(matMul(x, stored.upload(), { transposeB: true }), beta);
  const attended = (x: Tensor): Tensor => matMul(softmax(attention(x)), stored.upload());
  const checked = (method: string, f: (x: Tensor) => Tensor) => (x: Tensor) => {
    checkStates(`modernHopfield.${method}`, x, [size]);
    return scopedTree(() => f(x));
  };
  return {
    size,
    support: 'continuous',
    energy: checked('energy', (x) => {
      const attraction = mul(logSumExp(attention(x), 1), 1 / beta);
      return add(sub(mul(squaredNorm(x), 0.5), attraction), constant);
    }),
    gradient: checked('gradient', (x) => sub(x, attended(x))),
    update: checked('update', attended),
  };
}
