import { broadcastTo, mapTree, type Tensor, type Tree, tensorsOf } from '@ebmkit/tensor';
import type { ConditionalEnergy, Energy, Support } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import type { AnyEnergy, StatesOf } from './composed.js';
import type { Conditioned } from './condition.js';

/** The two sides of a joint state, batches of equally many rows. */
export type JointState<X extends Tree = Tensor, Y extends Tree = Tensor> = {
  /** What is usually observed. */
  readonly x: X;
  /** What is usually inferred. */
  readonly y: Y;
};

/** An energy of two things together, $`E(x, y)`$: an energy over pairs, which samplers of trees take as it is. */
export type JointEnergy<
  X extends Tree = Tensor,
  Y extends Tree = Tensor,
  SX extends Support = 'continuous',
  SY extends Support = 'continuous',
> = Conditioned<JointState<X, Y>, SX | SY> & {
  /** What kind of states each side has. */
  readonly sides: { readonly x: SX; readonly y: SY };
};

/** What a joint energy is made of. */
export interface JointParts<X extends Tree, Y extends Tree, SX extends Support, SY extends Support> {
  /** The energies of a batch, `[n, ...]` and `[n, ...]` to `[n]`. */
  readonly energy: (x: X, y: Y) => Tensor;
  /** The analytic gradient with respect to both sides, where it is known. */
  readonly gradient?: (x: X, y: Y) => JointState<X, Y>;
  /** What kind of states each side has; left out means continuous. */
  readonly sides?: { readonly x?: SX; readonly y?: SY };
}

/** An energy over pairs: a joint energy, or one made from joint energies by the algebra. */
export type PairEnergy = AnyEnergy & { readonly energy: (pair: never) => Tensor };

/** The states of one side of an energy over pairs. */
export type SideStates<E extends AnyEnergy, K extends 'x' | 'y'> =
  StatesOf<E> extends Readonly<Record<K, infer T>> ? (T extends Tree ? T : never) : never;

/** What kind of states one side has: as the joint energy says, or as the whole is. */
export type SideSupport<E extends AnyEnergy, K extends 'x' | 'y'> = E extends {
  readonly sides: Readonly<Record<K, infer S extends Support>>;
}
  ? S
  : E extends { readonly support: 'discrete' }
    ? 'discrete'
    : 'continuous';

/**
 * An energy of two things together, $`E(x, y)`$, from a function of both: low where `x` and `y` fit. It is continuous when both sides
 * are. `givenX` and `givenY` view it as a conditional energy of one side; `marginal` sums over the other.
 *
 * @param parts - The function, its gradient if known, and the kinds of states.
 * @returns An energy over `{ x, y }`.
 *
 * @example
 * ```ts
 * const fit = jointEnergy({ energy: (x: Tensor, y: Tensor) => sumEvent(square(sub(y, x))) });
 * const answers = condition(givenX(fit), question); // an energy over y
 * ```
 *
 * @see LeCun, Chopra, Hadsell, Ranzato and Huang, "A tutorial on energy-based learning", in Predicting Structured Data, 2006,
 * https://doi.org/10.7551/mitpress/7443.003.0014
 */
export function jointEnergy<
  X extends Tree = Tensor,
  Y extends Tree = Tensor,
  SX extends Support = 'continuous',
  SY extends Support = 'continuous',
>({ energy, gradient, sides }: JointParts<X, Y, SX, SY>): JointEnergy<X, Y, SX, SY> {
  const kinds = { x: sides?.x ?? 'continuous', y: sides?.y ?? 'continuous' };
  const made = {
    energy: ({ x, y }: JointState<X, Y>) => scopedTree(() => energy(x, y)),
    ...(gradient && { gradient: ({ x, y }: JointState<X, Y>) => scopedTree(() => gradient(x, y)) }),
    support: kinds.x === 'discrete' || kinds.y === 'discrete' ? 'discrete' : 'continuous',
    sides: kinds,
  };
  return made as unknown as JointEnergy<X, Y, SX, SY>;
}

/**
 * A joint energy read as one of `y` given `x`, $`E(y \mid x) = E(x, y)`$, whose distribution is $`p(y \mid x)`$. Exact.
 *
 * @param joint - An energy over `{ x, y }`.
 * @returns A conditional energy of `y`. Give it `x` with as many rows as `y`, or with one row for all.
 *
 * @example
 * ```ts
 * const answers = condition(givenX(fit), question);
 * ```
 */
export function givenX<E extends PairEnergy>(
  joint: E,
): ConditionalEnergy<SideStates<E, 'x'>, SideStates<E, 'y'>, SideSupport<E, 'y'>> {
  return side(joint, 'y', (y, x) => ({ x, y }));
}

/**
 * A joint energy read as one of `x` given `y`, $`E(x \mid y) = E(x, y)`$, whose distribution is $`p(x \mid y)`$. Exact. The twin of `givenX`.
 *
 * @param joint - An energy over `{ x, y }`.
 * @returns A conditional energy of `x`. Give it `y` with as many rows as `x`, or with one row for all.
 */
export function givenY<E extends PairEnergy>(
  joint: E,
): ConditionalEnergy<SideStates<E, 'y'>, SideStates<E, 'x'>, SideSupport<E, 'x'>> {
  return side(joint, 'x', (x, y) => ({ x, y }));
}

function side<E extends PairEnergy, G extends Tree, X extends Tree, S extends Support>(
  joint: E,
  own: 'x' | 'y',
  pair: (states: Tree, given: Tree) => JointState<Tree, Tree>,
): ConditionalEnergy<G, X, S> {
  const { energy, gradient, constrain, support, sides } = untyped(joint);
  const both = (states: X, given: G): JointState<Tree, Tree> => pair(states, matchRows(given, states));
  return {
    energy: (states, given) => scopedTree(() => energy(both(states, given))),
    ...(gradient && { gradient: (states: X, given: G) => scopedTree(() => gradient(both(states, given))[own] as X) }),
    ...(constrain && {
      constrain: (states: X, given: G) => scopedTree(() => constrain(both(states, given))[own] as X),
    }),
    support: (sides?.[own] ?? support ?? 'continuous') as S,
  };
}

/** A joint energy whose sides are any trees. */
export function untyped(
  joint: PairEnergy,
): Energy<JointState<Tree, Tree>> & { readonly sides?: Readonly<Record<'x' | 'y', Support>> } {
  return joint as unknown as ReturnType<typeof untyped>;
}

/** How many rows states have. */
export const rowsOf = (states: Tree): number => tensorsOf(states)[0]?.shape[0] ?? 1;

/** Repeats what has one row for each of the states. */
export function matchRows<T extends Tree>(given: T, states: Tree): T {
  const n = rowsOf(states);
  return mapTree((t) => (t.shape[0] === 1 && n !== 1 ? broadcastTo(t, [n, ...t.shape.slice(1)]) : t), given);
}
