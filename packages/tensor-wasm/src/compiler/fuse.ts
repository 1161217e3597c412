import type { Attributes, DType } from '@ebmkit/tensor';
import { sizeOf } from '@ebmkit/tensor';
import {
  type FusedNode,
  type FusedOperand,
  type Group,
  isRowBroadcast,
  joinRowAxes,
  type RowAccess,
  rowAccess,
} from './group.js';
import { longestShortRow } from './node-kind.js';
import { broadcastView, squeeze, type View } from './view.js';

/** What a variable of the graph stands for while it is lowered. */
export type Value =
  | { readonly kind: 'literal'; readonly value: number; readonly dtype: DType }
  | { readonly kind: 'fused'; readonly node: FusedNode; readonly shape: readonly number[] }
  | { readonly kind: 'view'; readonly view: View };

/** An operation that is to be put into a fused loop. */
export interface MapRequest {
  /** The primitive, or `copy`. */
  readonly op: string;
  /** Its constants. */
  readonly attributes: Attributes;
  /** Its operands, which broadcast to `domain`. */
  readonly operands: readonly Value[];
  /** The shape that it runs over. */
  readonly domain: readonly number[];
  /** Elements of the result: fewer than those of the domain for a reduction. */
  readonly size: number;
  /** Element type of the result. */
  readonly dtype: DType;
  /** For a reduction in registers, the length of a row. */
  readonly rowReduction?: number;
  /** For a reduction at the end of the loop, the number of trailing elements that it combines. */
  readonly endReduction?: number;
}

/** What the fuser asks of the program that is being made. */
export interface FuserHost {
  /** Adds a loop at the end of the program. */
  readonly newGroup: (rows: number, rowSize: number) => Group;
  /** The loops so far. */
  readonly groups: readonly Group[];
  /** The step that writes a buffer; −1 for what is there from the start. */
  readonly readyAt: (view: View) => number;
  /** Has a fused value written to memory. */
  readonly stored: (node: FusedNode, shape: readonly number[]) => View;
}

/** Loops of more operations than this, times the elements of a row, are not made longer. */
const largestLoop = 400;

interface Fit {
  readonly operands: readonly FusedOperand[];
  readonly rowSize: number;
  readonly rowAxes: readonly number[] | undefined;
}

/** A view of what a value would be in memory, without having it written. */
function imagined(value: Extract<Value, { kind: 'fused' }>): View {
  let step = 1;
  const strides = value.shape.map(() => 0);
  for (let axis = value.shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= value.shape[axis] as number;
  }
  return { buffer: -1, dtype: value.node.dtype, shape: value.shape, strides, offset: 0 };
}

/** Whether a value that the loop computes can be used in it, under the broadcast that the operation asks for. */
function isWithin(
  group: Group,
  rowSize: number,
  value: Extract<Value, { kind: 'fused' }>,
  request: MapRequest,
): boolean {
  const { node, shape } = value;
  if (node.group !== group || node.reducedRow !== undefined) return false;
  const size = sizeOf(request.domain);
  if (node.size === size) return true;
  return rowSize > 1 && node.size * rowSize === size && isRowBroadcast(shape, request.domain, rowSize);
}

/** How an operation fits into a loop with rows of a given length, or undefined. */
function fit(host: FuserHost, group: Group, request: MapRequest, rowSize: number): Fit | undefined {
  const size = sizeOf(request.domain);
  const ownRow = size === group.rows * rowSize ? rowSize : size === group.rows ? 1 : 0;
  if (ownRow === 0) return undefined;
  if (request.rowReduction !== undefined && (rowSize !== request.rowReduction || ownRow !== rowSize)) return undefined;
  let rowAxes = group.rowAxes;
  const operands: FusedOperand[] = [];
  const join = (access: RowAccess): boolean => {
    const joined = joinRowAxes(rowAxes, access);
    if (joined) rowAxes = joined.axes;
    return joined !== undefined;
  };
  for (const value of request.operands) {
    if (value.kind === 'literal') operands.push(value);
    else if (value.kind === 'fused' && isWithin(group, rowSize, value, request))
      operands.push({ kind: 'node', node: value.node });
    else {
      if (value.kind === 'fused' ? value.node.group.index >= group.index : host.readyAt(value.view) >= group.index)
        return undefined;
      const view = broadcastView(value.kind === 'fused' ? imagined(value) : value.view, request.domain);
      const rows = rowAccess(view, ownRow);
      if (!rows || !join(rows)) return undefined;
      operands.push({ kind: 'access', view, rows });
    }
  }
  if (request.endReduction !== undefined) {
    if (rowSize !== 1) return undefined;
    const axes = rowAxes ?? squeeze(request.domain);
    let [at, product] = [axes.length, 1];
    while (product < request.endReduction && at > 0) product *= axes[--at] as number;
    if (product !== request.endReduction) return undefined;
    rowAxes = axes;
  }
  return { operands, rowSize, rowAxes };
}

