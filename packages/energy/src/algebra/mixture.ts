import {
  add,
  EbmError,
  logSumExp,
  mapTree,
  mul,
  neg,
  perRow,
  reshape,
  slice,
  softmax,
  stack,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
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

/** What a mixture may be told besides its energies. */
export interface MixtureOptions {
  /**
   * The logarithm $`\log w_k`$ of the weight of each energy; 0 for all unless given. A part with normaliser $`Z_k`$ gets the
   * share $`w_k Z_k / \sum_j w_j Z_j`$ of the probability.
   */
  readonly logWeights?: readonly number[];
}

/**
 * A mixture: the distribution proportional to the weighted sum of $`e^{-E_k(x)}`$, whose energy is
 * $`E(x) = -\log \sum_k w_k e^{-E_k(x)}`$. Exact and without overflow; costs what its parts cost. For "and" instead of "either"
 * see `product`.
 *
 * @param energies - At least one energy, all over states `[n, ...event]` of one shape.
 * @param options - The weights.
 * @returns An energy that is discrete as soon as one of its parts is, and that has a `gradient` when all of them have.
 * @throws EbmError when there is no energy, or not one weight for each.
 */
export function mixture<E extends AnyEnergy>(energies: readonly E[], options: MixtureOptions = {}): Composed<E> {
  const logWeights = checkedWeights(energies.length, options);
  type X = StatesOf<E>;
  const parts = typed(energies);
  const gradients = gradientsOf(parts);
  const relaxed = relaxationsOf(parts);
  const energyOf = parts.map(({ energy }) => energy);
  const logTerms = (x: X, each: readonly ((x: X) => Tensor)[] = energyOf): Tensor => {
    const terms = stack(
      each.map((energy) => neg(energy(x))),
      1,
    );
    return logWeights.every((w) => w === 0) ? terms : add(terms, tensor([...logWeights]));
  };
  const gradient = (fs: readonly ((x: X) => X)[]) => (x: X) => {
    const shares = softmax(logTerms(x), 1);
    const n = shares.shape[0] as number;
    const weighted = fs.map((f, k) => {
      const share = reshape(slice(shares, [0, k], [n, 1]), [n]);
      return mapTree((g) => mul(g, perRow(share, g.shape)), f(x));
    });
    return weighted.reduce((a, b) => mapTree((p, q) => add(p, q), a, b));
  };
  return compose(energies, {
    energy: (x: X) => scopedTree(() => neg(logSumExp(logTerms(x), 1))),
    gradient: gradients && ((x: X) => scopedTree(() => gradient(gradients)(x))),
    constrain: constraintOf(parts),
    relaxed: relaxed && ((x: X) => scopedTree(() => neg(logSumExp(logTerms(x, relaxed), 1)))),
  });
}

function checkedWeights(count: number, { logWeights }: MixtureOptions): readonly number[] {
  if (count === 0)
    throw new EbmError('argument', 'mixture: expected at least one energy, got none. Pass an array of energies.');
  const weights = logWeights ?? Array.from({ length: count }, () => 0);
  if (weights.length !== count || weights.some((w) => Number.isNaN(w) || w === Number.POSITIVE_INFINITY))
    throw new EbmError(
      'argument',
      `mixture: expected ${count} logWeights below Infinity, got [${weights.join(', ')}]. Give one for each energy, -Infinity to leave it out.`,
    );
  return weights;
}
