import { EbmError } from '@ebmkit/tensor';
import { checkCount } from '../chains/visible-chains.js';

/** Two nodes that are joined. */
export type Edge = readonly [number, number];

/** How a grid ends. */
export interface GridOptions {
  /** Whether each side is joined to the opposite one, so that the grid is a torus; false unless given. */
  readonly periodic?: boolean;
}

/**
 * The edges of a grid in any number of dimensions, each between neighbours along one axis. Node numbers go row by row, the last axis
 * fastest. An axis of length 2 has one edge between its two nodes, periodic or not.
 *
 * @param size - The length of each axis.
 * @param options - Whether it is periodic.
 * @returns The edges, each once.
 * @throws EbmError when a length is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * const machine = ising({ nodes: 400, edges: gridEdges([20, 20], { periodic: true }) });
 * ```
 */
export function gridEdges(size: readonly number[], { periodic = false }: GridOptions = {}): Edge[] {
  const wrong = size.find((length) => !Number.isInteger(length) || length < 1);
  if (size.length === 0 || wrong !== undefined)
    throw new EbmError(
      'argument',
      `gridEdges: size must be whole numbers of at least 1, got [${size.join(', ')}]. Give the length of each axis.`,
    );
  const strides = size.map((_, axis) => size.slice(axis + 1).reduce((a, b) => a * b, 1));
  const edges: Edge[] = [];
  const nodes = size.reduce((a, b) => a * b, 1);
  for (let node = 0; node < nodes; node++)
    size.forEach((length, axis) => {
      const stride = strides[axis] as number;
      const place = Math.floor(node / stride) % length;
      if (place + 1 < length) edges.push([node, node + stride]);
      else if (periodic && length > 2) edges.push([node - place * stride, node]);
    });
  return edges;
}

/**
 * All pairs of nodes: a fully connected graph.
 *
 * @param nodes - How many nodes, a whole number of at least 1.
 * @throws EbmError when it is not.
 */
export function completeEdges(nodes: number): Edge[] {
  checkCount('completeEdges', 'nodes', nodes, 1);
  return Array.from({ length: nodes }, (_, a) =>
    Array.from({ length: nodes - a - 1 }, (__, i): Edge => [a, a + i + 1]),
  ).flat();
}

/**
 * Every node of a first part with every node of a second: the graph of a restricted Boltzmann machine.
 *
 * @param first - How many nodes the first part has, from 0 on; a whole number of at least 1.
 * @param second - How many the second has, after those.
 * @throws EbmError when one of them is not a whole number of at least 1.
 */
export function bipartiteEdges(first: number, second: number): Edge[] {
  checkCount('bipartiteEdges', 'first', first, 1);
  checkCount('bipartiteEdges', 'second', second, 1);
  return Array.from({ length: first }, (_, a) =>
    Array.from({ length: second }, (__, b): Edge => [a, first + b]),
  ).flat();
}
