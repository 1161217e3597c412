import { add, EbmError, gather, matMul, mul, neg, sum, type Tensor, tensor } from '@ebmkit/tensor';
import type { SpinMemory } from './associative-memory.js';
import { couplingsOf, type LearningRule } from './couplings.js';
import { checkedSpins } from './patterns.js';
import { spinMemory } from './spin-memory.js';

/** How a classic Hopfield network stores patterns. */
export interface HopfieldOptions {
  /**
   * `hebbian` (unless given): couplings $`\frac1N \sum_\mu \xi^\mu_i \xi^\mu_j`$. `projection`: the couplings of the orthogonal projection to what the
   * patterns span (pseudo-inverse), of which every pattern is a fixed point, correlated ones too.
   */
  readonly rule?: LearningRule;
  /** One bias $`b_i`$ for each unit; all 0 unless given. */
  readonly bias?: ArrayLike<number>;
}

/**
 * The classic Hopfield network: $`N`$ units of −1 and 1, each coupled to every other one, with the energy
 *
 * ```math
 * E(x) = -\frac12 x^T W x - b^T x, \qquad W_{ii} = 0
 * ```
 *
 * `retrieve` goes from a cue to a minimum. As a distribution, $`p(x) \propto e^{-\beta E(x)}`$, it is a Boltzmann machine without hidden units:
 * discrete samplers take it, with `temper` for the inverse temperature. The energy is linear in each unit, so that it is its own
 * relaxation, and first-order differences are exact: $`E(x^{(i)}) - E(x) = 2 x_i (W x + b)_i`$.
 *
 * With random patterns the Hebbian rule holds up to $`0.138 N`$ of them with about 1.6 % wrong units, and $`N / (2 \log N)`$ without error; beyond,
 * retrieval breaks down at once. The projection rule holds up to $`N`$ linearly independent patterns. For more see `denseMemory`.
 * Couplings are computed at construction, at $`O(K N^2)`$; energies cost one product with them.
 *
 * @param patterns - The patterns: one array of −1 and 1 for each.
 * @param options - The rule, and biases.
 * @returns The network over float32 states `[n, N]`.
 * @throws EbmError when a pattern holds other numbers, or lengths differ.
 *
 * @example
 * ```ts
 * const memory = hopfield([[1, 1, 1, -1, -1, -1], [1, -1, 1, -1, 1, -1]]);
 * const { states } = await retrieve(memory, tensor([[1, 1, -1, -1, -1, -1]]), { steps: 10 });
 * ```
 * @see Hopfield, "Neural networks and physical systems with emergent collective computational abilities", 1982, https://doi.org/10.1073/pnas.79.8.2554
 * @see Amit, Gutfreund and Sompolinsky, "Storing infinite numbers of patterns in a spin-glass model of neural networks", 1985, https://doi.org/10.1103/PhysRevLett.55.1530
 * @see Personnaz, Guyon and Dreyfus, "Collective computational properties of neural networks: new learning mechanisms", 1986, https://doi.org/10.1103/PhysRevA.34.4217
 */
export function hopfield(patterns: readonly ArrayLike<number>[], options: HopfieldOptions = {}): SpinMemory {
  const { rule = 'hebbian' } = options;
  if ((rule as string) !== 'hebbian' && (rule as string) !== 'projection')
    throw new EbmError('argument', `hopfield: rule must be 'hebbian' or 'projection', got ${String(rule)}.`);
  const stored = checkedSpins('hopfield', patterns);
  const { size } = stored;
  const couplings = couplingsOf(stored, rule);
  const bias = checkedBias(options.bias ?? new Float64Array(size), size);
  const weights = (): Tensor => tensor(couplings, [size, size]);
  /** $`W x + b`$. */
  const field = (x: Tensor): Tensor => add(matMul(x, weights()), tensor(bias));
  return spinMemory({
    name: 'hopfield',
    size,
    energy: (x) => {
      const pairs = mul(matMul(x, weights()), 0.5);
      return neg(sum(mul(x, add(pairs, tensor(bias))), 1));
    },
    gradient: (x) => neg(field(x)),
    flipDifferences: (x) => mul(mul(x, field(x)), 2),
    flipDifference: (x, site) => {
      const pulled = add(sum(mul(x, gather(weights(), site)), 1), gather(tensor(bias), site));
      return mul(mul(gather(x, site, 1), pulled), 2);
    },
  });
}

function checkedBias(bias: ArrayLike<number>, size: number): Float64Array {
  const values = Float64Array.from(bias);
  if (values.length !== size || !values.every(Number.isFinite))
    throw new EbmError(
      'argument',
      `hopfield: expected a bias of ${size} finite numbers, one for each unit, got [${values.join(', ')}].`,
    );
  return values;
}
