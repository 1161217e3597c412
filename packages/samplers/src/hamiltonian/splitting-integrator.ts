import type { ContinuousEnergy } from '@ebmkit/energy';
import { add, isTensor, mapTree, mul, perRow, sub, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';
import { evaluate } from '../kernel/evaluate.js';
import { chainsOf } from '../kernel/position.js';
import type { Metric } from './metric.js';

/** A point of phase space, with what an integrator needs to know there. */
export type PhasePoint<X extends Tree> = {
  /** Where the chains are, `[chains, ...event]`. */
  readonly position: X;
  /** Their momenta, of the shape of the position. */
  readonly momentum: X;
  /** The energy (potential, without the kinetic part) of each chain, `[chains]`. */
  readonly energy: Tensor;
  /** The gradient of the energy, of the shape of the position. */
  readonly gradient: X;
};

/**
 * One step of an explicit symmetric splitting of Hamilton's equations, as the shares of the step size that its parts take: first
 * a kick by `kicks[0]`, then a drift by `drifts[0]`, a kick by `kicks[1]`, and so on, ending in a kick. Kicks change momenta,
 * $`p \leftarrow p - b \varepsilon \nabla E(x)`$; drifts change positions, $`x \leftarrow x + a \varepsilon M^{-1} p`$. Both lists read the same
 * backwards, so that a step is reversible, and each sums to 1. Volume is conserved.
 */
export interface SplittingIntegrator {
  /** The shares $`b_0, \dots, b_k`$ of the kicks. */
  readonly kicks: readonly number[];
  /** The shares $`a_0, \dots, a_{k-1}`$ of the drifts, one fewer; each costs one gradient. */
  readonly drifts: readonly number[];
}

/**
 * The leapfrog (velocity Verlet): half a kick, a drift, half a kick. One gradient a step; the error of the energy is
 * $`O(\varepsilon^2)`$.
 *
 * @see Neal, "MCMC using Hamiltonian dynamics", 2011, https://arxiv.org/abs/1206.1901
 */
export const leapfrog: SplittingIntegrator = { kicks: [0.5, 0.5], drifts: [1] };

/**
 * One step of a splitting integrator. The energy and the gradient at the start are taken from the point, those at the end are in
 * the result.
 *
 * @param target - An energy over real states. What it holds fixed stays in place.
 * @param metric - The kinetic energy.
 * @param integrator - The scheme: `leapfrog`, `mcLachlan`, `yoshida`.
 * @param point - Where the step begins.
 * @param stepSize - The step size: a number, a scalar tensor, or one for each chain, `[chains]`. Negative steps go back.
 * @returns The point after the step.
 */
export function integrate<X extends Tree>(
  target: ContinuousEnergy<X>,
  metric: Metric<X>,
  { kicks, drifts }: SplittingIntegrator,
  point: PhasePoint<X>,
  stepSize: TensorLike,
): PhasePoint<X> {
  const chains = chainsOf('integrate', point.position);
  const kick = (momentum: X, gradient: X, share: number): X =>
    mapTree((p, g) => sub(p, scale(g, stepSize, share)), momentum, gradient);
  const drift = (position: X, momentum: X, share: number): X => {
    const moved = mapTree((x, v) => add(x, scale(v, stepSize, share)), position, metric.velocity(momentum));
    return target.constrain ? target.constrain(moved) : moved;
  };
  let { position, energy, gradient } = point;
  let momentum = kick(point.momentum, gradient, kicks[0] as number);
  for (const [i, share] of drifts.entries()) {
    ({ position, energy, gradient } = evaluate('integrate', target, drift(position, momentum, share), chains));
    momentum = kick(momentum, gradient, kicks[i + 1] as number);
  }
  return { position, momentum, energy, gradient };
}

/** A share of the step size times a vector of each chain. */
function scale(vector: Tensor, stepSize: TensorLike, share: number): Tensor {
  if (!isTensor(stepSize)) return mul(vector, stepSize * share);
  const step = stepSize.shape.length === 0 ? stepSize : perRow(stepSize, vector.shape);
  return mul(vector, share === 1 ? step : mul(step, share));
}
