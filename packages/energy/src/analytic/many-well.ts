import {
  add,
  EbmError,
  fillNormal,
  type Key,
  mul,
  reshape,
  sizeOf,
  slice,
  split,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedFinite, checkedPositive } from './arguments.js';
import { checkedShape, flatStates } from './event.js';
import { diagonalMatrix, type ExactEnergy } from './exact-energy.js';
import { integrate, lineNodes } from './quadrature.js';
import { evenEdges, type Interval, staircaseRejection } from './rejection.js';

/** Which many well. The defaults are those of the literature. */
export interface ManyWellOptions {
  /** The coefficient $`a`$ of $`x^4`$; 1 unless given. */
  readonly quartic?: number;
  /** The coefficient $`b`$ of $`-x^2`$; 6 unless given. */
  readonly quadratic?: number;
  /** The coefficient $`c`$ of $`-x`$, which makes the right well deeper; 1/2 unless given. */
  readonly tilt?: number;
  /** The spring constant $`k`$ of the second coordinate of each block; 1 unless given. */
  readonly stiffness?: number;
  /** The shape of one state, of an even number of coordinates; `[32]` unless given: 16 blocks. */
  readonly eventShape?: readonly number[];
}

/**
 * The many well: independent blocks of two coordinates, each a tilted double well beside a harmonic bowl,
 *
 * ```math
 * E(x) = \sum_{j} \left( a x_{2j}^4 - b x_{2j}^2 - c x_{2j} + \tfrac{k}{2} x_{2j+1}^2 \right)
 * ```
 *
 * With 32 coordinates, as in the literature, it has $`2^{16}`$ modes of known unequal weights. The normaliser and the moments come
 * from one-dimensional quadrature at construction (relative error below 1e-12), draws are exact, by rejection. For equal wells
 * of a chosen height see `doubleWell`.
 *
 * @param options - The coefficients and the number of blocks.
 * @returns The energy over float32 states `[n, ...event]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when `quartic` or `stiffness` is not positive, or the number of coordinates is odd.
 *
 * @example
 * ```ts
 * const target = manyWell(); // log Z = 16 (log 11784.509 + log(2π) / 2) = 164.696
 * ```
 *
 * @see Midgley et al., "Flow annealed importance sampling bootstrap", 2023, https://arxiv.org/abs/2208.01893; the block is that of
 * Noé et al., "Boltzmann generators", 2019, https://doi.org/10.1126/science.aaw1147
 */
export function manyWell(options: ManyWellOptions = {}): ExactEnergy {
  const a = checkedPositive('manyWell', 'quartic', options.quartic ?? 1);
  const b = checkedFinite('manyWell', 'quadratic', options.quadratic ?? 6);
  const c = checkedFinite('manyWell', 'tilt', options.tilt ?? 0.5);
  const stiffness = checkedPositive('manyWell', 'stiffness', options.stiffness ?? 1);
  const eventShape = checkedShape('manyWell', options.eventShape ?? [32], 2);
  const size = sizeOf(eventShape);
  if (size % 2 !== 0)
    throw new EbmError('argument', `manyWell: expected an even number of coordinates, got [${eventShape.join(', ')}].`);
  const blocks = size / 2;
  const well = oneWell(a, b, c);
  const parts = (where: string, x: Tensor): readonly [Tensor, Tensor] => {
    const pairs = reshape(flatStates(where, x, eventShape), [x.shape[0] as number, blocks, 2]);
    const side = (i: number): Tensor => reshape(slice(pairs, [0, 0, i], [-1, -1, 1]), [x.shape[0] as number, blocks]);
    return [side(0), side(1)];
  };
  return {
    energy: (x) =>
      scopedTree(() => {
        const [wells, bowls] = parts('manyWell.energy', x);
        const heights = mul(wells, sub(mul(wells, sub(mul(square(wells), a), b)), c));
        return sum(add(heights, mul(square(bowls), stiffness / 2)), 1);
      }),
    gradient: (x) =>
      scopedTree(() => {
        const [wells, bowls] = parts('manyWell.gradient', x);
        const slope = sub(mul(wells, sub(mul(square(wells), 4 * a), 2 * b)), c);
        return reshape(stack([slope, mul(bowls, stiffness)], 2), x.shape);
      }),
    support: 'continuous',
    logZ: blocks * (well.logZ + 0.5 * Math.log((2 * Math.PI) / stiffness)),
    mean: Float64Array.from({ length: size }, (_, i) => (i % 2 === 0 ? well.mean : 0)),
    covariance: diagonalMatrix(Array.from({ length: size }, (_, i) => (i % 2 === 0 ? well.variance : 1 / stiffness))),
    eventShape,
    draw: (key: Key, count: number) => {
      const [wellKey, bowlKey] = split(key, 2);
      const wells = well.draw(wellKey, count * blocks);
      const bowls = new Float64Array(count * blocks);
      if (bowls.length > 0) fillNormal(bowlKey.words, bowls);
      const pairs = Float32Array.from({ length: count * size }, (_, i) =>
        i % 2 === 0 ? (wells[i >> 1] as number) : (bowls[i >> 1] as number) / Math.sqrt(stiffness),
      );
      return tensor(pairs, [count, ...eventShape]);
    },
  };
}

function oneWell(a: number, b: number, c: number) {
  const energy = (x: number): number => a * x ** 4 - b * x * x - c * x;
  /** Beyond it the energy is above `level`: the energy of the other side, and 0 at the origin, are not. */
  const reach = (level: number): number => {
    let end = a ** -0.25;
    while (a * end ** 4 - Math.abs(b) * end ** 2 - Math.abs(c) * end < level) end *= 1.1;
    return end;
  };
  const bend = (x: number): number => 12 * a * x * x - 2 * b;
  const width = Math.min(a ** -0.25, 1 / Math.sqrt(12 * a * reach(45) ** 2 + 2 * Math.abs(b)));
  const end = reach(745);
  const { logZ, mean, covariance } = integrate(energy, lineNodes(-end, end, width / 8));
  // A function lies at most h²/8 times its greatest second derivative below its chord.
  const floor = ([low, high]: Interval): number =>
    Math.min(energy(low), energy(high)) - (Math.max(0, bend(low), bend(high)) * (high - low) ** 2) / 8;
  const draw = staircaseRejection('manyWell', energy, { edges: [evenEdges(-end, end, 4096)], floor });
  return { logZ, mean: mean[0] as number, variance: covariance[0] as number, draw };
}
