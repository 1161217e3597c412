import {
  add,
  concat,
  mul,
  reshape,
  sigmoid,
  slice,
  softplus,
  square,
  sub,
  type Tensor,
  tensor,
  zerosLike,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { checkedPositive } from './arguments.js';
import { checkStates } from './event.js';
import type { ExactEnergy } from './exact-energy.js';
import { integrateEven, panelNodes, quadrantNodes } from './quadrature.js';
import { direction, radius } from './radius.js';
import { evenEdges, gap, type Interval, type Staircase, staircaseRejection } from './rejection.js';

/** Which two moons. */
export interface TwoMoonsOptions {
  /** The radius $`R`$ of the circle that the moons are parts of; 2 unless given. */
  readonly radius?: number;
  /** The thickness $`\sigma`$ of the moons; 0.2 unless given. */
  readonly scale?: number;
  /** How far the moons reach towards each other, $`s`$, along the first coordinate; 0.3 unless given. */
  readonly spread?: number;
}

/**
 * Two facing crescents in the plane: a ring of which only the left and the right end are likely,
 *
 * ```math
 * E(x) = \frac{(\|x\| - R)^2}{2 \sigma^2} - \log \left( e^{-(x_0 - R)^2 / 2 s^2} + e^{-(x_0 + R)^2 / 2 s^2} \right)
 * ```
 *
 * Curved, bimodal and symmetric. The normaliser and the covariance come from quadrature in polar coordinates at construction
 * (relative error below 1e-12); draws are exact, by rejection. `{ scale: 0.4, spread: 0.6 }` is the potential $`U_1`$ of Rezende and Mohamed. For
 * the whole circle see `ring`.
 *
 * @param options - Radius, thickness and reach.
 * @returns The energy over float32 states `[n, 2]`, with what is known of it. `draw` cannot run inside `jit`.
 * @throws EbmError when an option is not positive.
 *
 * @example
 * ```ts
 * const potential = twoMoons({ scale: 0.4, spread: 0.6 });
 * ```
 *
 * @see Rezende and Mohamed, "Variational inference with normalizing flows", 2015, https://arxiv.org/abs/1505.05770; the defaults are those of
 * Stimper et al., "normflows", 2023, https://doi.org/10.21105/joss.05361
 */
export function twoMoons(options: TwoMoonsOptions = {}): ExactEnergy {
  const middle = checkedPositive('twoMoons', 'radius', options.radius ?? 2);
  const scale = checkedPositive('twoMoons', 'scale', options.scale ?? 0.2);
  const spread = checkedPositive('twoMoons', 'spread', options.spread ?? 0.3);
  const eventShape = [2];
  const known = measured(middle, scale, spread);
  const first = (x: Tensor): Tensor => slice(x, [0, 0], [-1, 1]);
  const lean = (2 * middle) / spread ** 2;
  return {
    energy: (x) =>
      scopedTree(() => {
        checkStates('twoMoons.energy', x, eventShape);
        const ring = mul(square(sub(radius(x), middle)), 1 / (2 * scale ** 2));
        const ends = sub(mul(square(add(first(x), middle)), 1 / (2 * spread ** 2)), softplus(mul(first(x), lean)));
        return add(ring, reshape(ends, ring.shape));
      }),
    gradient: (x) =>
      scopedTree(() => {
        checkStates('twoMoons.gradient', x, eventShape);
        const ring = mul(sub(reshape(radius(x), [x.shape[0] as number, 1]), middle), 1 / scale ** 2);
        const left = mul(add(first(x), middle), 1 / spread ** 2);
        const ends = sub(left, mul(sigmoid(mul(first(x), lean)), lean));
        return add(mul(ring, direction(x)), concat([ends, zerosLike(ends)], 1));
      }),
    support: 'continuous',
    logZ: known.logZ,
    mean: known.mean,
    covariance: known.covariance,
    eventShape,
    draw: (key, count) => tensor(known.draw(key, count), [count, 2]),
  };
}

/** Normaliser, moments and draws of the two moons. */
function measured(middle: number, scale: number, spread: number) {
  const ends = (left: number, right: number): number =>
    Math.min(left, right) - Math.log1p(Math.exp(-Math.abs(left - right)));
  const bowl = (distance: number, width: number): number => distance ** 2 / (2 * width ** 2);
  const energy = (x: number, y: number): number =>
    bowl(Math.sqrt(x * x + y * y) - middle, scale) + ends(bowl(x + middle, spread), bowl(x - middle, spread));
  // Beyond, the density is below e^-45 times its maximum.
  const high = middle + 9.5 * scale;
  const low = Math.max(0, middle - 9.5 * scale);
  const panels = Math.ceil((high - low) / Math.min(scale, spread));
  const angles = Math.ceil((8 * high) / Math.min(spread, middle));
  const nodes = quadrantNodes(panelNodes(Array.from(evenEdges(low, high, panels))), angles);
  const floor: Staircase['floor'] = (x, y) => {
    const nearest = Math.hypot(gap(x, 0), gap(y, 0));
    const farthest = Math.hypot(furthest(x), furthest(y));
    const ring = bowl(gap([nearest, farthest], middle), scale);
    return ring + ends(bowl(gap(x, -middle), spread), bowl(gap(x, middle), spread));
  };
  const edges = [evenEdges(-high, high, 256), evenEdges(-high, high, 256)];
  return { ...integrateEven(energy, nodes), draw: staircaseRejection('twoMoons', energy, { edges, floor }) };
}

/** How far from 0 an interval reaches. */
function furthest([low, high]: Interval): number {
  return Math.max(Math.abs(low), Math.abs(high));
}
