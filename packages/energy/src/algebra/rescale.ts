import { EbmError, isTensor, mapTree, mul, type TensorLike } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { type AnyEnergy, type Composed, compose, relaxationsOf, type StatesOf, typed } from './composed.js';

/** An energy times a factor, gradient and all. */
export function rescaled<E extends AnyEnergy>(e: E, factor: TensorLike): Composed<E> {
  type X = StatesOf<E>;
  const [{ energy, gradient, constrain }] = typed([e]) as readonly [ReturnType<typeof typed<E>>[number]];
  const relaxed = relaxationsOf(typed([e]))?.[0];
  return compose([e], {
    energy: (x: X) => scopedTree(() => mul(energy(x), factor)),
    gradient: gradient && ((x: X) => scopedTree(() => mapTree((g) => mul(g, factor), gradient(x)))),
    constrain,
    relaxed: relaxed && ((x: X) => scopedTree(() => mul(relaxed(x), factor))),
  });
}

/**
 * Turns an energy upside down: $`-E(x)`$. The result is normalisable only where the states are finite in number or bounded.
 *
 * @param e - An energy.
 * @returns An energy over the same states.
 */
export function negate<E extends AnyEnergy>(e: E): Composed<E> {
  return rescaled(e, -1);
}

/**
 * An energy at inverse temperature `beta`: $`\beta E(x)`$, the distribution proportional to $`p(x)^\beta`$. Below 1 it is flatter
 * than the original, above 1 sharper, at 0 uniform.
 *
 * @param e - An energy.
 * @param beta - The inverse temperature: a number of at least 0, or a scalar tensor, which may be traced.
 * @returns An energy over the same states.
 * @throws EbmError when `beta` is negative or not finite.
 */
export function temper<E extends AnyEnergy>(e: E, beta: TensorLike): Composed<E> {
  const isScalar = isTensor(beta) ? beta.shape.length === 0 : Number.isFinite(beta) && beta >= 0;
  if (!isScalar)
    throw new EbmError(
      'argument',
      `temper: beta must be a finite number of at least 0 or a scalar tensor, got ${isTensor(beta) ? `[${beta.shape.join(', ')}]` : beta}. Use negate() for the opposite sign.`,
    );
  return rescaled(e, beta);
}
