import type { ContinuousEnergy } from '@ebmkit/energy';
import {
  add,
  EbmError,
  isTensor,
  mapTree,
  mul,
  perRow,
  sub,
  type Tensor,
  type TensorLike,
  type Tree,
} from '@ebmkit/tensor';
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

/** A scheme as the value of a function without side effects, so that bundlers leave out those that a page does not use. */
function scheme(make: () => SplittingIntegrator): SplittingIntegrator {
  return make();
}

/**
 * The leapfrog (velocity Verlet): half a kick, a drift, half a kick. One gradient a step; the error of the energy is
 * $`O(\varepsilon^2)`$.
 *
 * @see Neal, "MCMC using Hamiltonian dynamics", 2011, https://arxiv.org/abs/1206.1901
 */
export const leapfrog: SplittingIntegrator = { kicks: [0.5, 0.5], drifts: [1] };

/**
 * The two-stage integrator of McLachlan with the smallest error: kicks of 0.193, 0.614 and 0.193 of the step size around two half
 * drifts. Two gradients a step; the error of the energy is $`O(\varepsilon^2)`$ as with the `leapfrog`, but at equal cost (a step twice as
 * large) it is several times smaller.
 *
 * @see McLachlan, "On the numerical integration of ordinary differential equations by symmetric composition methods", 1995,
 * https://doi.org/10.1137/0916010
 */
export const mcLachlan: SplittingIntegrator = /* @__PURE__ */ scheme(() => {
  const outer = 0.1931833275037836;
  return { kicks: [outer, 1 - 2 * outer, outer], drifts: [0.5, 0.5] };
});

/**
 * Yoshida's integrator of fourth order: three leapfrogs of 1.351, -1.702 and 1.351 of the step size, the middle one going back. Three
 * gradients a step; the error of the energy is $`O(\varepsilon^4)`$. Worth its cost where energies must be conserved closely; it is stable only
 * up to a smaller step than the `leapfrog`.
 *
 * @see Yoshida, "Construction of higher order symplectic integrators", 1990, https://doi.org/10.1016/0375-9601(90)90092-3
 */
export const yoshida: SplittingIntegrator = /* @__PURE__ */ scheme(() => {
  const cubeRoot = Math.cbrt(2);
  const [forwards, backwards] = [1 / (2 - cubeRoot), -cubeRoot / (2 - cubeRoot)];
  return {
    kicks: [forwards / 2, (forwards + backwards) / 2, (forwards + backwards) / 2, forwards / 2],
    drifts: [forwards, backwards, forwards],
  };
});

/**
 * Several steps of a splitting integrator as one: the last kick of each step and the first of the next, which happen at the same
 * place, become one kick. The drifts then sum to the number of steps.
 *
 * @param integrator - The scheme of one step.
 * @param steps - How many steps, a whole number of at least 1.
 * @returns A scheme for `integrate`, with the step size of one step.
 */
export function consecutive({ kicks, drifts }: SplittingIntegrator, steps: number): SplittingIntegrator {
  const [first, last] = [kicks[0] as number, kicks.at(-1) as number];
  const inner = kicks.slice(1, -1);
  const later = Array.from({ length: steps - 1 }, () => [last + first, ...inner]).flat();
  return {
    kicks: [first, ...inner, ...later, last],
    drifts: Array.from({ length: steps }, () => drifts).flat(),
  };
}

/** Throws unless the two lists are those of a symmetric splitting whose shares each sum to 1. */
export function checkIntegrator(caller: string, { kicks, drifts }: SplittingIntegrator): void {
  const symmetric = [kicks, drifts].every((shares) => {
    const total = shares.reduce((a, b) => a + b, 0);
    return (
      Math.abs(total - 1) < 1e-6 && shares.every((share, i) => Math.abs(share - (shares.at(-1 - i) as number)) < 1e-6)
    );
  });
  if (!symmetric || kicks.length !== drifts.length + 1)
    throw new EbmError(
      'argument',
      `${caller}: expected an integrator of kicks and one fewer drifts that read the same backwards and each sum to 1, got kicks [${kicks.join(', ')}] and drifts [${drifts.join(', ')}]. Take leapfrog, mcLachlan or yoshida.`,
    );
}

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
  let { position, energy, gradient } = point;
  let momentum = kick(point.momentum, gradient, stepSize, kicks[0] as number);
  for (const [i, share] of drifts.entries()) {
    const moved = drift(target, position, metric.velocity(momentum), stepSize, share);
    ({ position, energy, gradient } = evaluate('integrate', target, moved, chains));
    momentum = kick(momentum, gradient, stepSize, kicks[i + 1] as number);
  }
  return { position, momentum, energy, gradient };
}

/** A kick: momenta change by a share of the step size against a gradient. */
export function kick<X extends Tree>(momentum: X, gradient: X, stepSize: TensorLike, share: number): X {
  return mapTree((p, g) => sub(p, scale(g, stepSize, share)), momentum, gradient);
}

/** A drift: positions change by a share of the step size along velocities, with what is fixed put back in place. */
export function drift<X extends Tree>(
  target: ContinuousEnergy<X>,
  position: X,
  velocity: X,
  stepSize: TensorLike,
  share: number,
): X {
  const moved = mapTree((x, v) => add(x, scale(v, stepSize, share)), position, velocity);
  return target.constrain ? target.constrain(moved) : moved;
}

/** A share of the step size times a vector of each chain. */
function scale(vector: Tensor, stepSize: TensorLike, share: number): Tensor {
  if (!isTensor(stepSize)) return mul(vector, stepSize * share);
  const step = stepSize.shape.length === 0 ? stepSize : perRow(stepSize, vector.shape);
  return mul(vector, share === 1 ? step : mul(step, share));
}
