import { EbmError } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';
import { checkGraph } from './check-graph.js';
import { type Factorised, factorised } from './factorised.js';

/** How far the probabilities of a node may add up to something else than 1. */
const sumTolerance = 1e-6;

/** Throws unless there is a distribution for each node. NaN passes. */
export function checkFactorised(where: string, { cardinalities }: FactorGraph, q: readonly ArrayLike<number>[]): void {
  if (q.length !== cardinalities.length)
    throw new EbmError(
      'shape',
      `${where}: one distribution for each of ${cardinalities.length} nodes is required, got ${q.length}.`,
    );
  q.forEach((p, node) => {
    const count = cardinalities[node] as number;
    const sum = Array.from(p).reduce((total, x) => total + x, 0);
    if (p.length !== count || Array.from(p).some((x) => x < 0) || Math.abs(sum - 1) > sumTolerance)
      throw new EbmError(
        'argument',
        `${where}: node ${node} must have ${count} probabilities that add up to 1, got [${Array.from(p).join(', ')}].`,
      );
  });
}

/** The variational free energy of a product, of a graph that is open for means. */
export function freeEnergyOf({ mean }: Factorised, { factors }: FactorGraph, q: readonly Float64Array[]): number {
  const energy = factors.reduce((sum, _, factor) => sum - mean(factor, q), 0);
  return q.reduce((sum, p) => p.reduce((total, x) => (x === 0 ? total : total + x * Math.log(x)), sum), energy);
}

/**
 * The variational free energy of a factorised distribution $`q(x) = \prod_i q_i(x_i)`$,
 * $`F(q) = -\sum_f \mathbb{E}_q \phi_f + \sum_i \sum_{x_i} q_i \log q_i = -\log Z + \mathrm{KL}(q \,\|\, p)`$, in nats. Exact, and
 * never below $`-\log Z`$. Infinity when $`q`$ allows a state that the model does not. Costs the joint states of every factor.
 * `meanField` finds the $`q`$ at which it is least.
 *
 * @param graph - The model.
 * @param marginals - A distribution for each node.
 * @returns $`F(q)`$.
 * @throws EbmError when the graph is not sound or the distributions do not fit it.
 *
 * @example
 * ```ts
 * const lowerBound = -variationalFreeEnergy(graph, marginals); // of log Z
 * ```
 * @see Wainwright and Jordan, "Graphical models, exponential families, and variational inference", 2008, https://doi.org/10.1561/2200000001
 */
export function variationalFreeEnergy(graph: FactorGraph, marginals: readonly ArrayLike<number>[]): number {
  checkGraph('variationalFreeEnergy', graph);
  checkFactorised('variationalFreeEnergy', graph, marginals);
  return freeEnergyOf(
    factorised(graph),
    graph,
    marginals.map((p) => Float64Array.from(p)),
  );
}
