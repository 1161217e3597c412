import {
  add,
  argMax,
  cast,
  div,
  expandDims,
  gumbel,
  isNaN,
  type Key,
  logicalAnd,
  logSumExp,
  mod,
  mul,
  oneHot,
  reshape,
  sub,
  type Tensor,
  takeAlongAxis,
  where,
} from '@ebmkit/tensor';
import type { DiscreteGradientState } from './discrete-target.js';
import { type StateSpace, sitesOf } from './state-space.js';

/**
 * The moves that change one site, numbered site by site: move $`i (k - 1) + s - 1`$ shifts site $`i`$ by $`s`$. Locally informed samplers
 * weigh them by $`\exp(-\Delta / 2)`$ with the first-order change $`\Delta`$ of the energy.
 */

/** The logarithms of the weights, `[chains, moves]`; −Infinity for moves of sites that are not free. */
export function logWeights(space: StateSpace, { position, gradient }: DiscreteGradientState, free?: Tensor): Tensor {
  const halves = mul(space.differences(position, gradient), -0.5);
  const allowed = free ? where(expandDims(free, 2), halves, Number.NEGATIVE_INFINITY) : halves;
  return reshape(allowed, [position.shape[0] as number, sitesOf(position) * (space.values - 1)]);
}

/** Gumbel noise for weights: the largest sum is a draw in proportion to them, and stays one as moves are ruled out. */
export function perturb(key: Key, weights: Tensor): Tensor {
  const noisy = add(weights, gumbel(key, weights.shape));
  return where(isNaN(noisy), Number.NEGATIVE_INFINITY, noisy);
}

/** The best move of each chain, int32 `[chains]`. */
export function bestMove(noisy: Tensor): Tensor {
  return argMax(noisy, 1);
}

/** The log of the probability that a move, int32 `[chains]`, is drawn in proportion to the weights. */
export function logProbability(weights: Tensor, move: Tensor): Tensor {
  const chosen = reshape(takeAlongAxis(weights, expandDims(move, 1), 1), move.shape);
  return sub(chosen, logSumExp(weights, 1));
}

/** A move taken apart: its site and its shift less 1, int32 `[chains]` each. */
function partsOf({ values }: StateSpace, move: Tensor): { readonly site: Tensor; readonly offset: Tensor } {
  if (values === 2) return { site: move, offset: mul(move, 0) };
  const offset = mod(move, values - 1);
  return { site: cast(div(sub(move, offset), values - 1), 'int32'), offset };
}

/** The move that undoes a move. */
export function undoing(space: StateSpace, move: Tensor): Tensor {
  const { offset } = partsOf(space, move);
  return sub(add(move, space.values - 2), mul(offset, 2));
}

/** The shifts of all sites, int32 `[chains, sites]`: that of a move at its site, where the chain is one of those that move. */
export function shiftsOf(space: StateSpace, move: Tensor, sites: number, moving: Tensor): Tensor {
  const { site, offset } = partsOf(space, move);
  const here = logicalAnd(oneHot(site, sites), expandDims(moving, 1));
  return mul(cast(here, 'int32'), expandDims(add(offset, 1), 1));
}

/** States of which each site `[chains, sites]` has been moved on by its shift. */
export function shifted(space: StateSpace, x: Tensor, shifts: Tensor): Tensor {
  return space.change(x, reshape(shifts, x.shape));
}

/** Weights, or weights with noise, without the moves of the site that a move changes. */
export function without(space: StateSpace, weights: Tensor, move: Tensor): Tensor {
  const [chains, moves] = weights.shape as readonly [number, number];
  const sites = moves / (space.values - 1);
  const there = oneHot(partsOf(space, move).site, sites);
  const ruled = reshape(weights, [chains, sites, space.values - 1]);
  return reshape(where(expandDims(there, 2), Number.NEGATIVE_INFINITY, ruled), [chains, moves]);
}
