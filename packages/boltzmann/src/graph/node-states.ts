import {
  add,
  cast,
  concat,
  type DType,
  EbmError,
  floor,
  gather,
  isTensor,
  type Key,
  mul,
  ShapeError,
  sub,
  type Tensor,
  tensor,
  transpose,
  uniform,
} from '@ebmkit/tensor';
import { cardinalityOf, type NodeKind } from './node-kind.js';
import type { NodeValues } from './node-values.js';

/** The dtype of states: bool where every node is bool, else int32. */
export function dtypeOf(nodes: readonly NodeKind[]): DType {
  return nodes.every((kind) => kind === 'bool') ? 'bool' : 'int32';
}

/**
 * Throws unless a tensor can hold states of some nodes.
 *
 * @param advice - What to do about states of another width.
 */
export function checkStates(where: string, nodes: readonly NodeKind[], x: unknown, advice: string): void {
  if (!isTensor(x))
    throw new EbmError('argument', `${where}: expected a tensor [n, ${nodes.length}], got ${typeof x}.`);
  const { shape, dtype } = x;
  if (shape.length !== 2 || shape[1] !== nodes.length)
    throw new ShapeError(`${where}: expected [n, ${nodes.length}], got [${shape.join(', ')}]. ${advice}`);
  if (dtype === 'bool' && dtypeOf(nodes) !== 'bool')
    throw new EbmError(
      'dtype',
      `${where}: expected int32 or float32 states, got bool. Spins are −1 and 1: sub(mul(cast(x, 'int32'), 2), 1).`,
    );
}

/** States `[n, nodes]` as values `[nodes, n]`. */
export function toValues(x: Tensor): NodeValues {
  return transpose(cast(x, 'float32'));
}

/** Values `[nodes, n]` as states `[n, nodes]` of some dtype. */
export function toStates(values: NodeValues, dtype: DType): Tensor {
  return cast(transpose(values), dtype);
}

/** Columns of states, in order. */
export function pickColumns(x: Tensor, columns: readonly number[]): Tensor {
  return gather(x, tensor(Int32Array.from(columns)), 1);
}

/** States in the order of nodes from parts side by side, of which column `i` is that of node `order[i]`. */
export function placeColumns(parts: readonly Tensor[], order: readonly number[]): Tensor {
  const columns = new Array<number>(order.length);
  order.forEach((node, at) => {
    columns[node] = at;
  });
  return pickColumns(parts.length === 1 ? (parts[0] as Tensor) : concat(parts, 1), columns);
}

/** Independent states of some nodes, each as likely as any other, int32 or bool `[n, nodes]`. */
export function randomStates(key: Key, nodes: readonly NodeKind[], n: number, dtype: DType): Tensor {
  const row = (value: (kind: NodeKind) => number): Tensor => tensor(Float32Array.from(nodes, value));
  const states = floor(mul(uniform(key, [n, nodes.length]), row(cardinalityOf)));
  const step = row((kind) => (kind === 'spin' ? 2 : 1));
  return cast(sub(add(mul(states, step), 1), step), dtype);
}
