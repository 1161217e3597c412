import type { FactorGraph } from '../graph/factor-graph.js';
import type { Clique } from './clique-tree.js';
import { collect, rowFinder } from './collect.js';

/** A joint state of all nodes. */
export interface JointState {
  /** The number of the state of each node. */
  readonly states: Int32Array;
  /** The sum of all log-potentials there, minus its energy; less `logZ` it is the log-probability. −Infinity where no state is possible, NaN when a potential is. */
  readonly logPotential: number;
}

/**
 * A joint state of the highest log-potential (max-product): the best state of each eliminated node for every state of its
 * separator is kept on the way up, and read off on the way down. Among equals in a clique, the lowest state.
 */
export function mostLikely(graph: FactorGraph, cliques: readonly Clique[]): JointState {
  const { total, kept } = collect(graph, cliques, (table, count) => {
    const message = new Float64Array(table.length / count);
    const best = new Int32Array(message.length);
    for (let row = 0; row < message.length; row++) {
      const states = table.subarray(row * count, (row + 1) * count);
      message[row] = states.reduce((a, b) => Math.max(a, b));
      best[row] = Math.max(0, states.indexOf(message[row] as number));
    }
    return { message, kept: best };
  });
  const states = new Int32Array(graph.cardinalities.length);
  for (let at = cliques.length - 1; at >= 0; at--) {
    const clique = cliques[at] as Clique;
    states[clique.nodes.at(-1) as number] = kept[at]?.[rowFinder(clique)(states, 0)] as number;
  }
  return { states, logPotential: total };
}
