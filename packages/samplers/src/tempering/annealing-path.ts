import { type AnyEnergy, type Composed, type ContinuousEnergy, product, type StatesOf, temper } from '@ebmkit/energy';
import { sub, type Tensor, type Tree } from '@ebmkit/tensor';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';

/** One distribution on the way, and how to move within it. */
export interface AnnealedTarget<P extends Tree, S extends { readonly position: P }> {
  /** Its energies, `[chains]`. The constant counts: at both ends of the path it fixes the normaliser. */
  readonly energy: (x: P) => Tensor;
  /** A kernel that leaves it invariant. */
  readonly kernel: Kernel<P, S, MoveInfo>;
}

/**
 * A path of distributions from an easy one, at beta 0, to the target, at beta 1. It is traced once, so `beta` is a scalar tensor
 * whose number may not be read.
 */
export type AnnealingPath<P extends Tree, S extends { readonly position: P }> = (beta: Tensor) => AnnealedTarget<P, S>;

/**
 * The geometric path between two energies, $`E_\beta(x) = (1 - \beta) E_0(x) + \beta E_1(x)`$. Both must be finite wherever chains
 * go: at the ends, 0 times an infinite energy is NaN, and so is the estimate.
 *
 * @param base - The energy at beta 0.
 * @param target - The energy at beta 1.
 * @param makeKernel - Makes the kernel for an energy on the way, such as `(e) => mala(e, { stepSize: 0.1 })`; it is also told the beta.
 * @returns A path for `annealedImportanceSampling`, `parallelTempering` and the like.
 *
 * @example
 * ```ts
 * const path = geometricPath(gaussian({ mean: [0] }), doubleWell(), (e) => mala(e, { stepSize: 0.05 }));
 * ```
 */
export function geometricPath<S extends { readonly position: Tensor }>(
  base: ContinuousEnergy,
  target: ContinuousEnergy,
  makeKernel: (energy: ContinuousEnergy, beta: Tensor) => Kernel<Tensor, S, MoveInfo>,
): AnnealingPath<Tensor, S> {
  return (beta) => {
    const between: ContinuousEnergy = product([temper(base, sub(1, beta)), temper(target, beta)]);
    return { energy: between.energy, kernel: makeKernel(between, beta) };
  };
}

/**
 * The path of inverse temperatures of one energy, $`E_\beta(x) = \beta E(x)`$: flat at beta 0, where it has no normaliser unless the states
 * are finite in number, and the target at beta 1. For a path that begins at a known distribution use `geometricPath`.
 *
 * @param target - The energy at beta 1.
 * @param makeKernel - Makes the kernel for the energy at a beta, which it is also told: hot distributions are wide and bear large
 * steps, `(e, beta) => mala(e, { stepSize: div(0.05, beta) })`.
 * @returns A path for `parallelTempering` and `temperedSmc`.
 *
 * @example
 * ```ts
 * const kernel = parallelTempering({
 *   path: temperingPath(manyWell(), (e, beta) => mala(e, { stepSize: div(0.05, beta) })),
 *   betas: [0.1, 0.3, 0.6, 1],
 * });
 * ```
 */
export function temperingPath<E extends AnyEnergy, S extends { readonly position: StatesOf<E> }>(
  target: E,
  makeKernel: (energy: Composed<E>, beta: Tensor) => Kernel<StatesOf<E>, S, MoveInfo>,
): AnnealingPath<StatesOf<E>, S> {
  return (beta) => {
    const tempered = temper(target, beta);
    return {
      energy: tempered.energy,
      kernel: makeKernel(tempered, beta),
    };
  };
}
