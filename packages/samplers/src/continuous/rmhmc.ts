import type { ContinuousEnergy } from '@ebmkit/energy';
import { add, logicalAnd, split, sub, type TensorLike, type Tree, uniform } from '@ebmkit/tensor';
import { checkPositive, checkTimeStep } from '../hamiltonian/arguments.js';
import { type HamiltonianInfo, testEnergy } from '../hamiltonian/hamiltonian-info.js';
import { implicitLeapfrog } from '../hamiltonian/implicit-leapfrog.js';
import type { RiemannianMetric } from '../hamiltonian/riemannian-metric.js';
import type { PhasePoint } from '../hamiltonian/splitting-integrator.js';
import { checkedCount } from '../kernel/checked-count.js';
import { checkContinuous, type GradientState } from '../kernel/evaluate.js';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { chainsOf, chooseChains } from '../kernel/position.js';
import { startGradient } from './langevin.js';

/** How Riemannian manifold Hamiltonian Monte Carlo moves. */
export interface RmhmcOptions<X extends Tree> {
  /**
   * The step size $`\varepsilon`$, in units of a standard deviation as the metric sees it: a positive number, or a scalar tensor, which may be
   * traced.
   */
  readonly stepSize: TensorLike;
  /** Implicit steps in each trajectory, a whole number of at least 1. */
  readonly leapfrogSteps: number;
  /** The kinetic energy: `diagonalRiemannianMetric` or `denseRiemannianMetric` of a function of the position. */
  readonly metric: RiemannianMetric<NoInfer<X>>;
  /** Fixed-point iterations for each of the two equations of a step, a whole number of at least 1; 6 unless given. */
  readonly iterations?: number;
  /**
   * The largest last change, relative to the size of what is solved for, with which an equation counts as solved; 1e-3 unless
   * given. Where the iteration contracts, the next change would be smaller still.
   */
  readonly tolerance?: TensorLike;
}

/**
 * Riemannian manifold Hamiltonian Monte Carlo: the masses $`G(x)`$ follow the local geometry of the target,
 *
 * ```math
 * H(x, p) = E(x) + \tfrac12 \log \det G(x) + \tfrac12 p^\top G(x)^{-1} p, \qquad p \sim N(0, G(x))
 * ```
 *
 * so that one step size fits narrow and wide parts alike. Trajectories are followed by the implicit `leapfrog` and their ends accepted
 * with probability $`\min(1, e^{H(x, p) - H(x', p')})`$.
 *
 * Exact as far as the implicit equations are solved; a trajectory in which one was not solved to `tolerance` is refused and reported in
 * `info.diverged`, as is one that ends at an energy that is not finite or more than 1000 above the start. One gradient of the
 * energy and `iterations` gradients of the metric for each step. Where one metric fits everywhere `hmc` with `diagonalMetric` or
 * `denseMetric` does the same for less. Which tensor to use is up to the function: the Fisher information plus the precision of the
 * prior, or the Hessian made positive (SoftAbs).
 *
 * @param target - An energy over real states, single tensors or trees of them.
 * @param options - Step size, number of steps and metric; how the implicit equations are solved.
 * @returns A kernel over positions `[chains, ...event]`.
 * @throws EbmError when an option is out of its range or the energy is over discrete states.
 *
 * @example
 * ```ts
 * const metric = diagonalRiemannianMetric((x: Tensor) => add(square(x), 1));
 * const kernel = rmhmc(doubleWell({ eventShape: [2] }), { stepSize: 0.3, leapfrogSteps: 5, metric });
 * ```
 * @see Girolami and Calderhead, "Riemann manifold Langevin and Hamiltonian Monte Carlo methods", 2011,
 * https://doi.org/10.1111/j.1467-9868.2010.00765.x
 */
export function rmhmc<X extends Tree>(
  target: ContinuousEnergy<X>,
  { stepSize, leapfrogSteps, metric, iterations = 6, tolerance = 1e-3 }: RmhmcOptions<X>,
): Kernel<X, GradientState<X>, HamiltonianInfo> {
  checkContinuous('rmhmc', target);
  checkTimeStep('rmhmc', stepSize);
  checkedCount('rmhmc', 'leapfrogSteps', leapfrogSteps, 1);
  checkedCount('rmhmc', 'iterations', iterations, 1);
  checkPositive('rmhmc', 'tolerance', tolerance, 'Try 1e-3.');
  const total = ({ position, momentum, energy }: PhasePoint<X>) =>
    add(energy, metric.kineticEnergy(position, momentum));
  return defineKernel<X, GradientState<X>, HamiltonianInfo>({
    init: (start) => startGradient('rmhmc', target, start),
    step: (key, state) => {
      const [momentumKey, acceptKey] = split(key, 2);
      const start = { ...state, momentum: metric.draw(momentumKey, state.position) };
      let { point, converged } = implicitLeapfrog(target, metric, start, stepSize, { iterations, tolerance });
      for (let i = 1; i < leapfrogSteps; i++) {
        const next = implicitLeapfrog(target, metric, point, stepSize, { iterations, tolerance });
        point = next.point;
        converged = logicalAnd(converged, next.converged);
      }
      const threshold = uniform(acceptKey, [chainsOf('rmhmc', state.position)]);
      const info = testEnergy(sub(total(point), total(start)), threshold, converged);
      const { position, energy, gradient } = point;
      return { state: chooseChains(info.accepted, { position, energy, gradient }, state), info };
    },
  });
}
