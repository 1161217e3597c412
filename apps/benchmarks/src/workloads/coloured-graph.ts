import { gather, mul, sum, type Tensor, tensor } from '@ebmkit/tensor';
import type { Inputs } from '../workload.js';

/** A graph whose nodes have colours, so that neighbours never share one. */
export interface ColouredGraph {
  /** How many nodes. */
  readonly nodes: number;
  /** Pairs of nodes, one after the other. */
  readonly edges: ArrayLike<number>;
  /** The colour of each node, from 0. Nodes are numbered so that colours do not decrease. */
  readonly colours: ArrayLike<number>;
}

/** The neighbours of the nodes of one colour, padded to the same number. */
export interface Block {
  /** The first node of this colour. */
  readonly first: number;
  /** How many nodes it has. */
  readonly count: number;
  /** Which nodes are neighbours, int32 `[count, most]`; those that pad are `graph.nodes`. */
  readonly neighbours: Tensor;
  /** The weights of these edges, `[count, most, 1]`; those that pad are 0. */
  readonly weights: Tensor;
}

/** Sorts the edges by the colour of the node that they act on. The tensors are the caller's to free. */
export function blocksOf({ nodes, edges, colours }: ColouredGraph, weights: ArrayLike<number>): Block[] {
  const adjacent: [number, number][][] = Array.from({ length: nodes }, () => []);
  for (let e = 0; e < edges.length / 2; e++) {
    const [a, b] = [edges[2 * e] as number, edges[2 * e + 1] as number];
    adjacent[a]?.push([b, weights[e] as number]);
    adjacent[b]?.push([a, weights[e] as number]);
  }
  const list = Array.from(colours);
  return Array.from({ length: Math.max(...list) + 1 }, (_, colour) => {
    const first = list.indexOf(colour);
    const count = list.lastIndexOf(colour) - first + 1;
    const mine = adjacent.slice(first, first + count);
    const most = Math.max(...mine.map(({ length }) => length));
    const pick = <T>(padding: T, take: (edge: [number, number]) => T): T[] =>
      mine.flatMap((found) => Array.from({ length: most }, (_, i) => (found[i] ? take(found[i]) : padding)));
    return {
      first,
      count,
      neighbours: tensor(Int32Array.from(pick(nodes, ([node]) => node)), [count, most]),
      weights: tensor(Float32Array.from(pick(0, ([, weight]) => weight)), [count, most, 1]),
    };
  });
}

/** The weighted sum over the neighbours of each node of a block: states `[nodes + 1, lanes]` to `[count, lanes]`. */
export function fieldOf({ neighbours, weights }: Block, states: Tensor): Tensor {
  return sum(mul(gather(states, neighbours), weights), 1);
}

/** The square grid with free edges in the colours of a chess board. */
export function chessBoard(size: number): ColouredGraph {
  const cells = Array.from({ length: size * size }, (_, cell) => cell);
  const colourAt = (cell: number): number => (Math.floor(cell / size) + (cell % size)) % 2;
  const order = [...cells].sort((a, b) => colourAt(a) - colourAt(b) || a - b);
  const rank = new Map(order.map((cell, i) => [cell, i]));
  const at = (cell: number): number => rank.get(cell) as number;
  const edges = cells.flatMap((cell) => [
    ...(cell + size < size * size ? [at(cell), at(cell + size)] : []),
    ...((cell + 1) % size > 0 ? [at(cell), at(cell + 1)] : []),
  ]);
  return { nodes: size * size, edges, colours: order.map(colourAt) };
}

/** A graph as numbers that all contenders can read. */
export function graphInputs({ edges, colours }: ColouredGraph): Inputs {
  return { edges: Float32Array.from(edges), colours: Float32Array.from(colours) };
}

/** The graph that {@link graphInputs} wrote. */
export function graphFrom({ edges, colours }: Inputs): ColouredGraph {
  return { nodes: colours?.length ?? 0, edges: edges ?? [], colours: colours ?? [] };
}
