import type { DType } from '@ebmkit/tensor';
import { sizeOf } from '@ebmkit/tensor';
import { type FusedNode, type FusedOperand, type Group, rowAccess } from '../compiler/group.js';
import { type BufferId, isContiguous, isUniform, stridesOf } from '../compiler/view.js';
import { elementBytes } from '../element-bytes.js';

/** A stream of numbers that a loop reads, writes or counts: where its elements are for every row and every element of a row. */
export interface Slot {
  /** Which buffer; −1 for the running number of an element. */
  readonly buffer: BufferId;
  /** Element type. */
  readonly dtype: DType;
  /** Where the first element is, in elements. */
  readonly offset: number;
  /** Elements between neighbours along each axis of the rows. */
  readonly strides: readonly number[];
  /** Where each element of a row is, in elements; one entry for what a row has once. */
  readonly inner: readonly number[];
}

/** Bytes of one element; the running number of an element counts as one. */
export function bytesOf({ dtype, buffer }: Slot): number {
  return buffer < 0 ? 1 : elementBytes(dtype);
}

/** The rows of a loop and everything that moves along them. */
export interface LoopLayout {
  /** Elements of a row; 1 for a plain loop. */
  readonly rowSize: number;
  /** Axis lengths, outermost first; the last one is done four at a time. */
  readonly axes: readonly number[];
  /** The slot of each operand that is read from memory. */
  readonly read: ReadonlyMap<FusedOperand, Slot>;
  /** The slot of each operation whose result is written. */
  readonly written: ReadonlyMap<FusedNode, Slot>;
  /** The slot that counts elements, of each `iota`. */
  readonly counted: ReadonlyMap<FusedNode, Slot>;
  /** The axis at which the accumulation of each final reduction begins. */
  readonly boundary: ReadonlyMap<FusedNode, number>;
}

/** Whether rows may as well be walked element by element: everything is as long as the whole and lies in order. */
function isFlat(group: Group): boolean {
  return group.nodes.every(
    ({ size, operands }) =>
      size === group.rows * group.rowSize &&
      operands.every((operand) => operand.kind !== 'access' || isContiguous(operand.view) || isUniform(operand.view)),
  );
}

function boundaryOf(axes: readonly number[], row: number): number {
  let at = axes.length;
  let product = 1;
  while (product < row) product *= axes[--at] as number;
  return at;
}

interface Strided {
  readonly slot: Slot;
}

/** Merges neighbouring axes along which every slot moves by one step. Where a reduction begins, its result stops moving. */
function collapse(axes: readonly number[], slots: readonly Strided[]) {
  const groups: number[][] = [];
  axes.forEach((_, axis) => {
    const last = groups.at(-1);
    const isMerged =
      last !== undefined &&
      slots.every(({ slot: { strides } }) => strides[axis - 1] === (strides[axis] as number) * (axes[axis] as number));
    if (isMerged) last.push(axis);
    else groups.push([axis]);
  });
  return {
    axes: groups.map((merged) => sizeOf(merged.map((axis) => axes[axis] as number))),
    slot: (slot: Slot): Slot => ({
      ...slot,
      strides: groups.map((merged) => slot.strides[merged.at(-1) as number] as number),
    }),
    axisOf: (axis: number) => groups.findIndex((merged) => merged[0] === axis),
  };
}

/** Lays out a group: its axes as few as they can be, and the slots of what it reads and writes. */
export function layOut(group: Group): LoopLayout {
  const flat = group.rowSize > 1 && isFlat(group);
  const rowSize = flat ? 1 : group.rowSize;
  const rows = flat ? group.rows * group.rowSize : group.rows;
  const axes = (flat ? undefined : group.rowAxes) ?? [rows];
  const linear = (step: number): number[] => stridesOf(axes).map((n) => n * step);
  const columns = Array.from({ length: rowSize }, (_, i) => i);
  const isWhole = (size: number): boolean => rowSize > 1 && size === rows * rowSize;

  const read = new Map<FusedOperand, Slot>();
  const written = new Map<FusedNode, Slot>();
  const counted = new Map<FusedNode, Slot>();
  const start = new Map<FusedNode, number>();
  for (const node of group.nodes) {
    for (const operand of node.operands) {
      if (operand.kind !== 'access') continue;
      const { view } = operand;
      const access = flat ? rowAccess(view, 1) : operand.rows;
      if (!access) continue;
      const { step, strides, inner } = access;
      const own = step === undefined ? strides : linear(step);
      read.set(operand, { buffer: view.buffer, dtype: view.dtype, offset: view.offset, strides: own, inner });
    }
    const place = { offset: 0, dtype: node.dtype };
    const spread = isWhole(node.size)
      ? { strides: linear(rowSize), inner: columns }
      : { strides: linear(1), inner: [0] };
    if (node.op === 'iota') counted.set(node, { ...place, ...spread, buffer: -1 });
    if (node.store === undefined) continue;
    if (node.reducedRow === undefined) written.set(node, { ...place, ...spread, buffer: node.store });
    else {
      const at = boundaryOf(axes, node.reducedRow);
      start.set(node, at);
      const strides = [...stridesOf(axes.slice(0, at)), ...axes.slice(at).map(() => 0)];
      written.set(node, { ...place, strides, inner: [0], buffer: node.store });
    }
  }
  const all = [...read.values(), ...written.values(), ...counted.values()].map((slot) => ({ slot }));
  const merged = collapse(axes, all);
  const shared = new Map<string, Slot>();
  const intern = (slot: Slot): Slot => {
    const print = JSON.stringify(slot);
    const known = shared.get(print) ?? slot;
    shared.set(print, known);
    return known;
  };
  const moved = <K>(slots: ReadonlyMap<K, Slot>): Map<K, Slot> =>
    new Map([...slots].map(([owner, slot]) => [owner, intern(merged.slot(slot))]));
  return {
    rowSize,
    axes: merged.axes,
    read: moved(read),
    written: moved(written),
    counted: moved(counted),
    boundary: new Map(
      [...start].map(([node, at]) => [node, at === axes.length ? merged.axes.length : merged.axisOf(at)]),
    ),
  };
}
