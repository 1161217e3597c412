import { EbmError } from '@ebmkit/tensor';
import type { FactorGraph } from '../graph/factor-graph.js';

/** How many joint states some nodes have. */
export function jointStates(cardinalities: readonly number[]): number {
  return cardinalities.reduce((product, count) => product * count, 1);
}

/** The cardinalities of the nodes of a factor. */
export function cardinalitiesOf({ cardinalities }: FactorGraph, nodes: readonly number[]): number[] {
  return nodes.map((node) => cardinalities[node] as number);
}

/** Throws unless nodes, cardinalities and tables fit together. */
export function checkGraph(where: string, graph: FactorGraph): void {
  const { cardinalities, factors } = graph;
  if (cardinalities.length === 0)
    throw new EbmError('argument', `${where}: a graph of at least one node is required, got none.`);
  const odd = cardinalities.findIndex((count) => !Number.isInteger(count) || count < 1);
  if (odd >= 0)
    throw new EbmError(
      'argument',
      `${where}: every node must have a whole number of states above 0, got ${cardinalities[odd]} at node ${odd}.`,
    );
  factors.forEach(({ nodes, logPotential }, index) => {
    const isKnown = nodes.every((node) => Number.isInteger(node) && node >= 0 && node < cardinalities.length);
    if (!isKnown || new Set(nodes).size !== nodes.length)
      throw new EbmError(
        'argument',
        `${where}: the nodes of factor ${index} must be different numbers from 0 to ${cardinalities.length - 1}, got [${nodes.join(', ')}].`,
      );
    const length = jointStates(cardinalitiesOf(graph, nodes));
    if (logPotential.length !== length)
      throw new EbmError(
        'shape',
        `${where}: factor ${index} must have ${length} log-potentials, one for each joint state of its nodes, got ${logPotential.length}.`,
      );
  });
}
