import { add, mul, pad, reshape, sizeOf, slice, square, sub, sum, type Tensor } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedFinite, checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import type { AnalyticEnergy, ExactEnergy } from './exact-energy.js';
import { hybridRosenbrock } from './hybrid-rosenbrock.js';

/** Which Rosenbrock function. */
export interface RosenbrockOptions {
  /** Where the valley floor is lowest, $`a`$; 1 unless given. */
  readonly a?: number;
  /** How steep the valley is, $`b`$; 100 unless given. */
  readonly b?: number;
  /** The inverse temperature $`\beta`$ that the function is multiplied with; 1 unless given. Goodman and Weare take 1/20. */
  readonly beta?: number;
  /** The shape of one state, at least two coordinates; `[2]` unless given. */
  readonly eventShape?: readonly number[];
}

/** The Rosenbrock function of two coordinates. */
export interface PlaneRosenbrockOptions extends RosenbrockOptions {
  /** Two coordinates. */
  readonly eventShape?: readonly [2];
}

/**
 * Rosenbrock's function as an energy: a long curved valley,
 *
 * ```math
 * E(x) = \beta \sum_{i=0}^{d-2} \left( b (x_{i+1} - x_i^2)^2 + (a - x_i)^2 \right)
 * ```
 *
 * It is 0 at $`x_i = 1`$ when $`a = 1`$. In two dimensions everything about its distribution is exact: $`x_0`$ is normal around $`a`$, $`x_1`$ is normal
 * around $`x_0^2`$, and $`\log Z = \log (\pi / (\beta \sqrt b))`$. In more there is no closed form, and the result does not have
 * these fields: see `hybridRosenbrock` for a distribution of this kind that has them.
 *
 * @param options - The constants of the function, temperature, and shape of a state.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it.
 * @throws EbmError when `b` or `beta` is not positive, `a` is not finite, or there are fewer than two coordinates.
 *
 * @example
 * ```ts
 * const valley = rosenbrock({ beta: 1 / 20 }); // valley.logZ is known
 * const landscape = rosenbrock({ eventShape: [10] }); // to minimise
 * ```
 *
 * @see Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960,
 * https://doi.org/10.1093/comjnl/3.3.175; Goodman and Weare, 2010, https://doi.org/10.2140/camcos.2010.5.65
 */
export function rosenbrock(options?: PlaneRosenbrockOptions): ExactEnergy;
export function rosenbrock(options: RosenbrockOptions): AnalyticEnergy;
export function rosenbrock(options: RosenbrockOptions = {}): AnalyticEnergy | ExactEnergy {
  const a = checkedFinite('rosenbrock', 'a', options.a ?? 1);
  const b = checkedPositive('rosenbrock', 'b', options.b ?? 100);
  const beta = checkedPositive('rosenbrock', 'beta', options.beta ?? 1);
  const eventShape = checkedShape('rosenbrock', options.eventShape ?? [2], 2);
  const size = sizeOf(eventShape);
  const parts = (where: string, x: Tensor) => {
    const flat = flatStates(where, x, eventShape);
    const from = slice(flat, [0, 0], [-1, size - 1]);
    return { from, offFloor: sub(slice(flat, [0, 1]), square(from)), along: sub(from, a) };
  };
  const analytic: AnalyticEnergy = {
    energy: (x) =>
      scopedTree(() => {
        const { offFloor, along } = parts('rosenbrock.energy', x);
        return mul(sum(add(mul(square(offFloor), b), square(along)), 1), beta);
      }),
    gradient: (x) =>
      scopedTree(() => {
        const { from, offFloor, along } = parts('rosenbrock.gradient', x);
        const wall = mul(offFloor, 2 * b * beta);
        const own = sub(mul(along, 2 * beta), mul(mul(from, 2), wall));
        return reshape(add(pad(own, [0, 0], [0, 1]), pad(wall, [0, 1], [0, 0])), x.shape);
      }),
    support: 'continuous',
    eventShape,
  };
  if (size > 2) return analytic;
  const { logZ, mean, covariance, draw } = hybridRosenbrock({ mean: a, precision: beta, curvature: beta * b });
  return {
    ...analytic,
    logZ,
    mean,
    covariance,
    draw: (key, count) => scopedTree(() => reshape(draw(key, count), [count, ...eventShape])),
  };
}
