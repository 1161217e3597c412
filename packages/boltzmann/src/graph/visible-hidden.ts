import { cast, type DType, EbmError, type Tensor } from '@ebmkit/tensor';
import { checkNodes } from './graph-kernel.js';
import type { NodeKind } from './node-kind.js';
import { checkStates, pickColumns, placeColumns } from './node-states.js';

/** The visible and the hidden part of joint states. */
export type GraphState = {
  /** Visible states `[n, visible]`, in the order of the machine's `visible`. */
  readonly visible: Tensor;
  /** Hidden states `[n, hidden]`, in the order of the machine's `hidden`; left out where it has none. */
  readonly hidden?: Tensor;
};

/** Which nodes are visible and which are hidden. */
export interface NodeParts {
  /** The nodes that data gives, in the order of its columns. */
  readonly visible: readonly number[];
  /** The other nodes. */
  readonly hidden: readonly number[];
}

/** The visible and the hidden nodes: given, or what the other list leaves; without both, every node is visible. */
export function nodeParts(nodes: number, { visible, hidden }: Partial<NodeParts>): NodeParts {
  const where = 'boltzmannMachine';
  if (visible) checkNodes(`${where}: visible`, nodes, visible);
  if (hidden && hidden.length > 0) checkNodes(`${where}: hidden`, nodes, hidden);
  const rest = (list: readonly number[]): readonly number[] => {
    const taken = new Set(list);
    return Array.from({ length: nodes }, (_, node) => node).filter((node) => !taken.has(node));
  };
  const parts = { visible: visible ?? rest(hidden ?? []), hidden: hidden ?? (visible ? rest(visible) : []) };
  const count = parts.visible.length + parts.hidden.length;
  if (parts.visible.length === 0 || count !== nodes || new Set([...parts.visible, ...parts.hidden]).size !== nodes)
    throw new EbmError(
      'argument',
      `${where}: every node must be either visible or hidden, and one at least visible, got ${parts.visible.length} visible and ${parts.hidden.length} hidden of ${nodes}. Leave one list out.`,
    );
  return parts;
}

/** Joint states `[n, nodes]` from their two parts. */
export function joinParts(nodes: readonly NodeKind[], parts: NodeParts, state: GraphState, dtype: DType): Tensor {
  const column = (part: 'visible' | 'hidden'): Tensor => {
    const kinds = parts[part].map((node) => nodes[node] as NodeKind);
    checkStates(`boltzmannMachine.join: ${part}`, kinds, state[part], `Give a column for each ${part} node.`);
    return cast(state[part] as Tensor, dtype);
  };
  const columns = parts.hidden.length > 0 ? [column('visible'), column('hidden')] : [column('visible')];
  return placeColumns(columns, [...parts.visible, ...parts.hidden]);
}

/** The two parts of joint states. */
export function takeParts({ visible, hidden }: NodeParts, x: Tensor): GraphState {
  return { visible: pickColumns(x, visible), ...(hidden.length > 0 && { hidden: pickColumns(x, hidden) }) };
}
