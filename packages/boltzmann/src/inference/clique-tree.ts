import { EbmError } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';
import { cardinalitiesOf, jointStates } from './check-graph.js';

/** One clique of a clique tree: a node, and those that are next to it once all nodes before it are gone. */
export interface Clique {
  /** The nodes; the one that it was made for comes last, those of the separator to its parent before it. */
  readonly nodes: readonly number[];
  /** How many states each of them has. */
  readonly cardinalities: readonly number[];
  /** The number of the clique that holds the separator, later in the list; undefined for the root of a component. */
  readonly parent: number | undefined;
  /** The factors that are counted here, by number. */
  readonly factors: readonly number[];
}

/** The cliques of an elimination order. */
interface CliqueTree {
  /** The cliques in the order of elimination: every parent comes after its children. */
  readonly cliques: readonly Clique[];
  /** The number of nodes of the largest clique less one: the treewidth, or more where min-fill is not optimal. */
  readonly width: number;
}

/** Which nodes share a factor. */
function neighbourSets({ cardinalities, factors }: FactorGraph): Set<number>[] {
  const neighbours = cardinalities.map(() => new Set<number>());
  for (const { nodes } of factors) for (const a of nodes) for (const b of nodes) if (a !== b) neighbours[a]?.add(b);
  return neighbours;
}

/** How many pairs of neighbours of a node are not neighbours of each other. */
function missingEdges(neighbours: readonly Set<number>[], node: number): number {
  const around = [...(neighbours[node] as Set<number>)];
  let missing = 0;
  around.forEach((a, i) => {
    const known = neighbours[a] as Set<number>;
    for (let j = 0; j < i; j++) if (!known.has(around[j] as number)) missing++;
  });
  return missing;
}

/** The node with the fewest missing edges; at a tie the one whose surroundings changed last, which keeps to one front. */
function cheapest(fill: Float64Array, changedAt: Int32Array): number {
  let best = 0;
  for (let node = 1; node < fill.length; node++) {
    const more = (fill[node] as number) - (fill[best] as number);
    if (more < 0 || (more === 0 && (changedAt[node] as number) > (changedAt[best] as number))) best = node;
  }
  return best;
}

/** Joins the neighbours of a node to each other and takes it out. Gives the nodes whose surroundings changed. */
function eliminate(neighbours: readonly Set<number>[], node: number): Set<number> {
  const around = neighbours[node] as Set<number>;
  const changed = new Set(around);
  for (const a of around) {
    const known = neighbours[a] as Set<number>;
    known.delete(node);
    for (const b of around) {
      if (b === a || known.has(b)) continue;
      known.add(b);
      // A new edge fills a gap around every node next to both of its ends.
      for (const c of known) if (neighbours[b]?.has(c)) changed.add(c);
    }
  }
  return changed;
}

/**
 * Eliminates the nodes one by one, each time the one whose neighbours lack the fewest edges (min-fill), and makes a clique of
 * each with its neighbours. A heuristic: the smallest width is hard to find.
 *
 * @param where - The caller, for messages.
 * @param graph - A sound model.
 * @param mostEntries - The most numbers that the tables of all cliques together may have.
 * @returns The cliques.
 * @throws EbmError when the tables would be too large.
 * @see Kjaerulff, "Triangulation of graphs: algorithms giving small total state space", 1990
 */
export function cliqueTree(where: string, graph: FactorGraph, mostEntries: number): CliqueTree {
  const neighbours = neighbourSets(graph);
  const count = graph.cardinalities.length;
  const limit = entryLimit(where, graph, mostEntries);
  refuseDense(where, graph, neighbours, mostEntries);
  const fill = Float64Array.from(neighbours, (_, node) => missingEdges(neighbours, node));
  const changedAt = new Int32Array(count);
  const position = new Int32Array(count);
  const scopes = Array.from({ length: count }, (_, at): number[] => {
    const node = cheapest(fill, changedAt);
    const nodes = [...(neighbours[node] as Set<number>), node];
    limit.admit(nodes);
    position[node] = at;
    for (const other of eliminate(neighbours, node)) fill[other] = missingEdges(neighbours, other);
    fill[node] = Number.POSITIVE_INFINITY;
    for (const other of nodes) changedAt[other] = at + 1;
    return nodes;
  });
  /** The first of some nodes to be eliminated: its clique holds them all. */
  const firstOf = (nodes: readonly number[]): number | undefined =>
    nodes.length === 0 ? undefined : Math.min(...nodes.map((node) => position[node] as number));
  const homes = scopes.map((): number[] => []);
  graph.factors.forEach(({ nodes }, index) => {
    homes[firstOf(nodes) ?? -1]?.push(index);
  });
  const cliques = scopes.map(
    (nodes, at): Clique => ({
      nodes,
      cardinalities: cardinalitiesOf(graph, nodes),
      parent: firstOf(nodes.slice(0, -1)),
      factors: homes[at] as number[],
    }),
  );
  return { cliques, width: limit.width() };
}

/** Counts the numbers that tables take. */
interface EntryLimit {
  /** Counts the table of a clique; throws when there are too many numbers in all. */
  readonly admit: (nodes: readonly number[]) => void;
  /** The number of nodes of the largest clique so far, less one. */
  readonly width: () => number;
}

function entryLimit(where: string, graph: FactorGraph, mostEntries: number): EntryLimit {
  let [width, entries] = [0, 0];
  return {
    width: () => width,
    admit: (nodes) => {
      const cardinalities = cardinalitiesOf(graph, nodes);
      width = Math.max(width, nodes.length - 1);
      entries += jointStates(cardinalities);
      if (entries <= mostEntries) return;
      const bits = cardinalities.reduce((sum, states) => sum + Math.log2(states), 0);
      throw new EbmError(
        'argument',
        `${where}: the tables of all cliques may have ${mostEntries} numbers, got more at width ${width}, where one has 2^${bits.toFixed(1)}. Clamp nodes, raise maxEntries, or use beliefPropagation.`,
      );
    },
  };
}

/** Throws at once where even the smallest neighbourhood is too large: whichever node goes first needs such a table. */
function refuseDense(where: string, graph: FactorGraph, neighbours: readonly Set<number>[], mostEntries: number): void {
  const around = neighbours.map((others, node) => [...others, node]);
  const states = around.map((nodes) => jointStates(cardinalitiesOf(graph, nodes)));
  const smallest = states.reduce((best, count, node) => (count < (states[best] as number) ? node : best), 0);
  entryLimit(where, graph, mostEntries).admit(around[smallest] as number[]);
}
