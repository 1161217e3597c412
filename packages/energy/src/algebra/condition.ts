import type { Tensor, Tree } from '@ebmkit/tensor';
import type { ConditionalEnergy, DiscreteEnergy, Energy, Support } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import type { Composed } from './composed.js';

/** The energy that a conditional energy becomes once what is given is filled in. */
export type Conditioned<X extends Tree, S extends Support> = Composed<{
  readonly energy: (x: X) => Tensor;
  readonly support: S;
}>;

/**
 * Fills in what is given: $`E(x \mid c)`$ as an energy of $`x`$ alone. Exact; costs what the conditional energy costs, and derivatives flow into
 * `given` as well. To fix part of a state instead see `clamp`; for both sides of a joint energy see `givenX` and `givenY`.
 *
 * @param e - A conditional energy.
 * @param given - What is given; it is borrowed: keep it alive as long as the result is used.
 * @returns An energy over the states of `e`, with a `gradient` where `e` has one.
 *
 * @example
 * ```ts
 * const around = { energy: (x: Tensor, mean: Tensor) => mul(sumEvent(square(sub(x, mean))), 0.5) };
 * const atTwo = condition(around, tensor([2])); // a standard normal distribution around 2
 * ```
 */
export function condition<C, X extends Tree = Tensor, S extends Support = 'continuous'>(
  e: ConditionalEnergy<C, X, S>,
  given: C,
): Conditioned<X, S> {
  const { energy, gradient, constrain, relaxed, support } = e;
  const made: Energy<X> & Pick<DiscreteEnergy<X>, 'relaxed'> = {
    energy: (x) => scopedTree(() => energy(x, given)),
    ...(gradient && { gradient: (x: X) => scopedTree(() => gradient(x, given)) }),
    ...(constrain && { constrain: (x: X) => scopedTree(() => constrain(x, given)) }),
    ...(relaxed && { relaxed: (x: X) => scopedTree(() => relaxed(x, given)) }),
    support: support ?? 'continuous',
  };
  return made as unknown as Conditioned<X, S>;
}
