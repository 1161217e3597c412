import type { Factor, FactorGraph } from '../graph/factor-graph.js';
import { jointStates } from './check-graph.js';
import type { Clique } from './clique-tree.js';
import { projection, stridesOf } from './table.js';

/** What a clique tells its parent: a log-weight for each joint state of the nodes that they share. */
interface Message {
  readonly nodes: readonly number[];
  readonly values: Float64Array;
}

/** What becomes of the table of a clique. */
interface Absorbed<T> {
  /** One number for each row of the table, the last node taken out: by a sum, or by a maximum. */
  readonly message: Float64Array;
  /** What is needed on the way down. */
  readonly kept: T;
}

/** For each clique, the cliques below it. */
export function childrenOf(cliques: readonly Clique[]): number[][] {
  const children = cliques.map((): number[] => []);
  cliques.forEach(({ parent }, at) => {
    if (parent !== undefined) children[parent]?.push(at);
  });
  return children;
}

/** Finds the row of a clique's table for the states of its separator, in a list of the states of all nodes from `first` on. */
export function rowFinder({ nodes, cardinalities }: Clique): (states: Int32Array, first: number) => number {
  const strides = stridesOf(cardinalities.slice(0, -1));
  return (states, first) => {
    let row = 0;
    for (let axis = 0; axis < strides.length; axis++)
      row += (strides[axis] as number) * (states[first + (nodes[axis] as number)] as number);
    return row;
  };
}

/** The table of a clique: its factors and the messages of its children added up. */
function tableOf({ nodes, cardinalities }: Clique, parts: readonly Message[]): Float64Array {
  const table = new Float64Array(jointStates(cardinalities));
  for (const { nodes: part, values } of parts) {
    const places = projection(nodes, cardinalities, part);
    for (let i = 0; i < table.length; i++) table[i] = (table[i] as number) + (values[places[i] as number] as number);
  }
  return table;
}

/**
 * One pass over a clique tree from the leaves to the roots: takes the node of every clique out of its table and hands the rest to
 * the parent.
 *
 * @param graph - The model.
 * @param cliques - The cliques, children first.
 * @param absorb - Takes the last node out of a table whose rows have `count` numbers, one for each of its states.
 * @returns What is left at the roots, added up with the constants of the model; and what each clique kept.
 */
export function collect<T>(
  graph: FactorGraph,
  cliques: readonly Clique[],
  absorb: (table: Float64Array, count: number) => Absorbed<T>,
): { readonly total: number; readonly kept: readonly T[] } {
  const children = childrenOf(cliques);
  const messages = new Map<number, Message>();
  let total = 0;
  for (const { nodes, logPotential } of graph.factors) if (nodes.length === 0) total += logPotential[0] as number;
  const kept = cliques.map((clique, at) => {
    const below = children[at] as number[];
    const factors = clique.factors.map((index): Message => {
      const { nodes, logPotential } = graph.factors[index] as Factor;
      return { nodes, values: logPotential };
    });
    const table = tableOf(clique, [...factors, ...below.map((child) => messages.get(child) as Message)]);
    for (const child of below) messages.delete(child);
    const { message, kept: own } = absorb(table, clique.cardinalities.at(-1) as number);
    if (clique.parent === undefined) total += message[0] as number;
    else messages.set(at, { nodes: clique.nodes.slice(0, -1), values: message });
    return own;
  });
  return { total, kept };
}
