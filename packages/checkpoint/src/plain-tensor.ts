import {
  type DType,
  isKey,
  isTensor,
  type Key,
  mapLeaves,
  read,
  type Tensor,
  type TensorData,
  tensor,
  tensorsOf,
} from '@ebmkit/tensor';

/** The numbers of a tensor as plain data, on no backend: post it, save it, keep it; nothing to free. */
export interface PlainTensor {
  /** Element type. */
  readonly dtype: DType;
  /** Axis lengths, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** The numbers in row-major order: floats, `Int32Array`, or `Uint8Array` of 0 and 1 for bool. */
  readonly data: TensorData;
}

/** A tree with plain data in place of its tensors. */
export type Plain<T> = unknown extends T
  ? unknown
  : T extends Tensor
    ? PlainTensor
    : T extends Key | number | boolean | string | null | undefined
      ? T
      : { readonly [K in keyof T]: Plain<T[K]> };

/** A tree with tensors in place of its plain data. */
export type Uploaded<T> = unknown extends T
  ? unknown
  : T extends PlainTensor
    ? Tensor
    : T extends Key | number | boolean | string | null | undefined
      ? T
      : { readonly [K in keyof T]: Uploaded<T[K]> };

/** Whether a value is the plain data of a tensor. */
export function isPlainTensor(value: unknown): value is PlainTensor {
  if (typeof value !== 'object' || value === null) return false;
  const { dtype, shape, data } = value as Partial<PlainTensor>;
  return typeof dtype === 'string' && Array.isArray(shape) && ArrayBuffer.isView(data);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || isKey(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Reads every tensor of a tree.
 *
 * @param tree - Tensors, keys and constants; plain tensors stay as they are.
 * @returns The same tree with plain data in place of the tensors.
 *
 * @example
 * ```ts
 * const plain = await readTree({ weights: tensor([[1, 2]]), step: 3 });
 * plain.weights.data; // Float32Array [1, 2]
 * ```
 */
export async function readTree<T>(tree: T): Promise<Plain<T>> {
  const tensors = tensorsOf(tree);
  const numbers = await Promise.all(tensors.map((x) => read(x)));
  const at = new Map(tensors.map((x, i) => [x, numbers[i] as TensorData]));
  return mapLeaves(tree, (leaf) =>
    isTensor(leaf) ? { dtype: leaf.dtype, shape: [...leaf.shape], data: at.get(leaf) as TensorData } : leaf,
  ) as Plain<T>;
}

/**
 * Makes tensors of the plain data in a tree, on the active backend. The caller owns them: `free` the tree when it is done with.
 *
 * @param plain - From `readTree`, `decodeTree` or `loadCheckpoint`.
 * @returns The same tree with tensors in place of the plain data.
 */
export function uploadTree<T>(plain: T): Uploaded<T> {
  const visit = (node: unknown): unknown => {
    if (isPlainTensor(node)) return tensor(node.data, node.shape, node.dtype);
    if (Array.isArray(node)) return node.map(visit);
    if (!isPlainObject(node)) return node;
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  return visit(plain) as Uploaded<T>;
}
