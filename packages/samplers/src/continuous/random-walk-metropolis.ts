import type { ContinuousEnergy } from '@ebmkit/energy';
import { add, mapTree, mul, split, sub, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';
import { checkTimeStep } from '../hamiltonian/arguments.js';
import { identityMetric, type Metric } from '../hamiltonian/metric.js';
import { checkContinuous, checkedEnergy } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { metropolisTest } from '../kernel/metropolis-test.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf, checkReal } from '../kernel/position.js';

/** A position with its energy: what samplers over real states that take no gradient know. */
export type EnergyState<X extends Tree> = {
  /** Where the chains are, `[chains, ...event]`. */
  readonly position: X;
  /** The energy of each chain, `[chains]`. */
  readonly energy: Tensor;
};

/** How random-walk Metropolis moves. */
export interface RandomWalkMetropolisOptions<X extends Tree> {
  /**
   * The standard deviation $`\varepsilon`$ of a move in each coordinate where masses are 1, in units of a length of the target: a positive number, or
   * a scalar tensor, which may be traced. About 2.4 standard deviations over the square root of the number of dimensions.
   */
  readonly stepSize: TensorLike;
  /** Moves have the covariance $`\varepsilon^2 M^{-1}`$ of this metric, best the shape of that of the target; `identityMetric()` unless given. */
  readonly metric?: Metric<NoInfer<X>>;
}

/** The energies at positions. */
export function evaluateEnergyAt<X extends Tree>(
  caller: string,
  target: ContinuousEnergy<X>,
  position: X,
): EnergyState<X> {
  return { position, energy: checkedEnergy(caller, target.energy(position), chainsOf(caller, position)) };
}

/** The state at a start: checked, constrained, evaluated. */
export function startEnergy<X extends Tree>(caller: string, target: ContinuousEnergy<X>, start: X): EnergyState<X> {
  checkReal(caller, start);
  return evaluateEnergyAt(caller, target, target.constrain ? target.constrain(start) : start);
}

/**
 * Random-walk Metropolis: proposes $`x' = x + \varepsilon n`$ with $`n \sim N(0, M^{-1})`$, and accepts it for each chain on its own with probability
 *
 * ```math
 * \min\left(1, e^{E(x) - E(x')}\right).
 * ```
 *
 * Exact: the target is invariant for every step size. One energy for each step and no gradient, so that the energy need not be
 * differentiable. In $`d`$ dimensions it needs $`O(d)`$ steps for an independent draw, where `mala` needs $`O(d^{1/3})`$. The step size is right when
 * about 0.44 of the moves are accepted in one dimension and 0.23 in many. `warmUp` with such a `targetAcceptance` finds
 * it, and the metric. A proposal whose energy is not finite is refused and
 * reported in `info.diverged`.
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - The step size, and the shape of the moves.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when the step size is not positive or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const target = gaussian({ mean: [0, 0], diagonal: [1, 100] });
 * const kernel = randomWalkMetropolis(target, { stepSize: 1.7, metric: diagonalMetric([1, 100]) });
 * ```
 * @see Roberts, Gelman and Gilks, "Weak convergence and optimal scaling of random walk Metropolis algorithms", 1997,
 * https://doi.org/10.1214/aoap/1034625254
 */
export function randomWalkMetropolis<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, metric = identityMetric() }: RandomWalkMetropolisOptions<X>,
): Kernel<X, EnergyState<X>, MoveInfo> {
  checkContinuous('randomWalkMetropolis', target);
  checkTimeStep('randomWalkMetropolis', stepSize);
  return defineKernel<X, EnergyState<X>, MoveInfo>({
    init: (start) => startEnergy('randomWalkMetropolis', target, start),
    step: (key, from) => {
      const [moveKey, acceptKey] = split(key, 2);
      const direction = metric.velocity(metric.draw(moveKey, from.position));
      const moved = mapTree((x, d) => add(x, mul(d, stepSize)), from.position, direction);
      const position = target.constrain ? target.constrain(moved) : moved;
      const to = evaluateEnergyAt('randomWalkMetropolis', target, position);
      return metropolisTest(acceptKey, { from, to, logRatio: sub(from.energy, to.energy) });
    },
  });
}
