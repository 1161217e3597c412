import {
  add,
  broadcastTo,
  concat,
  type Key,
  mul,
  normal,
  pad,
  reshape,
  slice,
  split,
  square,
  sub,
  sum,
  type Tensor,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedCount, checkedFinite, checkedPositive } from './arguments.js';
import { checkStates } from './event.js';
import type { ExactEnergy } from './exact-energy.js';
import { afterSquare, meanUnderNormal, type Polynomial, product } from './polynomial.js';

/** Which hybrid Rosenbrock distribution. */
export interface HybridRosenbrockOptions {
  /** How many chains start from the first coordinate, $`m`$; 1 unless given. */
  readonly blocks?: number;
  /** How many coordinates a chain has, the shared first one included, $`\ell`$; 2 unless given. */
  readonly blockLength?: number;
  /** The mean $`\mu`$ of the first coordinate; 1 unless given. */
  readonly mean?: number;
  /** The precision $`a`$ of the first coordinate, whose variance is $`1 / 2a`$; 1/20 unless given. */
  readonly precision?: number;
  /** The steepness $`b`$ of the valleys; 5 unless given. */
  readonly curvature?: number;
}

/**
 * The hybrid Rosenbrock distribution: chains of coordinates, each normal around the square of the one before, that all start from
 * one coordinate,
 *
 * ```math
 * E(x) = a (x_1 - \mu)^2 + b \sum_{j=1}^m \sum_{i=2}^{\ell} (x_{j,i} - x_{j,i-1}^2)^2, \qquad x_{j,1} = x_1,
 * \qquad \log Z = \tfrac12 \log \tfrac{\pi}{a} + \tfrac{m (\ell - 1)}{2} \log \tfrac{\pi}{b}
 * ```
 *
 * The narrow curved ridges of `rosenbrock` in any number of dimensions, $`1 + m (\ell - 1)`$, with everything known exactly: moments are those of
 * polynomials of a normal variable. They grow doubly exponentially with `blockLength`, so keep it small and take more blocks.
 *
 * @param options - Number and length of the chains, and their constants.
 * @returns The energy over float32 states `[n, 1 + m(ℓ − 1)]`, the shared coordinate first and then chain by chain, with what is known of it.
 * @throws EbmError when a count is too small, or `precision` or `curvature` is not positive.
 *
 * @example
 * ```ts
 * const ridges = hybridRosenbrock({ blocks: 2, blockLength: 3 }); // five coordinates
 * ```
 *
 * @see Pagani, Wiegand and Nadarajah, "An n-dimensional Rosenbrock distribution for Markov chain Monte Carlo testing", 2022,
 * https://doi.org/10.1111/sjos.12532
 */
export function hybridRosenbrock(options: HybridRosenbrockOptions = {}): ExactEnergy {
  const where = 'hybridRosenbrock';
  const blocks = checkedCount(where, 'blocks', options.blocks ?? 1, 1);
  const steps = checkedCount(where, 'blockLength', options.blockLength ?? 2, 2) - 1;
  const mean = checkedFinite(where, 'mean', options.mean ?? 1);
  const precision = checkedPositive(where, 'precision', options.precision ?? 1 / 20);
  const curvature = checkedPositive(where, 'curvature', options.curvature ?? 5);
  const eventShape = [1 + blocks * steps];
  const parts = (name: string, x: Tensor) => {
    checkStates(`${where}.${name}`, x, eventShape);
    const n = x.shape[0] as number;
    const first = slice(x, [0, 0], [-1, 1]);
    const rest = reshape(slice(x, [0, 1]), [n, blocks, steps]);
    const chains = concat([broadcastTo(reshape(first, [n, 1, 1]), [n, blocks, 1]), rest], 2);
    const from = slice(chains, [0, 0, 0], [-1, -1, steps]);
    return { n, own: sub(first, mean), from, offFloor: sub(rest, square(from)) };
  };
  return {
    energy: (x) =>
      scopedTree(() => {
        const { own, offFloor } = parts('energy', x);
        return add(mul(sum(square(own), 1), precision), mul(sum(square(offFloor), [1, 2]), curvature));
      }),
    gradient: (x) =>
      scopedTree(() => {
        const { n, own, from, offFloor } = parts('gradient', x);
        const wall = mul(offFloor, 2 * curvature);
        const slopes = sub(pad(wall, [0, 0, 1], [0, 0, 0]), pad(mul(mul(from, 2), wall), [0, 0, 0], [0, 0, 1]));
        const shared = reshape(sum(slice(slopes, [0, 0, 0], [-1, -1, 1]), [1, 2]), [n, 1]);
        const rest = reshape(slice(slopes, [0, 0, 1]), [n, blocks * steps]);
        return concat([add(mul(own, 2 * precision), shared), rest], 1);
      }),
    support: 'continuous',
    logZ: 0.5 * (Math.log(Math.PI / precision) + blocks * steps * Math.log(Math.PI / curvature)),
    ...moments(mean, 1 / (2 * precision), 1 / (2 * curvature), blocks, steps),
    eventShape,
    draw: (key: Key, count: number) =>
      scopedTree(() => {
        const [firstKey, restKey] = split(key, 2);
        const first = add(mul(normal(firstKey, [count, 1, 1]), Math.sqrt(1 / (2 * precision))), mean);
        const noise = mul(normal(restKey, [count, blocks, steps]), Math.sqrt(1 / (2 * curvature)));
        const chain = [broadcastTo(first, [count, blocks, 1])];
        for (let i = 0; i < steps; i++)
          chain.push(add(square(chain[i] as Tensor), slice(noise, [0, 0, i], [-1, -1, 1])));
        const rest = reshape(concat(chain.slice(1), 2), [count, blocks * steps]);
        return concat([reshape(first, [count, 1]), rest], 1);
      }),
  };
}

/**
 * Mean and covariance. Given the first coordinate, what a chain expects is a polynomial of it, found by going back from
 * each coordinate to the one before.
 */
function moments(mean: number, variance: number, noise: number, blocks: number, steps: number) {
  /** What $`f(x_i)`$ is expected to be, as a polynomial of the coordinate `count` places earlier. */
  const back = (f: Polynomial, count: number): Polynomial => (count === 0 ? f : back(afterSquare(f, noise), count - 1));
  const expected = (f: Polynomial): number => meanUnderNormal(f, mean, variance);
  const identity: Polynomial = [0, 1];
  const size = 1 + blocks * steps;
  const place = (k: number): readonly [block: number, step: number] =>
    k === 0 ? [-1, 0] : [Math.floor((k - 1) / steps), ((k - 1) % steps) + 1];
  const alone = Array.from({ length: steps + 1 }, (_, i) => back(identity, i));
  const means = alone.map(expected);
  const apart = alone.map((f) => alone.map((g) => expected(product(f, g))));
  const together = alone.map((_, i) =>
    alone.map((__, j) => {
      const [early, late] = [Math.min(i, j), Math.max(i, j)];
      return expected(back(product(identity, back(identity, late - early)), early));
    }),
  );
  const covariance = Float64Array.from({ length: size * size }, (_, at) => {
    const [[p, i], [q, j]] = [place(Math.floor(at / size)), place(at % size)];
    const second = (p === q ? together : apart)[i]?.[j] as number;
    return second - (means[i] as number) * (means[j] as number);
  });
  return { mean: Float64Array.from({ length: size }, (_, k) => means[place(k)[1]] as number), covariance };
}
