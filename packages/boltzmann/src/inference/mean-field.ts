import type { FactorGraph } from '../graph/factor-graph.js';
import type { ApproximateMarginals } from './approximate-marginals.js';
import { checkIteration, type IterationOptions, iterate } from './convergence.js';
import { openGraph } from './evidence.js';
import { factorised } from './factorised.js';
import type { InferenceOptions } from './marginals.js';
import { normalised } from './table.js';
import { checkFactorised, freeEnergyOf } from './variational-free-energy.js';

/** Settings of `meanField`. */
export interface MeanFieldOptions extends InferenceOptions, IterationOptions {
  /**
   * A distribution for each node to start from; even odds unless given. Where the free energy has several minima the start decides
   * which is found, and even odds stay where symmetry makes them a saddle: give a start that leans to one side.
   */
  readonly start?: readonly ArrayLike<number>[];
}

/**
 * Naive mean field: the factorised distribution $`q(x) = \prod_i q_i(x_i)`$ nearest to the model in
 * $`\mathrm{KL}(q \,\|\, p)`$, by coordinate ascent: $`q_i(x_i) \propto \exp \sum_f \mathbb{E}_{q \setminus i} \phi_f`$, one node
 * after another. `logZ` is minus the variational free energy, which never exceeds the true one and, without damping, grows with
 * every update. One iteration costs the joint states of every factor times its nodes squared.
 *
 * @param graph - The model. Impossible states are left where an even start allows them: the bound is −Infinity then.
 * @param options - Start, evidence, iterations, tolerance, damping (0 unless given), progress, abort.
 * @returns The distribution, the lower bound on $`\log Z`$ and the status; `change` is in probabilities. `factorMarginals` are
 * products of `marginals`.
 * @throws EbmError when the graph is not sound or an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { logZ, marginals, status } = await meanField(graph);
 * ```
 * @see Peterson and Anderson, "A mean field theory learning algorithm for neural networks", 1987
 */
export async function meanField(graph: FactorGraph, options: MeanFieldOptions = {}): Promise<ApproximateMarginals> {
  const iteration = checkIteration('meanField', options);
  const { graph: open, clamped, restore } = openGraph('meanField', graph, options.evidence);
  if (options.start) checkFactorised('meanField', graph, options.start);
  const q = open.cardinalities.map((count, node) =>
    options.start && !clamped.has(node)
      ? Float64Array.from(options.start[node] as ArrayLike<number>)
      : new Float64Array(count).fill(1 / count),
  );
  const means = factorised(open);
  const around = q.map((): number[] => []);
  open.factors.forEach(({ nodes }, factor) => {
    for (const node of nodes) around[node]?.push(factor);
  });
  const update = (p: Float64Array, node: number): number => {
    const fields = new Float64Array(p.length);
    for (const factor of around[node] as number[]) means.addFields(factor, node, q, fields);
    let change = 0;
    normalised(fields).forEach((wanted, state) => {
      const old = p[state] as number;
      change = Math.max(change, Math.abs(wanted - old));
      p[state] = wanted + iteration.damping * (old - wanted);
    });
    return change;
  };
  const ended = await iterate('meanField', iteration, () =>
    q.reduce((change, p, node) => Math.max(change, update(p, node)), 0),
  );
  return restore({
    ...ended,
    logZ: -freeEnergyOf(means, open, q),
    marginals: q,
    factorMarginals: open.factors.map((_, factor) => means.products(factor, q)),
  });
}
