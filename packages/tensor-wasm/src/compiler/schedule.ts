import { type Graph, type GraphNode, isVariable } from '@ebmkit/tensor';
import type { NodeKind } from './node-kind.js';

/** A node with what the compiler made of it. */
export interface ScheduledNode {
  /** The operation. */
  readonly node: GraphNode;
  /** How it is treated. */
  readonly kind: NodeKind;
}

interface Placed extends ScheduledNode {
  /** Nodes of equal depth can share a fused loop as far as kernels between them are concerned. */
  depth: number;
}

const movable: ReadonlySet<NodeKind> = new Set([
  'map',
  'outerProduct',
  'constant',
  'reshape',
  'broadcast',
  'rowReduction',
]);

/** The depth of each node: how many results in memory must be there before it, as few as possible. */
function placeEarly(graph: Graph, kinds: readonly NodeKind[]): Placed[] {
  const ready = new Map<number, number>();
  const inMemory = new Set<number>();
  for (const v of [...graph.inputs, ...graph.constants.map(({ variable }) => variable)]) {
    ready.set(v.id, v.dtype === 'key' ? -1 : 0);
    inMemory.add(v.id);
  }
  return graph.nodes.map((node, i) => {
    const kind = kinds[i] as NodeKind;
    const inputs = node.inputs.filter(isVariable);
    const depth = Math.max(
      kind === 'kernel' || kind === 'key' ? -1 : 0,
      ...inputs.map(({ id }) => ready.get(id) as number),
    );
    const isSeen = inputs.every(({ id }) => inMemory.has(id));
    const isFree = movable.has(kind) || kind === 'key' || (kind === 'view' && isSeen);
    ready.set(node.output.id, isFree ? depth : depth + 1);
    if (!movable.has(kind) || (kind === 'reshape' && isSeen)) inMemory.add(node.output.id);
    return { node, kind, depth };
  });
}

/** Moves what fuses down to its first reader, so that it need not be written to memory. */
function sink(placed: readonly Placed[]): void {
  const wanted = new Map<number, number>();
  for (const entry of placed.toReversed()) {
    const latest = wanted.get(entry.node.output.id);
    if (movable.has(entry.kind) && latest !== undefined) entry.depth = Math.max(entry.depth, latest);
    for (const input of entry.node.inputs)
      if (isVariable(input))
        wanted.set(input.id, Math.min(wanted.get(input.id) ?? Number.POSITIVE_INFINITY, entry.depth));
  }
}

/**
 * Orders the nodes of a graph so that as many as possible of those that can share a loop are neighbours. The order still has
 * every node after what it needs.
 *
 * @param graph - A simplified graph.
 * @param kinds - The kind of each of its nodes.
 */
export function schedule(graph: Graph, kinds: readonly NodeKind[]): readonly ScheduledNode[] {
  const placed = placeEarly(graph, kinds);
  sink(placed);
  const rank = ({ depth, kind }: Placed): number => 2 * depth + (kind === 'kernel' || kind === 'reduction' ? 1 : 0);
  return placed.toSorted((a, b) => rank(a) - rank(b));
}
