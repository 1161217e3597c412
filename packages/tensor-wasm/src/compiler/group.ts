import type { Attributes, DType } from '@ebmkit/tensor';
import { type BufferId, isContiguous, isUniform, sameNumbers, squeeze, type View } from './view.js';

/** An operand of an operation within a fused loop. */
export type FusedOperand =
  | { readonly kind: 'literal'; readonly value: number; readonly dtype: DType }
  | { readonly kind: 'node'; readonly node: FusedNode }
  | { readonly kind: 'access'; readonly view: View; readonly rows: RowAccess };

/** An operation within a fused loop. */
export interface FusedNode {
  /** The primitive, or `copy`. */
  readonly op: string;
  /** Its constants. */
  readonly attributes: Attributes;
  /** What it is applied to. */
  readonly operands: readonly FusedOperand[];
  /** Element type of the result. */
  readonly dtype: DType;
  /** Element type of each operand. */
  readonly operandTypes: readonly DType[];
  /** Elements of the result. */
  readonly size: number;
  /** The loop that it belongs to. */
  readonly group: Group;
  /** For a reduction at the end of a loop, the number of trailing elements that it combines. */
  readonly reducedRow?: number;
  /** Where the result is written to, if anything outside of the loop needs it. */
  store: BufferId | undefined;
}

/** A fused loop: over `rows` rows of `rowSize` elements. Row size 1 is a plain loop; longer rows are short and kept in registers. */
export interface Group {
  /** Its place among the steps of the program. */
  readonly index: number;
  /** How many rows. */
  readonly rows: number;
  /** Elements of a row. */
  rowSize: number;
  /** The axes of the rows, longest form; undefined as long as one flat axis serves. */
  rowAxes: readonly number[] | undefined;
  /** The operations, in order. */
  readonly nodes: FusedNode[];
}

/** How a view moves from row to row: by one step throughout, or axis by axis. */
export interface RowAccess {
  /** Elements from one row to the next, when that is the same everywhere. */
  readonly step: number | undefined;
  /** Axis lengths of the rows. */
  readonly shape: readonly number[];
  /** Elements between neighbours on each of them. */
  readonly strides: readonly number[];
  /** Where each element of a row is, counted from its first place. */
  readonly inner: readonly number[];
}

/** The step of axes that one step serves, or undefined. */
function linearStep(shape: readonly number[], strides: readonly number[]): number | undefined {
  if (shape.length === 0) return 0;
  for (let axis = 0; axis + 1 < shape.length; axis++)
    if (strides[axis] !== (strides[axis + 1] as number) * (shape[axis + 1] as number)) return undefined;
  return strides.at(-1);
}

function offsetsOf(shape: readonly number[], strides: readonly number[]): number[] {
  let offsets = [0];
  shape.forEach((length, axis) => {
    const step = strides[axis] as number;
    offsets = offsets.flatMap((offset) => Array.from({ length }, (_, i) => offset + i * step));
  });
  return offsets;
}

/** Splits a view into rows of `rowSize` trailing elements; undefined where no axes have that many. */
export function rowAccess(view: View, rowSize: number): RowAccess | undefined {
  const size = view.shape.reduce((product, length) => product * length, 1);
  if (isUniform(view)) return { step: 0, shape: [], strides: [], inner: new Array<number>(rowSize).fill(0) };
  if (isContiguous(view))
    return {
      step: rowSize,
      shape: [size / rowSize],
      strides: [rowSize],
      inner: Array.from({ length: rowSize }, (_, i) => i),
    };
  const shape = squeeze(view.shape);
  const strides = view.strides.filter((_, axis) => view.shape[axis] !== 1);
  let at = shape.length;
  let product = 1;
  while (product < rowSize && at > 0) product *= shape[--at] as number;
  if (product !== rowSize) return undefined;
  const [rows, steps] = [shape.slice(0, at), strides.slice(0, at)];
  return {
    step: linearStep(rows, steps),
    shape: rows,
    strides: steps,
    inner: offsetsOf(shape.slice(at), strides.slice(at)),
  };
}

/** The row axes that a loop must have to serve an access beside the ones it has; undefined where both cannot be. */
export function joinRowAxes(
  have: readonly number[] | undefined,
  { step, shape }: RowAccess,
): { readonly axes: readonly number[] | undefined } | undefined {
  if (step !== undefined) return { axes: have };
  if (have === undefined) return { axes: shape };
  return sameNumbers(have, shape) ? { axes: have } : undefined;
}

/** Whether a value of as many numbers as `whole` has rows broadcasts, under `shape`, along those rows. */
export function isRowBroadcast(shape: readonly number[], whole: readonly number[], rowSize: number): boolean {
  const padded = [...whole.slice(shape.length).map(() => 1), ...shape];
  let at = whole.length;
  let product = 1;
  while (product < rowSize && at > 0) product *= whole[--at] as number;
  return product === rowSize && sameNumbers(padded.slice(0, at), whole.slice(0, at));
}
