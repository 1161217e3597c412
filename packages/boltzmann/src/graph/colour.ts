import { EbmError } from '@ebmkit/tensor';
import { checkMembers, type Interaction, nodesOf } from './interaction-graph.js';

/** What can be coloured: an `InteractionGraph`, or a number of nodes with pairs or larger sets of them. */
export interface Colourable {
  /** The nodes, or how many there are. */
  readonly nodes: number | readonly unknown[];
  /** Which nodes must differ in colour. */
  readonly interactions: readonly Interaction[];
}

/** The neighbours of each node, each once. */
function neighboursOf(nodes: number, interactions: readonly Interaction[]): readonly ReadonlySet<number>[] {
  const neighbours = Array.from({ length: nodes }, () => new Set<number>());
  for (const interaction of interactions) {
    const members = nodesOf(interaction);
    for (const a of members) for (const b of members) if (a !== b) neighbours[a]?.add(b);
  }
  return neighbours;
}

/** How urgent a node is: the colours around it, then its neighbours without a colour, then the lowest number. */
interface Candidate {
  readonly node: number;
  readonly saturation: number;
  readonly open: number;
}

const isBefore = (a: Candidate, b: Candidate): boolean =>
  a.saturation !== b.saturation ? a.saturation > b.saturation : a.open !== b.open ? a.open > b.open : a.node < b.node;

/** Puts a candidate into a binary heap whose top is before all others. */
function push(heap: Candidate[], candidate: Candidate): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Candidate;
    if (!isBefore(candidate, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = candidate;
}

/** Takes the top of a heap that is not empty. */
function pop(heap: Candidate[]): Candidate {
  const top = heap[0] as Candidate;
  const last = heap.pop() as Candidate;
  let at = 0;
  while (2 * at + 1 < heap.length) {
    const left = 2 * at + 1;
    const right = left + 1;
    const child = right < heap.length && isBefore(heap[right] as Candidate, heap[left] as Candidate) ? right : left;
    if (!isBefore(heap[child] as Candidate, last)) break;
    heap[at] = heap[child] as Candidate;
    at = child;
  }
  if (heap.length > 0) heap[at] = last;
  return top;
}

/** The lowest colour that is not among the given ones. */
function freeColour(taken: ReadonlySet<number>): number {
  let colour = 0;
  while (taken.has(colour)) colour++;
  return colour;
}

/**
 * Colours the nodes of a graph so that nodes which share an interaction differ: nodes of one colour are then independent given the
 * others, and are drawn at once. DSATUR: always the node with the most colours around it, then with the most neighbours that
 * have none yet, then the lowest number, gets its lowest free colour. Deterministic; optimal on bipartite graphs, few colours on
 * others. Takes time in proportion to $`m \log m`$ for $`m`$ pairs of neighbours.
 *
 * @param graph - Nodes and interactions of any order.
 * @returns The colour of each node, from 0.
 * @throws EbmError when an interaction names a node that there is not, or one twice.
 *
 * @example
 * ```ts
 * colour({ nodes: 4, interactions: [[0, 1], [1, 2], [2, 3]] }); // [1, 0, 1, 0]
 * ```
 * @see Brélaz, "New methods to color the vertices of a graph", 1979, https://doi.org/10.1145/359094.359101
 */
export function colour({ nodes, interactions }: Colourable): readonly number[] {
  const count = typeof nodes === 'number' ? nodes : nodes.length;
  if (!Number.isInteger(count) || count < 1)
    throw new EbmError('argument', `colour: nodes must be a whole number of at least 1, got ${count}.`);
  checkMembers('colour', count, interactions);
  const neighbours = neighboursOf(count, interactions);
  const colours = new Array<number>(count).fill(-1);
  const around = Array.from({ length: count }, () => new Set<number>());
  const open = neighbours.map(({ size }) => size);
  const heap: Candidate[] = [];
  const enter = (node: number): void => {
    push(heap, { node, saturation: around[node]?.size ?? 0, open: open[node] as number });
  };
  for (let node = 0; node < count; node++) enter(node);
  while (heap.length > 0) {
    const { node, saturation, open: seen } = pop(heap);
    const taken = around[node] as Set<number>;
    // A node is entered again whenever it changes; older entries are passed over.
    if (colours[node] !== -1 || saturation !== taken.size || seen !== open[node]) continue;
    const own = freeColour(taken);
    colours[node] = own;
    for (const other of neighbours[node] as ReadonlySet<number>) {
      if (colours[other] !== -1) continue;
      around[other]?.add(own);
      open[other] = (open[other] as number) - 1;
      enter(other);
    }
  }
  return colours;
}
