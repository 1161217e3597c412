import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  div,
  EbmError,
  exp,
  expm1,
  greater,
  isTensor,
  type Key,
  log1p,
  mapTree,
  mul,
  neg,
  perRow,
  sqrt,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
  where,
} from '@ebmkit/tensor';
import { evaluate } from '../kernel/evaluate.js';
import { chainsOf, sumOverEvents } from '../kernel/position.js';
import { eventSizeOf } from './flat-event.js';
import type { Metric } from './metric.js';
import { drift, type PhasePoint, type SplittingIntegrator } from './splitting-integrator.js';
import type { Trajectory } from './trajectory.js';

/** The inner products $`\sum_i a_i b_i`$, `[chains]`. */
function innerProduct<X extends Tree>(a: X, b: X): Tensor {
  return sumOverEvents(mapTree((u, v) => mul(u, v), a, b));
}

/** A number of each chain times its vector. */
function scaled<X extends Tree>(vector: X, factor: Tensor): X {
  return mapTree((x) => mul(x, perRow(factor, x.shape)), vector);
}

/** The number of dimensions of the isokinetic dynamics; throws below 2, where a direction cannot turn. */
export function isokineticSize(caller: string, position: Tree): number {
  const size = eventSizeOf(position);
  if (size < 2)
    throw new EbmError(
      'argument',
      `${caller}: expected positions of at least 2 numbers for each chain, since on a line the direction cannot turn, got ${size}. Use hmc.`,
    );
  return size;
}

/** Momenta of unit length, $`p^\top M^{-1} p = 1`$, in the direction of given ones. */
export function unitMomentum<X extends Tree>(metric: Metric<X>, momentum: X): X {
  return scaled(momentum, div(1, sqrt(innerProduct(momentum, metric.velocity(momentum)))));
}

/** Directions drawn uniformly from the sphere $`p^\top M^{-1} p = 1`$. */
export function drawDirection<X extends Tree>(metric: Metric<X>, key: Key, like: X): X {
  return unitMomentum(metric, metric.draw(key, like));
}

/**
 * The exact flow of the direction for a time $`t`$ in a constant gradient $`g`$: with $`e = -g / |g|`$ and $`\delta = t |g| / (d - 1)`$,
 *
 * ```math
 * u' = \frac{u + e (\sinh \delta + (e \cdot u)(\cosh \delta - 1))}{\cosh \delta + (e \cdot u) \sinh \delta}
 * ```
 *
 * and the kinetic energy grows by $`(d - 1) \log(\cosh \delta + (e \cdot u) \sinh \delta)`$. Both are computed from $`e^{-\delta}`$, which cannot overflow, and
 * the direction is brought back to unit length.
 */
function turn<X extends Tree>(metric: Metric<X>, direction: X, gradient: X, time: TensorLike) {
  const size = eventSizeOf(direction);
  const raised = metric.velocity(gradient);
  const length = sqrt(innerProduct(gradient, raised));
  const inverse = where(greater(length, 0), div(1, length), 0);
  const cosine = neg(mul(innerProduct(direction, raised), inverse));
  const delta = mul(mul(length, time), 1 / (size - 1));
  const shrink = exp(neg(delta));
  const rest = sub(1, shrink);
  const along = mul(mul(rest, add(add(shrink, 1), mul(cosine, rest))), neg(inverse));
  const turned = mapTree(
    (u, g) => add(mul(u, perRow(mul(shrink, 2), u.shape)), mul(g, perRow(along, g.shape))),
    direction,
    gradient,
  );
  const growth = add(delta, log1p(mul(mul(sub(1, cosine), expm1(mul(delta, -2))), 0.5)));
  return { direction: unitMomentum(metric, turned), kineticChange: mul(growth, size - 1) };
}

/**
 * Follows the isokinetic dynamics $`\dot x = M^{-1} p, \ \dot p = -(I - p p^\top M^{-1}) \nabla E(x) / (d - 1)`$, under which momenta keep unit length $`p^\top M^{-1} p = 1`$ and
 * $`e^{-E(x)}`$ is stationary. Its energy is $`E(x) + (d - 1) \log w`$, where $`w`$ is the speed that the change of time to unit velocity hides.
 *
 * @param target - An energy over real states.
 * @param metric - What unit length means.
 * @param integrator - The scheme; its kicks are the exact turns of the direction.
 * @param start - Where the trajectory begins, its momentum of unit length.
 * @param stepSize - The step size, which is also the way made in a step of the scheme.
 * @returns The end, and the error of the energy.
 */
export function followIsokinetic<X extends Tree>(
  target: ContinuousEnergy<X>,
  metric: Metric<X>,
  { kicks, drifts }: SplittingIntegrator,
  start: PhasePoint<X>,
  stepSize: TensorLike,
): Trajectory<X> {
  const chains = chainsOf('followIsokinetic', start.position);
  const timeOf = (share: number): TensorLike => (isTensor(stepSize) ? mul(stepSize, share) : stepSize * share);
  let { position, energy, gradient } = start;
  let { direction: momentum, kineticChange } = turn(metric, start.momentum, gradient, timeOf(kicks[0] as number));
  for (const [i, share] of drifts.entries()) {
    const moved = drift(target, position, metric.velocity(momentum), stepSize, share);
    ({ position, energy, gradient } = evaluate('followIsokinetic', target, moved, chains));
    const turned = turn(metric, momentum, gradient, timeOf(kicks[i + 1] as number));
    momentum = turned.direction;
    kineticChange = add(kineticChange, turned.kineticChange);
  }
  return {
    end: { position, momentum, energy, gradient },
    energyError: add(sub(energy, start.energy), kineticChange),
  };
}
