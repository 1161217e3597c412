import { EbmError, type Tensor, tensor } from '@ebmkit/tensor';

/** A graph whose nodes have colours, as plain numbers. */
export interface ColouredGraph {
  /** How many nodes there are, numbered from 0. */
  readonly nodes: number;
  /** The two ends of each edge, one pair after the other: `2 edges` numbers. */
  readonly edges: ArrayLike<number>;
  /** The colour of each node, from 0; the ends of an edge never share one. */
  readonly colours: ArrayLike<number>;
}

/**
 * A coloured graph in the order in which it is swept, as plain data: nodes sorted by colour have *positions*, and the edges at each
 * position stand one after the other. Made once by `sweepStructure`; it holds no tensors, so that it serves on every backend.
 */
export interface SweepStructure {
  /** How many nodes. */
  readonly nodes: number;
  /** How many edges. */
  readonly edges: number;
  /** How many nodes each colour has. */
  readonly blocks: readonly number[];
  /** How many ends of edges the nodes of each colour have together. */
  readonly incidences: readonly number[];
  /** The node at each position. */
  readonly order: Int32Array;
  /** `nodes + 1` numbers: the ends of edges at position `p` are those from `starts[p]` up to `starts[p + 1]`. */
  readonly starts: Int32Array;
  /** The position at the other end, for each end of an edge. Here and below one 0 stands for none at all. */
  readonly neighbours: Int32Array;
  /** The position of this end. */
  readonly owners: Int32Array;
  /** The number of the edge. */
  readonly edgeOf: Int32Array;
}

/** The tensors of a structure, in the order in which the sweeping primitives take them. */
export type StructureTensors = readonly [
  order: Tensor,
  starts: Tensor,
  neighbours: Tensor,
  owners: Tensor,
  edgeOf: Tensor,
];

function fault(what: string): EbmError {
  return new EbmError('argument', `sweepStructure: ${what}`);
}

function check({ nodes, edges, colours }: ColouredGraph): void {
  if (!Number.isInteger(nodes) || nodes < 1) throw fault(`nodes must be a whole number of at least 1, got ${nodes}.`);
  if (edges.length % 2 !== 0)
    throw fault(`edges must be pairs of nodes, got ${edges.length} numbers. Give both ends of each edge.`);
  if (colours.length !== nodes) throw fault(`expected a colour for each of ${nodes} nodes, got ${colours.length}.`);
  for (let i = 0; i < nodes; i++) {
    const colour = colours[i] as number;
    if (!Number.isInteger(colour) || colour < 0 || colour >= nodes)
      throw fault(`the colour of node ${i} must be a whole number from 0 to nodes − 1, got ${colour}.`);
  }
  for (let e = 0; e < edges.length; e += 2) {
    const [a, b] = [edges[e] as number, edges[e + 1] as number];
    for (const end of [a, b])
      if (!Number.isInteger(end) || end < 0 || end >= nodes)
        throw fault(`edge ${e / 2} has the end ${end}, which is no node from 0 to ${nodes - 1}.`);
    if (colours[a] === colours[b])
      throw fault(
        `the ends ${a} and ${b} of edge ${e / 2} share colour ${colours[a]}. Colour the graph so that they differ.`,
      );
  }
}

/**
 * Puts a coloured graph in the order in which `spinSweeps` and `pottsSweeps` go over it. Linear time.
 *
 * @param graph - Nodes, edges and colours; an edge may occur several times, its weights then add up.
 * @returns Plain data, to be made once and used for every call.
 * @throws EbmError when an edge has an end that is no node, or two ends of one colour.
 *
 * @example
 * ```ts
 * const square = sweepStructure({ nodes: 4, edges: [0, 1, 1, 2, 2, 3, 3, 0], colours: [0, 1, 0, 1] });
 * ```
 */
export function sweepStructure(graph: ColouredGraph): SweepStructure {
  check(graph);
  const { nodes } = graph;
  const [ends, colours] = [Array.from(graph.edges), Array.from(graph.colours)];
  const blocks = new Array<number>(1 + colours.reduce((most, colour) => Math.max(most, colour), 0)).fill(0);
  const incidences = blocks.map(() => 0);
  for (const colour of colours) blocks[colour] = (blocks[colour] as number) + 1;
  for (const end of ends) incidences[colours[end] as number] = (incidences[colours[end] as number] as number) + 1;

  const order = Int32Array.from(colours.keys()).sort(
    (a, b) => (colours[a] as number) - (colours[b] as number) || a - b,
  );
  const position = new Int32Array(nodes);
  order.forEach((node, at) => {
    position[node] = at;
  });
  const starts = new Int32Array(nodes + 1);
  for (const end of ends) starts[(position[end] as number) + 1] = (starts[(position[end] as number) + 1] as number) + 1;
  for (let p = 0; p < nodes; p++) starts[p + 1] = (starts[p + 1] as number) + (starts[p] as number);

  const list = (): Int32Array => new Int32Array(Math.max(1, ends.length));
  const [neighbours, owners, edgeOf] = [list(), list(), list()];
  const next = starts.slice();
  ends.forEach((end, i) => {
    const own = position[end] as number;
    const at = next[own] as number;
    next[own] = at + 1;
    neighbours[at] = position[ends[i ^ 1] as number] as number;
    owners[at] = own;
    edgeOf[at] = i >> 1;
  });
  return { nodes, edges: ends.length / 2, blocks, incidences, order, starts, neighbours, owners, edgeOf };
}

/** Brings a structure to the active backend. */
export function structureTensors({ order, starts, neighbours, owners, edgeOf }: SweepStructure): StructureTensors {
  return [tensor(order), tensor(starts), tensor(neighbours), tensor(owners), tensor(edgeOf)];
}
