import {
  add,
  EbmError,
  expandDims,
  gather,
  grad,
  logSumExp,
  matMul,
  mul,
  neg,
  pow,
  relu,
  sub,
  sum,
  type Tensor,
  transpose,
} from '@ebmkit/tensor';
import type { SpinMemory } from './associative-memory.js';
import { checkedSpins, type Patterns } from './patterns.js';
import { spinMemory } from './spin-memory.js';

/** How steeply a dense memory weighs its overlaps with the patterns. */
export interface DenseMemoryOptions {
  /** The power $`p`$, a whole number of at least 2, or `exponential`, the limit of steep powers. */
  readonly power: number | 'exponential';
  /**
   * Whether negative overlaps count as 0, so that the negative of a pattern is no memory; false unless given. It is always so, nearly, with
   * `exponential`, which does not take the option.
   */
  readonly rectified?: boolean;
}

/** The energy as a function of the overlaps $`\xi^\mu \cdot x`$, which are on the given axis. */
type OverlapEnergy = (overlaps: Tensor, axis: number) => Tensor;

function overlapEnergy({ power, rectified = false }: DenseMemoryOptions, { size }: Patterns): OverlapEnergy {
  const isExponential = power === 'exponential';
  if (!isExponential && (!Number.isInteger(power) || power < 2))
    throw new EbmError(
      'argument',
      `denseMemory: power must be a whole number of at least 2 or 'exponential', got ${String(power)}.`,
    );
  if (isExponential && rectified)
    throw new EbmError('argument', 'denseMemory: an exponential energy cannot be rectified. Leave rectified out.');
  if (isExponential) return (overlaps, axis) => neg(logSumExp(overlaps, axis));
  return (overlaps, axis) => {
    const share = mul(overlaps, 1 / size);
    return mul(sum(pow(rectified ? relu(share) : share, power), axis), -size / power);
  };
}

/**
 * A dense associative memory, the modern Hopfield network over units of −1 and 1: patterns attract with a steep function of their overlap
 * with the state,
 *
 * ```math
 * E(x) = -\frac{N}{p} \sum_\mu \left( \frac{\xi^\mu \cdot x}{N} \right)^p
 * \qquad \text{or} \qquad
 * E(x) = -\log \sum_\mu e^{\xi^\mu \cdot x}
 * ```
 *
 * The steeper, the more it holds: of random patterns about $`N^{p-1}`$, up to a factor, and exponentially many, $`2^{N/2}`$, with the exponential.
 * With $`p = 2`$ it is `hopfield` with the Hebbian rule, up to a constant. The scale $`N / p`$ keeps the energy proportional to $`N`$; it does not
 * change what is retrieved, nor does the logarithm. The formula at real points is the relaxation, and is not linear in a unit, so that first-order differences
 * are not exact; `flipDifferences` are. Energies cost one product with the patterns, all flips at once $`O(n K N)`$ numbers of memory.
 *
 * @param patterns - The patterns: one array of −1 and 1 for each.
 * @param options - The power.
 * @returns The memory over float32 states `[n, N]`.
 * @throws EbmError when a pattern holds other numbers, lengths differ, or the power is not one.
 *
 * @example
 * ```ts
 * const memory = denseMemory(patterns, { power: 4 });
 * ```
 * @see Krotov and Hopfield, "Dense associative memory for pattern recognition", 2016, https://arxiv.org/abs/1606.01164
 * @see Demircigil, Heusel, Löwe, Upgang and Vermet, "On a model of associative memory with huge storage capacity", 2017, https://doi.org/10.1007/s10955-017-1806-y
 * @see `modernHopfield` for states of real numbers.
 */
export function denseMemory(patterns: readonly ArrayLike<number>[], options: DenseMemoryOptions): SpinMemory {
  const stored = checkedSpins('denseMemory', patterns);
  const energyOf = overlapEnergy(options, stored);
  const overlaps = (x: Tensor): Tensor => matMul(x, stored.upload(), { transposeB: true });
  const energy = (x: Tensor): Tensor => energyOf(overlaps(x), 1);
  return spinMemory({
    name: 'denseMemory',
    size: stored.size,
    energy,
    gradient: grad((x: Tensor) => sum(energy(x))),
    flipDifferences: (x) => {
      const now = overlaps(x);
      const shares = mul(expandDims(x, 1), stored.upload());
      const flipped = add(expandDims(now, 2), mul(shares, -2));
      return sub(energyOf(flipped, 1), expandDims(energyOf(now, 1), 1));
    },
    flipDifference: (x, site) => {
      const now = overlaps(x);
      const unit = expandDims(gather(transpose(stored.upload()), site), 0);
      const flipped = add(now, mul(mul(expandDims(gather(x, site, 1), 1), unit), -2));
      return sub(energyOf(flipped, 1), energyOf(now, 1));
    },
  });
}
