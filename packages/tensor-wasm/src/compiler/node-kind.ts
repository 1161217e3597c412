import { type GraphNode, isVariable, sizeOf, type TensorType } from '@ebmkit/tensor';

/**
 * How the compiler treats an operation.
 *
 * - `key`: derives a key. - `map`: element by element; fuses. - `constant`: one number everywhere. - `outerProduct`: a
 * matrix product that sums over a single index, which is a product element by element; fuses. - `reshape`, `broadcast`:
 * the same numbers under another shape; free within a fused loop. - `view`: a strided look at a buffer; free where the buffer is there.
 * - `rowReduction`: over a few trailing elements, kept in registers; fuses on both sides. - `endReduction`: over trailing axes;
 * ends a fused loop. - `reduction`: over other axes; a kernel of its own. - `kernel`: a kernel of its own.
 */
export type NodeKind =
  | 'key'
  | 'map'
  | 'constant'
  | 'outerProduct'
  | 'reshape'
  | 'broadcast'
  | 'view'
  | 'rowReduction'
  | 'endReduction'
  | 'reduction'
  | 'kernel';

/** Rows of at most this many elements are kept in registers, one vector per element, four rows at a time. */
export const longestShortRow = 8;

const fixed: Readonly<Record<string, NodeKind>> = {
  split: 'key',
  fold: 'key',
  full: 'constant',
  reshape: 'reshape',
  stopGradient: 'reshape',
  broadcastTo: 'broadcast',
  transpose: 'view',
  slice: 'view',
  reverse: 'view',
};

const reductions: ReadonlySet<string> = new Set(['sum', 'max', 'min']);

/** The number of trailing elements that a reduction combines, or undefined when its axes are not the last ones. */
export function reducedRow(shape: readonly number[], axes: readonly number[]): number | undefined {
  const long = shape.flatMap((length, axis) => (length === 1 ? [] : [axis]));
  const reduced = long.filter((axis) => axes.includes(axis));
  const tail = long.slice(long.length - reduced.length);
  return tail.every((axis, i) => axis === reduced[i])
    ? sizeOf(reduced.map((axis) => shape[axis] as number))
    : undefined;
}

function isOuterProduct({ inputs, attributes, output }: GraphNode): boolean {
  const [a, b] = inputs as readonly TensorType[];
  if (a?.dtype !== 'float32' || b?.dtype !== 'float32' || output.shape.length < 2) return false;
  return a.shape.at(attributes['transposeA'] ? -2 : -1) === 1;
}

/** The kind of a node; `isMap` tells which primitives are done element by element. */
export function kindOf(node: GraphNode, isMap: (primitive: string) => boolean): NodeKind {
  const { name } = node.primitive;
  const known = fixed[name];
  if (known) return known;
  if (isMap(name)) return 'map';
  if (name === 'matMul' && isOuterProduct(node)) return 'outerProduct';
  if (!reductions.has(name)) return 'kernel';
  const [x] = node.inputs;
  const shape = x && isVariable(x) ? x.shape : [];
  const row = reducedRow(shape, node.attributes['axes'] as readonly number[]);
  if (row === undefined) return 'reduction';
  const rows = sizeOf(shape) / row;
  return row > 1 && row <= longestShortRow && rows > 1 ? 'rowReduction' : 'endReduction';
}
