import { EbmError } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';

/**
 * A pairwise model of binary nodes written with spins, $`\log p = c + \sum_i h_i s_i + \sum_{i<j} J_{ij} s_i s_j - \log Z`$. The first
 * state of a node is $`s = -1`$ and the second $`s = 1`$, whatever the model calls them.
 */
export interface SpinForm {
  /** The constant $`c`$. */
  readonly constant: number;
  /** The fields $`h_i`$. */
  readonly fields: Float64Array;
  /** For each node, the couplings $`J_{ij}`$ by the number of the other node. */
  readonly couplings: readonly ReadonlyMap<number, number>[];
}

/**
 * Rewrites a pairwise binary model with spins. Nodes of one state are left without field and coupling.
 *
 * @param where - The caller, for messages.
 * @param graph - A sound model.
 * @throws EbmError when a node has more than two states, a factor more than two nodes, or a log-potential is infinite.
 */
export function spinForm(where: string, { cardinalities, factors }: FactorGraph): SpinForm {
  const wide = cardinalities.findIndex((count) => count > 2);
  if (wide >= 0)
    throw new EbmError(
      'argument',
      `${where}: binary nodes are required, got ${cardinalities[wide]} states at node ${wide}. Use meanField or beliefPropagation.`,
    );
  const fields = new Float64Array(cardinalities.length);
  const couplings = cardinalities.map(() => new Map<number, number>());
  let constant = 0;
  factors.forEach(({ nodes, logPotential }, index) => {
    if (logPotential.some((x) => Math.abs(x) === Number.POSITIVE_INFINITY))
      throw new EbmError(
        'argument',
        `${where}: finite log-potentials are required, got an infinite one in factor ${index}. Use beliefPropagation, or clamp nodes that have one possible state.`,
      );
    const [a, b, ...more] = nodes.filter((node) => cardinalities[node] === 2);
    if (more.length > 0)
      throw new EbmError(
        'argument',
        `${where}: factors of at most two nodes are required, got ${nodes.length} in factor ${index}. Use meanField or beliefPropagation.`,
      );
    const phi = (state: number): number => logPotential[state] as number;
    constant += logPotential.reduce((sum, x) => sum + x, 0) / logPotential.length;
    const addField = (node: number, field: number): void => {
      fields[node] = (fields[node] as number) + field;
    };
    if (a === undefined) return;
    if (b === undefined) {
      addField(a, (phi(1) - phi(0)) / 2);
      return;
    }
    addField(a, (phi(2) + phi(3) - phi(0) - phi(1)) / 4);
    addField(b, (phi(1) + phi(3) - phi(0) - phi(2)) / 4);
    const coupling = (phi(0) + phi(3) - phi(1) - phi(2)) / 4;
    couplings[a]?.set(b, (couplings[a].get(b) ?? 0) + coupling);
    couplings[b]?.set(a, (couplings[b].get(a) ?? 0) + coupling);
  });
  return { constant, fields, couplings };
}
