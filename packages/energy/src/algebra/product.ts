import { add, EbmError, mapTree } from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import {
  type AnyEnergy,
  type Composed,
  compose,
  constraintOf,
  gradientsOf,
  relaxationsOf,
  type StatesOf,
  typed,
} from './composed.js';

/**
 * A product of experts: the distribution proportional to the product of those of its energies, whose energy is their sum,
 * $`E(x) = \sum_k E_k(x)`$. Exact; costs what its parts cost. For "either" instead of "and" see `mixture`.
 *
 * @param energies - At least one energy, all over states `[n, ...event]` of one shape.
 * @returns An energy that is discrete as soon as one of its parts is, and that has a `gradient` when all of them have.
 * @throws EbmError when there is no energy.
 * @see Hinton, "Training products of experts by minimizing contrastive divergence", 2002, https://doi.org/10.1162/089976602760128018
 */
export function product<E extends AnyEnergy>(energies: readonly E[]): Composed<E> {
  if (energies.length === 0)
    throw new EbmError('argument', 'product: expected at least one energy, got none. Pass an array of energies.');
  type X = StatesOf<E>;
  const parts = typed(energies);
  const gradients = gradientsOf(parts);
  const relaxed = relaxationsOf(parts);
  return compose(energies, {
    energy: (x: X) => scopedTree(() => parts.map(({ energy }) => energy(x)).reduce((a, b) => add(a, b))),
    gradient: gradients && ((x: X) => scopedTree(() => sumTrees(gradients.map((gradient) => gradient(x))))),
    constrain: constraintOf(parts),
    relaxed: relaxed && ((x: X) => scopedTree(() => relaxed.map((f) => f(x)).reduce((a, b) => add(a, b)))),
  });
}

function sumTrees<X>(trees: readonly X[]): X {
  return trees.reduce((a, b) => mapTree((p, q) => add(p, q), a, b));
}
