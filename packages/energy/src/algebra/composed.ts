import type { Tensor, Tree } from '@ebmkit/tensor';
import type { ContinuousEnergy, DiscreteEnergy, Energy, Support } from '../energy.js';

/** An energy over states of some type. */
export interface AnyEnergy {
  /** The energies of a batch. */
  readonly energy: (x: never) => Tensor;
  /** What kind of states. */
  readonly support?: Support;
}

/** The states that an energy is over. */
export type StatesOf<E extends AnyEnergy> = [E] extends [{ readonly energy: (x: infer X) => Tensor }]
  ? X extends Tree
    ? X
    : never
  : never;

/** The type of an energy made from others: over the same states, discrete if they are, continuous if all of them are. */
export type Composed<E extends AnyEnergy> = [E] extends [{ readonly support: 'discrete' }]
  ? DiscreteEnergy<StatesOf<E>>
  : [E] extends [{ readonly energy: (x: never) => Tensor; readonly support?: 'continuous' }]
    ? ContinuousEnergy<StatesOf<E>>
    : Energy<StatesOf<E>>;

/** The functions of an energy made from others. */
export interface Parts<X extends Tree> {
  /** The energies of a batch. */
  readonly energy: (x: X) => Tensor;
  /** The gradient, where every part has one. */
  readonly gradient?: ((x: X) => X) | undefined;
  /** Puts fixed parts of states in place, where any part does. */
  readonly constrain?: ((x: X) => X) | undefined;
  /** The relaxation of a discrete energy, where every part has one. */
  readonly relaxed?: ((x: X) => Tensor) | undefined;
}

/** Makes the energy: leaves out what is undefined and says the support of the energies that it was made from. */
export function compose<E extends AnyEnergy>(from: readonly E[], parts: Parts<StatesOf<E>>): Composed<E> {
  const { energy, gradient, constrain, relaxed } = parts;
  const isDiscrete = from.some(({ support }) => support === 'discrete');
  const made: Energy<StatesOf<E>> = {
    energy,
    ...(gradient && { gradient }),
    ...(constrain && { constrain }),
    ...(relaxed && { relaxed }),
    support: isDiscrete ? 'discrete' : 'continuous',
  };
  return made as Composed<E>;
}

/** The same energies with their states typed, which `AnyEnergy` leaves open. */
export function typed<E extends AnyEnergy>(energies: readonly E[]): readonly Energy<StatesOf<E>>[] {
  return energies;
}

/** The gradients of all energies, or undefined when one has none. */
export function gradientsOf<X extends Tree>(energies: readonly Energy<X>[]): readonly ((x: X) => X)[] | undefined {
  const gradients = energies.flatMap(({ gradient }) => (gradient ? [gradient] : []));
  return gradients.length === energies.length ? gradients : undefined;
}

/** The relaxations of all energies, or undefined when one has none. */
export function relaxationsOf<X extends Tree>(
  energies: readonly (Energy<X> & Pick<DiscreteEnergy<X>, 'relaxed'>)[],
): readonly ((x: X) => Tensor)[] | undefined {
  const relaxations = energies.flatMap(({ relaxed }) => (relaxed ? [relaxed] : []));
  return relaxations.length === energies.length ? relaxations : undefined;
}

/** All constraints, one after the other, or undefined when there is none. */
export function constraintOf<X extends Tree>(energies: readonly Energy<X>[]): ((x: X) => X) | undefined {
  const constraints = energies.flatMap(({ constrain }) => (constrain ? [constrain] : []));
  return constraints.length === 0 ? undefined : (x) => constraints.reduce((y, constrain) => constrain(y), x);
}
