import {
  add,
  concat,
  exp,
  mul,
  normal,
  reshape,
  sizeOf,
  slice,
  split,
  square,
  sub,
  sum,
  type Tensor,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';

/** Which funnel. */
export interface FunnelOptions {
  /** The standard deviation $`\sigma`$ of the log variance; 3 unless given. */
  readonly scale?: number;
  /** The shape of one state, at least two coordinates, the first of which is the log variance; `[10]` unless given. */
  readonly eventShape?: readonly number[];
}

/**
 * Neal's funnel: a log variance $`v = x_0`$, normal with standard deviation $`\sigma`$, and coordinates that are normal with variance $`e^v`$,
 *
 * ```math
 * E(x) = \frac{v^2}{2 \sigma^2} + \sum_{i \ge 1} \left( \frac{x_i^2}{2 e^v} + \frac{v}{2} \right),
 * \qquad \log Z = \log \sigma + \tfrac{d}{2} \log 2 \pi
 * ```
 *
 * The width of the others changes by orders of magnitude along $`v`$, so that no one step size fits: the standard test of adaptation
 * and of samplers that know the curvature. Everything about it is exact; $`\mathrm{Var}\, x_i = e^{\sigma^2 / 2}`$.
 *
 * @param options - The spread of the log variance and the number of coordinates.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it.
 * @throws EbmError when `scale` is not positive or there are fewer than two coordinates.
 *
 * @example
 * ```ts
 * const target = funnel({ scale: 1, eventShape: [5] });
 * ```
 *
 * @see Neal, "Slice sampling", 2003, https://doi.org/10.1214/aos/1056562461
 */
export function funnel(options: FunnelOptions = {}): ExactEnergy {
  const scale = checkedPositive('funnel', 'scale', options.scale ?? 3);
  const eventShape = checkedShape('funnel', options.eventShape ?? [10], 2);
  const size = sizeOf(eventShape);
  const others = size - 1;
  const parts = (where: string, x: Tensor) => {
    const flat = flatStates(where, x, eventShape);
    const v = slice(flat, [0, 0], [-1, 1]);
    return { v, whitened: mul(slice(flat, [0, 1]), exp(mul(v, -0.5))) };
  };
  return {
    energy: (x) =>
      scopedTree(() => {
        const { v, whitened } = parts('funnel.energy', x);
        const own = add(mul(square(v), 1 / (2 * scale ** 2)), mul(v, others / 2));
        return add(sum(own, 1), mul(sum(square(whitened), 1), 0.5));
      }),
    gradient: (x) =>
      scopedTree(() => {
        const { v, whitened } = parts('funnel.gradient', x);
        const radii = reshape(sum(square(whitened), 1), v.shape);
        const own = add(mul(v, 1 / scale ** 2), mul(sub(others, radii), 0.5));
        return reshape(concat([own, mul(whitened, exp(mul(v, -0.5)))], 1), x.shape);
      }),
    support: 'continuous',
    logZ: Math.log(scale) + (size / 2) * Math.log(2 * Math.PI),
    mean: new Float64Array(size),
    covariance: diagonalMatrix(
      Array.from({ length: size }, (_, i) => (i === 0 ? scale ** 2 : Math.exp(scale ** 2 / 2))),
    ),
    eventShape,
    draw: (key, count) =>
      scopedTree(() => {
        const [ownKey, otherKey] = split(key, 2);
        const v = mul(normal(ownKey, [count, 1]), scale);
        const rest = mul(normal(otherKey, [count, others]), exp(mul(v, 0.5)));
        return reshape(concat([v, rest], 1), [count, ...eventShape]);
      }),
  };
}
