import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  cast,
  div,
  exp,
  eye,
  gather,
  greater,
  greaterEqual,
  log,
  logicalAnd,
  logicalNot,
  matMul,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  sort,
  sqrt,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  type Tree,
  where,
} from '@ebmkit/tensor';
import { checkPositive } from '../hamiltonian/arguments.js';
import { flattenEvents, unflattenEvents } from '../hamiltonian/flat-event.js';
import { checkContinuous, evaluate, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chooseChains, finiteChains } from '../kernel/position.js';
import { checkStepSize } from '../kernel/step-size.js';
import { startGradient } from './langevin.js';

/** How Stein variational gradient descent moves. */
export interface SvgdOptions {
  /**
   * The step size $`\varepsilon`$, in units of the square of a length of the target: a positive number, or a scalar tensor, which may be traced. As a particle
   * moves by a mean over particles, of which few are near, steps may be larger than those of gradient descent where there are many.
   */
  readonly stepSize: TensorLike;
  /**
   * The width $`\ell`$ of the kernel, in units of a length of the target: a positive number, or a scalar tensor, which may be traced. Unless given it is found in every step by the median heuristic,
   * $`2 \ell^2 = m^2 / \log(n + 1)`$, in which $`m`$ is the median distance between two of the $`n`$ particles.
   */
  readonly bandwidth?: TensorLike;
}

/** Particles as rows, with what of them takes part. */
interface Flock {
  /** Positions around their mean, `[n, size]`; 0 for those that do not take part. */
  readonly centred: Tensor;
  /** Gradients, `[n, size]`; 0 for those that do not take part. */
  readonly gradient: Tensor;
  /** Which take part, bool `[n]`. */
  readonly sound: Tensor;
  /** How many do, but at least 1. */
  readonly count: Tensor;
}

function flockOf<X extends Tree>({ position, energy, gradient }: GradientState<X>): Flock {
  const rows = flattenEvents(position);
  const sound = finiteChains([energy, gradient, position]) as Tensor;
  const column = reshape(sound, [rows.shape[0] as number, 1]);
  const count = maximum(sum(cast(sound, 'float32')), 1);
  const mean = div(sum(where(column, rows, 0), 0), count);
  return {
    centred: where(column, sub(rows, mean), 0),
    gradient: where(column, flattenEvents(gradient), 0),
    sound,
    count,
  };
}

/** Squared distances between particles, `[n, n]`. */
function squaredDistances(x: Tensor): Tensor {
  const n = x.shape[0] as number;
  const squares = sum(square(x), 1);
  const products = mul(matMul(x, x, { transposeB: true }), 2);
  const distances = sub(add(reshape(squares, [n, 1]), reshape(squares, [1, n])), products);
  return mul(maximum(distances, 0), sub(1, eye(n)));
}

/** The median distance between two different particles of those that take part; of fewer than 2 it is 0. */
function medianDistance(distances: Tensor, pairs: Tensor, count: Tensor): Tensor {
  const entries = (distances.shape[0] as number) ** 2;
  const sorted = sort(reshape(where(pairs, distances, Number.POSITIVE_INFINITY), [entries]));
  // After one zero for each particle every distance comes twice.
  const middle = add(count, mul(mul(count, sub(count, 1)), 0.5));
  const places = minimum(maximum(stack([sub(middle, 1), middle]), 0), entries - 1);
  const median = mul(sum(sqrt(gather(sorted, cast(places, 'int32')))), 0.5);
  return where(greaterEqual(count, 2), median, 0);
}

/** $`2 \ell^2`$ by the median heuristic; 1 where all particles are at one place, so that none is too near. */
function medianScale(distances: Tensor, pairs: Tensor, count: Tensor): Tensor {
  const scale = div(square(medianDistance(distances, pairs, count)), log(add(count, 1)));
  return where(greater(scale, 0), scale, 1);
}

/** The direction $`\phi`$ of every particle, `[n, size]`. */
function steinDirection({ centred, gradient, sound, count }: Flock, bandwidth: TensorLike | undefined): Tensor {
  const n = centred.shape[0] as number;
  const pairs = logicalAnd(reshape(sound, [n, 1]), reshape(sound, [1, n]));
  const distances = squaredDistances(centred);
  const scale = bandwidth === undefined ? medianScale(distances, pairs, count) : mul(mul(bandwidth, bandwidth), 2);
  const kernel = where(pairs, exp(neg(div(distances, scale))), 0);
  const repulsion = sub(mul(centred, reshape(sum(kernel, 1), [n, 1])), matMul(kernel, centred));
  return div(sub(mul(repulsion, div(2, scale)), matMul(kernel, gradient)), count);
}

/**
 * Stein variational gradient descent: moves a set of particles, the first axis of the positions, so that together they come to look like the target,
 *
 * ```math
 * x_i' = x_i + \varepsilon \phi(x_i), \qquad \phi(x) = \frac1n \sum_{j=1}^n \left[ -k(x_j, x) \nabla E(x_j) + \nabla_{x_j} k(x_j, x) \right], \qquad k(x, y) = e^{-|x - y|^2 / 2 \ell^2}:
 * ```
 *
 * down the energy, averaged over particles nearby, and away from each other. It is no Markov chain: it is deterministic (keys change nothing), **the particles see each other**, and what
 * is near the target is the set where it comes to rest, not its history. Biased for finitely many particles, which are too narrow in many dimensions. One particle alone does gradient descent. A gradient for each particle
 * and $`O(n^2)`$ for $`n`$ of them, two matrix products and a sort, in each step. For chains that do not see each other see `langevin`.
 *
 * A particle whose move leads to an energy or gradient that is not finite stays and is reported in `info.diverged`. One that is at such a place takes no part: it does not move, and the others
 * move as if it were not there.
 *
 * @param target - An energy over real states, single tensors or trees of them; distances are taken over all of them.
 * @param options - The step size, and the width of the kernel.
 * @returns A kernel over positions `[particles, ...event]`.
 * @throws EbmError when step size or bandwidth are not positive or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = svgd(gaussian({ mean: [0, 0] }), { stepSize: 0.3 });
 * ```
 * @see Liu and Wang, "Stein variational gradient descent: a general purpose Bayesian inference algorithm", 2016,
 * https://arxiv.org/abs/1608.04471
 */
export function svgd<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, bandwidth }: SvgdOptions,
): Kernel<X, GradientState<X>, MoveInfo> {
  checkContinuous('svgd', target);
  checkStepSize('svgd', stepSize);
  if (bandwidth !== undefined) checkPositive('svgd', 'bandwidth', bandwidth, 'Leave it out for the median heuristic.');
  return defineKernel<X, GradientState<X>, MoveInfo>({
    init: (start) => startGradient('svgd', target, start),
    step: (_, state) => {
      const flock = flockOf(state);
      const rows = flattenEvents(state.position);
      const moved = unflattenEvents(add(rows, mul(steinDirection(flock, bandwidth), stepSize)), state.position);
      const position = target.constrain ? target.constrain(moved) : moved;
      const proposal = evaluate('svgd', target, position, rows.shape[0] as number);
      const finite = logicalAnd(flock.sound, finiteChains([proposal.energy, proposal.gradient]) as Tensor);
      return {
        state: chooseChains(finite, proposal, state),
        info: { accepted: finite, acceptanceProbability: cast(finite, 'float32'), diverged: logicalNot(finite) },
      };
    },
  });
}
