import { add, concat, mul, normal, reshape, sizeOf, slice, square, sub, sum, type Tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedFinite, checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';

/** Which banana. The defaults are the "moderately twisted" one of the literature. */
export interface BananaOptions {
  /** The standard deviation $`\sigma`$ of the first coordinate; 10 unless given. */
  readonly scale?: number;
  /** How much the second coordinate bends with the square of the first, $`b`$; 0.03 unless given. */
  readonly curvature?: number;
  /** The shape of one state, at least two coordinates; `[2]` unless given. Those beyond the second are standard normal. */
  readonly eventShape?: readonly number[];
}

/**
 * The banana of Haario, Saksman and Tamminen: a normal distribution bent along a parabola without a change of volume,
 *
 * ```math
 * E(x) = \frac{x_0^2}{2 \sigma^2} + \tfrac12 \left( x_1 + b x_0^2 - b \sigma^2 \right)^2 + \tfrac12 \sum_{i \ge 2} x_i^2,
 * \qquad \log Z = \log \sigma + \tfrac{d}{2} \log 2 \pi
 * ```
 *
 * Everything about it is exact: the mean is 0, the coordinates are uncorrelated, and $`\mathrm{Var}\, x_1 = 1 + 2 b^2 \sigma^4`$. The "strongly twisted"
 * one has `curvature: 0.1`. For the valley of optimisation see `rosenbrock`.
 *
 * @param options - Spread, bend and number of coordinates.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it.
 * @throws EbmError when `scale` is not positive, `curvature` not finite, or there are fewer than two coordinates.
 *
 * @example
 * ```ts
 * const target = banana({ curvature: 0.1, eventShape: [8] });
 * ```
 *
 * @see Haario, Saksman and Tamminen, "Adaptive proposal distribution for random walk Metropolis algorithm", 1999,
 * https://doi.org/10.1007/s001800050022
 */
export function banana(options: BananaOptions = {}): ExactEnergy {
  const scale = checkedPositive('banana', 'scale', options.scale ?? 10);
  const curvature = checkedFinite('banana', 'curvature', options.curvature ?? 0.03);
  const eventShape = checkedShape('banana', options.eventShape ?? [2], 2);
  const size = sizeOf(eventShape);
  const bend = (first: Tensor): Tensor => mul(sub(square(first), scale ** 2), curvature);
  const straight = (where: string, x: Tensor) => {
    const flat = flatStates(where, x, eventShape);
    const first = slice(flat, [0, 0], [-1, 1]);
    const second = add(slice(flat, [0, 1], [-1, 1]), bend(first));
    return { first, rest: size === 2 ? second : concat([second, slice(flat, [0, 2])], 1), second };
  };
  return {
    energy: (x) =>
      scopedTree(() => {
        const { first, rest } = straight('banana.energy', x);
        return mul(add(sum(square(mul(first, 1 / scale)), 1), sum(square(rest), 1)), 0.5);
      }),
    gradient: (x) =>
      scopedTree(() => {
        const { first, rest, second } = straight('banana.gradient', x);
        const own = mul(first, add(mul(second, 2 * curvature), 1 / scale ** 2));
        return reshape(concat([own, rest], 1), x.shape);
      }),
    support: 'continuous',
    logZ: Math.log(scale) + (size / 2) * Math.log(2 * Math.PI),
    mean: new Float64Array(size),
    covariance: diagonalMatrix(
      Array.from({ length: size }, (_, i) => [scale ** 2, 1 + 2 * curvature ** 2 * scale ** 4][i] ?? 1),
    ),
    eventShape,
    draw: (key, count) =>
      scopedTree(() => {
        const white = normal(key, [count, size]);
        const first = mul(slice(white, [0, 0], [-1, 1]), scale);
        const second = sub(slice(white, [0, 1], [-1, 1]), bend(first));
        const parts = [first, second, ...(size === 2 ? [] : [slice(white, [0, 2])])];
        return reshape(concat(parts, 1), [count, ...eventShape]);
      }),
  };
}
