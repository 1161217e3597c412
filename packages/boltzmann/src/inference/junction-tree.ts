import { EbmError, type Key } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';
import { jointStates } from './check-graph.js';
import { type Clique, cliqueTree } from './clique-tree.js';
import { childrenOf, collect } from './collect.js';
import { openGraph } from './evidence.js';
import { exactDraws } from './exact-draws.js';
import type { InferenceOptions, Marginals } from './marginals.js';
import { type JointState, mostLikely } from './most-likely.js';
import { logSumOf, projection } from './table.js';

/** Settings of `junctionTree`. */
export interface JunctionTreeOptions extends InferenceOptions {
  /** The most numbers that the tables of all cliques together may have; 2^25 (256 MB) unless given. */
  readonly maxEntries?: number;
}

/** A model after exact propagation. */
export interface JunctionTree extends Marginals {
  /** The number of nodes of the largest clique less one. */
  readonly width: number;
  /** A joint state of the highest probability (MAP), by max-product. Costs as much as building the tree. */
  readonly mode: () => JointState;
  /**
   * Exact independent draws of joint states, `[count, nodes]`, row by row, as numbers of states. Costs a few operations for
   * each node and draw. Throws when there is no distribution to draw from: `logZ` is not finite.
   */
  readonly sample: (key: Key, count: number) => Int32Array;
}

/** Sums the last node out of each row of a table, and leaves its conditional probabilities there; 0 where none is possible. */
function sumOut(table: Float64Array, count: number): { readonly message: Float64Array; readonly kept: Float64Array } {
  const message = new Float64Array(table.length / count);
  for (let row = 0; row < message.length; row++) {
    const logWeight = logSumOf(table, row * count, count);
    message[row] = logWeight;
    for (let i = row * count; i < (row + 1) * count; i++)
      table[i] = logWeight === Number.NEGATIVE_INFINITY ? 0 : Math.exp((table[i] as number) - logWeight);
  }
  return { message, kept: table };
}

/** Probabilities of a part of the nodes of a clique. */
function marginalise({ nodes, cardinalities }: Clique, belief: Float64Array, part: readonly number[]): Float64Array {
  const sums = new Float64Array(jointStates(part.map((node) => cardinalities[nodes.indexOf(node)] as number)));
  const places = projection(nodes, cardinalities, part);
  for (let i = 0; i < places.length; i++) {
    const place = places[i] as number;
    sums[place] = (sums[place] as number) + (belief[i] as number);
  }
  return sums;
}

/** Multiplies the conditionals out again, from the roots to the leaves, and takes the marginals. */
function distribute(
  graph: FactorGraph,
  cliques: readonly Clique[],
  conditionals: readonly Float64Array[],
): Omit<Marginals, 'logZ'> {
  const children = childrenOf(cliques);
  const separators: Float64Array[] = cliques.map(() => Float64Array.of(1));
  const marginals: Float64Array[] = [];
  const factorMarginals: Float64Array[] = graph.factors.map(() => Float64Array.of(1));
  for (let at = cliques.length - 1; at >= 0; at--) {
    const clique = cliques[at] as Clique;
    const node = clique.nodes.at(-1) as number;
    const count = clique.cardinalities.at(-1) as number;
    const separator = separators[at] as Float64Array;
    const belief = (conditionals[at] as Float64Array).map((p, i) => p * (separator[Math.floor(i / count)] as number));
    for (const child of children[at] as number[])
      separators[child] = marginalise(clique, belief, cliques[child]?.nodes.slice(0, -1) ?? []);
    marginals[node] = marginalise(clique, belief, [node]);
    for (const index of clique.factors)
      factorMarginals[index] = marginalise(clique, belief, graph.factors[index]?.nodes ?? []);
  }
  return { marginals, factorMarginals };
}

/**
 * Exact inference on a graph that is nearly a tree, of any size and order of factors: elimination by min-fill, one clique for
 * each eliminated node, one pass of messages up in logs and one of probabilities down. Exact in double precision. Time and
 * memory are the joint states of the cliques, at most $`q^{width + 1}`$ for each node of $`q`$ states, in one go without
 * yielding; an Ising grid of 16 by 16 spins takes 2^24.3 numbers. For graphs that are too wide `beliefPropagation` is the
 * approximation.
 *
 * @param graph - The model.
 * @param options - Evidence, the limit on the size.
 * @returns $`\log Z`$, marginals, the mode and exact draws. `factorMarginals` are the gradient of `logZ` in the log-potentials.
 * All marginals are 0 when no state is possible, and NaN where a potential is NaN.
 * @throws EbmError when the graph is not sound, or too wide: the message says how wide.
 *
 * @example
 * ```ts
 * const tree = junctionTree(graph, { evidence: { 0: 1 } });
 * const draws = tree.sample(key(1), 1000); // [1000, nodes]
 * ```
 * @see Lauritzen and Spiegelhalter, "Local computations with probabilities on graphical structures", 1988, https://doi.org/10.1111/j.2517-6161.1988.tb01721.x
 */
export function junctionTree(graph: FactorGraph, options: JunctionTreeOptions = {}): JunctionTree {
  const { evidence, maxEntries = 2 ** 25 } = options;
  if (!(maxEntries > 0)) throw new EbmError('argument', `junctionTree: maxEntries must be above 0, got ${maxEntries}.`);
  const { graph: open, clamped, restore } = openGraph('junctionTree', graph, evidence);
  const { cliques, width } = cliqueTree('junctionTree', open, maxEntries);
  const { total: logZ, kept: conditionals } = collect(open, cliques, sumOut);
  const size = graph.cardinalities.length;
  const clamp = (states: Int32Array): Int32Array => {
    for (const [node, state] of clamped) for (let at = node; at < states.length; at += size) states[at] = state;
    return states;
  };
  return {
    width,
    logZ,
    ...restore(distribute(open, cliques, conditionals)),
    mode: () => {
      const { states, logPotential } = mostLikely(open, cliques);
      return { states: clamp(states), logPotential };
    },
    sample: (key, count) => {
      if (!Number.isFinite(logZ))
        throw new EbmError(
          'argument',
          `junctionTree.sample: a distribution is required, got logZ = ${logZ}. Some state must be possible, and every potential a number.`,
        );
      return clamp(exactDraws(key, count, cliques, conditionals));
    },
  };
}
