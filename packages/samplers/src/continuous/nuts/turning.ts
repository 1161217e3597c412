import { add, lessEqual, logicalOr, mapTree, mul, sub, type Tensor, type Tree } from '@ebmkit/tensor';
import { sumOverEvents } from '../../kernel/position.js';

/** An end of a stretch of a trajectory. */
export type End<X extends Tree> = {
  /** The momentum there. */
  readonly momentum: X;
  /** The velocity $`M^{-1} p`$ there. */
  readonly velocity: X;
};

/**
 * The generalised U-turn criterion: whether going on at one of the two ends of a stretch of a trajectory would bring the ends closer,
 *
 * ```math
 * p_a \cdot \rho \le 0 \quad \text{or} \quad p_b \cdot \rho \le 0, \qquad \rho = \sum_{i=a}^{b} v_i - \tfrac12 (v_a + v_b), \quad v_i = M^{-1} p_i.
 * ```
 *
 * As the ends count by half, $`\varepsilon \rho`$ is the trapezoid rule for $`x_b - x_a`$, so that this is the U-turn of Hoffman and Gelman
 * seen from the momenta. With full weights (Betancourt 2017) a stretch that is about one whole turn too long can pass on independent
 * normal targets; Stan adds two checks across the middle of every merge for that, NumPyro and blackjax take half weights, as here.
 *
 * @param first - One end.
 * @param last - The other; which is which does not matter.
 * @param velocitySum - $`\sum_i v_i`$ over the stretch, both ends included.
 * @returns Whether each chain turns, bool `[chains]`.
 * @see Betancourt, "A conceptual introduction to Hamiltonian Monte Carlo", 2017, appendix A.4.2, https://arxiv.org/abs/1701.02434
 */
export function isTurning<X extends Tree>(first: End<X>, last: End<X>, velocitySum: X): Tensor {
  const span = mapTree((sum, a, b) => sub(sum, mul(add(a, b), 0.5)), velocitySum, first.velocity, last.velocity);
  const along = (momentum: X): Tensor => sumOverEvents(mapTree((p, r) => mul(p, r), momentum, span));
  return logicalOr(lessEqual(along(first.momentum), 0), lessEqual(along(last.momentum), 0));
}
