import { uniforms } from '../inputs.js';
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

/** Numbers the nodes of a graph anew, so that colours do not decrease. */
function inColourOrder(edges: readonly number[], colours: readonly number[]): ColouredGraph {
  const order = [...colours.keys()].sort((a, b) => (colours[a] as number) - (colours[b] as number) || a - b);
  const rank = new Int32Array(colours.length);
  order.forEach((node, i) => {
    rank[node] = i;
  });
  return {
    nodes: colours.length,
    edges: edges.map((node) => rank[node] as number),
    colours: order.map((node) => colours[node] as number),
  };
}

/** The square grid with free edges in the colours of a chess board. */
export function chessBoard(size: number): ColouredGraph {
  const cells = Array.from({ length: size * size }, (_, cell) => cell);
  const edges = cells.flatMap((cell) => [
    ...(cell + size < size * size ? [cell, cell + size] : []),
    ...((cell + 1) % size > 0 ? [cell, cell + 1] : []),
  ]);
  return inColourOrder(
    edges,
    cells.map((cell) => (Math.floor(cell / size) + (cell % size)) % 2),
  );
}

/** The cubic grid with periodic edges and an even side, in the colours of a chess board. */
export function cubicGrid(side: number): ColouredGraph {
  const steps = [side * side, side, 1];
  const edges: number[] = [];
  const colours = Array.from({ length: side ** 3 }, (_, cell) => {
    const at = steps.map((step) => Math.floor(cell / step) % side);
    for (const [axis, step] of steps.entries())
      edges.push(cell, at[axis] === side - 1 ? cell - (side - 1) * step : cell + step);
    return at.reduce((total, x) => total + x) % 2;
  });
  return inColourOrder(edges, colours);
}

/** A random graph of two colours in which every node has `degree` edges to random nodes of the other colour. */
export function randomBipartite(nodes: number, degree: number, seed: number): ColouredGraph {
  const half = nodes / 2;
  const edges: number[] = [];
  for (let d = 0; d < degree; d++) {
    const ranks = uniforms(seed + d, half);
    const partners = Array.from(ranks.keys()).sort((a, b) => (ranks[a] as number) - (ranks[b] as number));
    partners.forEach((partner, node) => {
      edges.push(node, half + partner);
    });
  }
  return { nodes, edges, colours: Array.from({ length: nodes }, (_, node) => Number(node >= half)) };
}

/** A random graph in which each pair of nodes has an edge with a given probability, coloured greedily. */
export function randomGraph(nodes: number, density: number, seed: number): ColouredGraph {
  const draws = uniforms(seed, nodes * nodes);
  const edges: number[] = [];
  const colours: number[] = [];
  for (let a = 0; a < nodes; a++) {
    const taken = new Set<number>();
    for (let b = 0; b < a; b++) {
      if ((draws[a * nodes + b] as number) >= density) continue;
      edges.push(b, a);
      taken.add(colours[b] as number);
    }
    let colour = 0;
    while (taken.has(colour)) colour++;
    colours.push(colour);
  }
  return inColourOrder(edges, colours);
}

/** Turns numbers `[nodes, chains]` into rows `[chains, nodes]`. */
export function chainRows(numbers: ArrayLike<number>, chains: number): number[] {
  const nodes = numbers.length / chains;
  return Array.from(
    { length: numbers.length },
    (_, i) => numbers[(i % nodes) * chains + Math.floor(i / nodes)] as number,
  );
}

/** A graph as numbers that all contenders can read. */
export function graphInputs({ edges, colours }: ColouredGraph): Inputs {
  return { edges: Float32Array.from(edges), colours: Float32Array.from(colours) };
}

/** The graph that {@link graphInputs} wrote. */
export function graphFrom({ edges, colours }: Inputs): ColouredGraph {
  return { nodes: colours?.length ?? 0, edges: edges ?? [], colours: colours ?? [] };
}
