import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  type Key,
  less,
  mapTree,
  mul,
  neg,
  sigmoid,
  softplus,
  split,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  tensorsOf,
  uniform,
  where,
} from '@ebmkit/tensor';
import { checkTimeStep } from '../hamiltonian/arguments.js';
import { checkContinuous, evaluate, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, finiteChains, normalLike, sumOverEvents } from '../kernel/position.js';
import { startGradient } from './langevin.js';

/** How the Barker proposal moves. */
export interface BarkerOptions {
  /**
   * The standard deviation $`\varepsilon`$ of a move in each coordinate, in units of a length of the target: a positive number, or a scalar
   * tensor, which may be traced.
   */
  readonly stepSize: TensorLike;
}

/** For each coordinate, whether a move goes where it was drawn to or the other way. */
function choose<X extends Tree>(key: Key, move: X, gradient: X): X {
  const keys = split(key, tensorsOf(move).length);
  let next = 0;
  return mapTree(
    (z, g) => where(less(uniform(keys[next++] as Key, z.shape), sigmoid(neg(mul(z, g)))), z, neg(z)),
    move,
    gradient,
  );
}

/** The proposal's energy without its constant, $`-\log q(x' \mid x)`$: the sum of $`\log(1 + e^{z_i \partial_i E(x)})`$, with $`z = x' - x`$. */
function proposalEnergy<X extends Tree>(move: X, gradient: X): Tensor {
  return sumOverEvents(mapTree((z, g) => softplus(mul(z, g)), move, gradient));
}

/**
 * Metropolis with the Barker proposal: draws a move $`z \sim N(0, \varepsilon^2 I)`$, and takes each of its coordinates with the probability
 * $`1 / (1 + e^{z_i \partial_i E(x)})`$, its opposite otherwise, so that most go down. It accepts for each chain on its own with probability
 *
 * ```math
 * \min\left(1, e^{E(x) - E(x')} \prod_i \frac{1 + e^{z_i \partial_i E(x)}}{1 + e^{-z_i \partial_i E(x')}}\right).
 * ```
 *
 * Exact: the target is invariant for every step size. One energy and one gradient for each step. It scales with the dimension as
 * `mala` does, but the gradient only turns a move, it does not lengthen it: a step that is too large, or a gradient that explodes in the
 * tails, costs little, which makes it the one to adapt from a bad start. The step size is right when about 0.4 of the moves are
 * accepted. A proposal whose energy or gradient is not finite is refused and reported in `info.diverged`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - The step size.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the step size is not positive or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const kernel = barker(doubleWell(), { stepSize: 0.7 });
 * ```
 * @see Livingstone and Zanella, "The Barker proposal: combining robustness and efficiency in gradient-based MCMC", 2022,
 * https://doi.org/10.1111/rssb.12482
 */
export function barker<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize }: BarkerOptions,
): Kernel<X, GradientState<X>, MoveInfo> {
  checkContinuous('barker', target);
  checkTimeStep('barker', stepSize);
  return defineKernel<X, GradientState<X>, MoveInfo>({
    init: (start) => startGradient('barker', target, start),
    step: (key, from) => {
      const [moveKey, signKey, acceptKey] = split(key, 3);
      const drawn = mapTree((n) => mul(n, stepSize), normalLike(moveKey, from.position));
      const moved = mapTree((x, z) => add(x, z), from.position, choose(signKey, drawn, from.gradient));
      const position = target.constrain ? target.constrain(moved) : moved;
      const to = evaluate('barker', target, position, chainsOf('barker', position));
      const there = mapTree((b, a) => sub(b, a), to.position, from.position);
      const back = mapTree((z) => neg(z), there);
      const logRatio = add(
        sub(from.energy, to.energy),
        sub(proposalEnergy(there, from.gradient), proposalEnergy(back, to.gradient)),
      );
      const sound = finiteChains([to.gradient]) as Tensor;
      return metropolisTest(acceptKey, { from, to, logRatio, sound });
    },
  });
}
