import { add, mul, normal, reshape, sizeOf, square, sub, sum, type Tensor, tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedFinite, checkedPositive } from './arguments.js';
import { checkedEventShape, checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';

/** Which harmonic bowl. */
export interface HarmonicOptions {
  /** The spring constant $`k`$ of every coordinate, or one for each coordinate of the flattened event; 1 unless given. */
  readonly stiffness?: number | ArrayLike<number>;
  /** Where the energy is 0: one number for all coordinates, or one for each; 0 unless given. */
  readonly mean?: number | ArrayLike<number>;
  /** The shape of one state; `[1]`, or one axis of as many numbers as an array given, unless given. */
  readonly eventShape?: readonly number[];
}

/**
 * Independent springs, $`E(x) = \tfrac12 \sum_i k_i (x_i - m_i)^2`$: the energy of physics whose distribution is normal with variances
 * $`1 / k_i`$, so that $`\log Z = \tfrac12 \sum_i \log (2 \pi / k_i)`$. Everything about it is exact. For correlated coordinates, or to
 * think in variances, see `gaussian`.
 *
 * @param options - Spring constants and where they rest.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it.
 * @throws EbmError when a spring constant is not positive or sizes disagree.
 *
 * @example
 * ```ts
 * const bowl = harmonic({ stiffness: [1, 100] }); // standard deviations 1 and 0.1
 * ```
 */
export function harmonic(options: HarmonicOptions = {}): ExactEnergy {
  const { stiffness = 1, mean = 0 } = options;
  const given = [stiffness, mean].find((v) => typeof v !== 'number');
  const eventShape = checkedShape('harmonic', options.eventShape ?? [given?.length ?? 1]);
  const size = sizeOf(eventShape);
  const constants = forEach('stiffness', stiffness, size, checkedPositive);
  const rest = forEach('mean', mean, size, checkedFinite);
  const displaced = (where: string, x: Tensor): Tensor => sub(flatStates(where, x, eventShape), tensor(rest));
  return {
    energy: (x) => scopedTree(() => mul(sum(mul(square(displaced('harmonic.energy', x)), tensor(constants)), 1), 0.5)),
    gradient: (x) => scopedTree(() => reshape(mul(displaced('harmonic.gradient', x), tensor(constants)), x.shape)),
    support: 'continuous',
    logZ: 0.5 * constants.reduce((total, k) => total + Math.log((2 * Math.PI) / k), 0),
    mean: rest,
    covariance: diagonalMatrix(constants.map((k) => 1 / k)),
    eventShape,
    draw: (key, count) =>
      scopedTree(() => {
        const spread = tensor(constants.map((k) => 1 / Math.sqrt(k)));
        return reshape(add(mul(normal(key, [count, size]), spread), tensor(rest)), [count, ...eventShape]);
      }),
  };
}

function forEach(
  name: string,
  value: number | ArrayLike<number>,
  size: number,
  check: (where: string, name: string, value: number) => number,
): Float64Array {
  const values = typeof value === 'number' ? new Float64Array(size).fill(value) : Float64Array.from(value);
  checkedEventShape(`harmonic: ${name}`, [size], values.length);
  return values.map((v) => check('harmonic', name, v));
}
