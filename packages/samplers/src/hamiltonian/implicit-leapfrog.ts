import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  lessEqual,
  logicalAnd,
  mapTree,
  mul,
  ones,
  square,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  vjp,
} from '@ebmkit/tensor';
import { evaluate } from '../kernel/evaluate.js';
import { chainsOf, sumOverEvents } from '../kernel/position.js';
import type { RiemannianMetric } from './riemannian-metric.js';
import { drift, kick, type PhasePoint } from './splitting-integrator.js';

/** How the equations of an implicit step are solved. */
export interface FixedPoint {
  /** How many times each of the two equations is put into itself, a whole number of at least 1. */
  readonly iterations: number;
  /** The largest last change, relative to $`(1 + |y|^2)^{1/2}`$ of the solution $`y`$, that counts as solved. */
  readonly tolerance: TensorLike;
}

/** Where an implicit step ended, and whether its equations were solved. */
export type ImplicitStep<X extends Tree> = {
  /** The point after the step. */
  readonly point: PhasePoint<X>;
  /** Whether both equations were solved to the tolerance, bool `[chains]`. */
  readonly converged: Tensor;
};

/** Iterates a map from a start; says too whether the last iteration changed little, for each chain. */
function solve<X extends Tree>(start: X, map: (x: X) => X, { iterations, tolerance }: FixedPoint) {
  let [previous, solution] = [start, map(start)];
  for (let i = 1; i < iterations; i++) [previous, solution] = [solution, map(solution)];
  const squares = (tree: X): Tensor => sumOverEvents(mapTree((x) => square(x), tree));
  const change = squares(mapTree((a, b) => sub(a, b), solution, previous));
  const allowed = mul(mul(add(squares(solution), 1), tolerance), tolerance);
  return { solution, converged: lessEqual(change, allowed) };
}

/**
 * One step of the generalised leapfrog for a Hamiltonian $`H(x, p) = E(x) + K(x, p)`$ whose kinetic energy depends on the position:
 *
 * ```math
 * \begin{aligned}
 * p_{1/2} &= p - \tfrac{\varepsilon}{2} \nabla_x H(x, p_{1/2}) \\
 * x' &= x + \tfrac{\varepsilon}{2} \left( G(x)^{-1} + G(x')^{-1} \right) p_{1/2} \\
 * p' &= p_{1/2} - \tfrac{\varepsilon}{2} \nabla_x H(x', p_{1/2})
 * \end{aligned}
 * ```
 *
 * The first two are solved by fixed-point iteration. Reversible and volume-preserving as far as they are solved; the error of the
 * energy is $`O(\varepsilon^2)`$. With a constant $`G`$ it is the `leapfrog`. One gradient of the energy, and a gradient of the metric for each
 * iteration.
 *
 * @param target - An energy over real states. What it holds fixed stays in place.
 * @param metric - The kinetic energy.
 * @param start - Where the step begins.
 * @param stepSize - The step size: a number, a scalar tensor, or one for each chain, `[chains]`. Negative steps go back.
 * @param fixedPoint - How long to iterate, and when it was enough.
 * @returns The point after the step, and which chains were solved.
 * @see Leimkuhler and Reich, "Simulating Hamiltonian dynamics", 2004, https://doi.org/10.1017/CBO9780511614118
 */
export function implicitLeapfrog<X extends Tree>(
  target: ContinuousEnergy<X>,
  metric: RiemannianMetric<X>,
  start: PhasePoint<X>,
  stepSize: TensorLike,
  fixedPoint: FixedPoint,
): ImplicitStep<X> {
  const chains = chainsOf('implicitLeapfrog', start.position);
  const held = (x: X): X => (target.constrain ? target.constrain(x) : x);
  /** The momentum after half a kick by the gradient of the energy and of the kinetic energy with `at` for its momentum. */
  const kicked = ({ momentum, position, gradient }: PhasePoint<X>, at: X): X => {
    const ofMetric = vjp((x: X) => metric.kineticEnergy(held(x), at), position, ones([chains])).grad;
    return kick(
      momentum,
      mapTree((g, k) => add(g, k), gradient, ofMetric),
      stepSize,
      0.5,
    );
  };
  const half = solve(start.momentum, (p) => kicked(start, p), fixedPoint);
  const momentum = half.solution;
  const velocity = metric.velocity(start.position, momentum);
  const moved = solve(
    start.position,
    (x) => {
      const total = mapTree((v, w) => add(v, w), velocity, metric.velocity(x, momentum));
      return drift(target, start.position, total, stepSize, 0.5);
    },
    fixedPoint,
  );
  const end = evaluate('implicitLeapfrog', target, moved.solution, chains);
  const point = { ...end, momentum };
  return {
    point: { ...point, momentum: kicked(point, momentum) },
    converged: logicalAnd(half.converged, moved.converged),
  };
}