/** The row length of a loop that begins with an operation: that of a short trailing axis, or 1. */
function startingRow(request: MapRequest): number {
  if (request.rowReduction !== undefined) return request.rowReduction;
  if (request.endReduction !== undefined) return 1;
  const axes = squeeze(request.domain);
  let row = 1;
  for (let at = axes.length - 1; at > 0 && row * (axes[at] as number) <= longestShortRow; at--)
    row *= axes[at] as number;
  return row;
}

/** The row lengths to try: the loop's own, and for a plain loop over as many elements as the operation has rows, those rows. */
function rowSizes(group: Group, request: MapRequest): readonly number[] {
  if (group.rowSize > 1 || group.nodes.some(({ reducedRow }) => reducedRow !== undefined)) return [group.rowSize];
  const row = sizeOf(request.domain) / group.rows;
  const isReader = request.operands.some((value) => value.kind === 'fused' && value.node.group === group);
  return isReader && group.rows > 1 && Number.isInteger(row) && row > 1 && row <= longestShortRow ? [row] : [1];
}

/** Loops in which an operation might go, best first: those that compute its operands, then the latest. */
function candidates(host: FuserHost, request: MapRequest): readonly Group[] {
  const homes = request.operands.flatMap((value) => (value.kind === 'fused' ? [value.node.group] : []));
  const latest = homes.toSorted((a, b) => b.index - a.index)[0];
  const others = host.groups.filter((group) => group !== latest).reverse();
  return latest ? [latest, ...others.filter(({ index }) => index > latest.index)] : others;
}

/** Puts an operation into a loop that is there already, where it can go, or into a new one. */
export function place(host: FuserHost, request: MapRequest): FusedNode {
  const add = (group: Group, { operands, rowSize, rowAxes }: Fit): FusedNode => {
    const stored = operands.map((operand, i): FusedOperand => {
      const value = request.operands[i] as Value;
      if (operand.kind !== 'access' || value.kind !== 'fused') return operand;
      return { ...operand, view: broadcastView(host.stored(value.node, value.shape), request.domain) };
    });
    group.rowSize = rowSize;
    group.rowAxes = rowAxes;
    const node: FusedNode = {
      op: request.op,
      attributes: request.attributes,
      operands: stored,
      operandTypes: request.operands.map((value) =>
        value.kind === 'literal' ? value.dtype : value.kind === 'fused' ? value.node.dtype : value.view.dtype,
      ),
      dtype: request.dtype,
      size: request.size,
      group,
      ...(request.endReduction !== undefined && { reducedRow: request.endReduction }),
      store: undefined,
    };
    group.nodes.push(node);
    return node;
  };
  for (const group of candidates(host, request)) {
    if (group.nodes.length * group.rowSize >= largestLoop) continue;
    for (const rowSize of rowSizes(group, request)) {
      const found = fit(host, group, request, rowSize);
      if (found) return add(group, found);
    }
  }
  const row = startingRow(request);
  const group = host.newGroup(sizeOf(request.domain) / row, row);
  const found = fit(host, group, request, row);
  if (found) return add(group, found);
  const flat = host.newGroup(sizeOf(request.domain), 1);
  return add(flat, fit(host, flat, request, 1) as Fit);
}
