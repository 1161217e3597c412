import type { FactorGraph } from '../graph/factor-graph.js';
import { cardinalitiesOf, jointStates } from './check-graph.js';
import { projection } from './table.js';

/** A model in which the last nodes are one, and the way back. */
interface JoinedGraph {
  /** The model; the nodes of a factor ascend, and no two factors have the same ones. */
  readonly graph: FactorGraph;
  /** Weights of the states of the nodes of the original model from those of the joined one. */
  readonly nodeWeights: (joined: readonly Float64Array[]) => Float64Array[];
  /** Weights of the joint states of the original factors from those of the joined model's. */
  readonly factorWeights: (joined: readonly Float64Array[]) => Float64Array[];
}

/** Sums entries into the places of a smaller table. */
function gathered(length: number, places: Int32Array, entries: Float64Array): Float64Array {
  const sums = new Float64Array(length);
  for (let entry = 0; entry < places.length; entry++) {
    const place = places[entry] as number;
    sums[place] = (sums[place] as number) + (entries[entry] as number);
  }
  return sums;
}

/**
 * Joins the last nodes into one node that has their joint states, as many nodes as `mostStates` allow, and adds up factors
 * that have the same nodes then. The model is the same; loops over its states become long ones over few tables.
 */
export function joinLastNodes(graph: FactorGraph, mostStates: number): JoinedGraph {
  const { cardinalities, factors } = graph;
  let first = cardinalities.length - 1;
  while (first > 0 && jointStates(cardinalities.slice(first - 1)) <= mostStates) first--;
  const last = cardinalities.slice(first);
  const lastNodes = last.map((_, i) => first + i);
  const tables = new Map<string, { readonly nodes: number[]; readonly logPotential: Float64Array }>();
  /** Where each factor went, and the place in it of each entry there. */
  const homes = factors.map(({ nodes, logPotential }) => {
    const early = nodes.filter((node) => node < first).toSorted((a, b) => a - b);
    const isLate = early.length < nodes.length;
    const scope = isLate ? [...early, ...lastNodes] : early;
    const places = projection(scope, cardinalitiesOf(graph, scope), nodes);
    const joined = isLate ? [...early, first] : early;
    const name = joined.join();
    const table = tables.get(name) ?? { nodes: joined, logPotential: new Float64Array(places.length) };
    tables.set(name, table);
    places.forEach((place, entry) => {
      table.logPotential[entry] = (table.logPotential[entry] as number) + (logPotential[place] as number);
    });
    return { name, places };
  });
  const names = [...tables.keys()];
  return {
    graph: { cardinalities: [...cardinalities.slice(0, first), jointStates(last)], factors: [...tables.values()] },
    nodeWeights: (joined) => [
      ...joined.slice(0, first),
      ...lastNodes.map((node, i) =>
        gathered(last[i] as number, projection(lastNodes, last, [node]), joined[first] as Float64Array),
      ),
    ],
    factorWeights: (joined) =>
      homes.map(({ name, places }, index) =>
        gathered(factors[index]?.logPotential.length ?? 0, places, joined[names.indexOf(name)] as Float64Array),
      ),
  };
}
