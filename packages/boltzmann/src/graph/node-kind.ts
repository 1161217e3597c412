import { EbmError } from '@ebmkit/tensor';

/**
 * What values a node of a graph can take, as plain data: `'bool'` (0 or 1), `'spin'` (−1 or 1), or `{ categorical: k }` (one of
 * 0 … k − 1, without an order).
 */
export type NodeKind = 'bool' | 'spin' | { readonly categorical: number };

/** Whether a node has a value that interactions multiply, 0 or 1 or ±1, and not a category that picks an entry of a table. */
export function isBinary(kind: NodeKind): boolean {
  return typeof kind === 'string';
}

/** How many states a node has. */
export function cardinalityOf(kind: NodeKind): number {
  return typeof kind === 'string' ? 2 : kind.categorical;
}

/** The value of a node in its state number `state`, counted from 0: false before true, −1 before 1, categories as they are. */
export function valueOf(kind: NodeKind, state: number): number {
  return kind === 'spin' ? 2 * state - 1 : state;
}

/** Throws unless every entry is a kind of node. */
export function checkKinds(where: string, nodes: readonly NodeKind[]): void {
  if (!Array.isArray(nodes) || nodes.length === 0)
    throw new EbmError('argument', `${where}: expected at least one node, got ${describe(nodes)}. List their kinds.`);
  nodes.forEach((kind: NodeKind, node) => {
    if (kind === 'bool' || kind === 'spin') return;
    const states = (kind as { readonly categorical?: number } | null)?.categorical;
    if (!Number.isInteger(states) || (states as number) < 2)
      throw new EbmError(
        'argument',
        `${where}: a node is 'bool', 'spin' or { categorical: k } with a whole number k of at least 2, got ${describe(kind)} at node ${node}.`,
      );
  });
}

const describe = (value: unknown): string => JSON.stringify(value) ?? String(value);
