import type { DType, TensorData } from './dtype.js';
import { isKey, type Key } from './key.js';
import { read, tensor } from './ops/creation.js';
import type { Shape } from './shape.js';
import { isTensor, type Tensor } from './tensor.js';
import { mapLeaves, tensorsOf } from './tree.js';

/** The numbers of a tensor on the host: what may be kept, saved, or sent to a worker, and is never freed. */
export interface PlainTensor {
  /** Element type. */
  readonly dtype: DType;
  /** Axis lengths. */
  readonly shape: Shape;
  /** The values in row-major order. */
  readonly data: TensorData;
}

/** A tree with every tensor replaced by its numbers. */
export type Plain<T> = T extends Tensor
  ? PlainTensor
  : T extends Key | number | boolean | string | null | undefined
    ? T
    : { readonly [K in keyof T]: Plain<T[K]> };

/** A tree with tensors in place of their numbers: the inverse of `Plain`. */
export type Uploaded<T> = T extends PlainTensor
  ? Tensor
  : T extends Key | number | boolean | string | null | undefined
    ? T
    : { readonly [K in keyof T]: Uploaded<T[K]> };

/** Whether a value is the plain form of a tensor. */
export function isPlainTensor(value: unknown): value is PlainTensor {
  if (typeof value !== 'object' || value === null || isTensor(value)) return false;
  const { dtype, shape, data } = value as Partial<PlainTensor>;
  return typeof dtype === 'string' && Array.isArray(shape) && ArrayBuffer.isView(data);
}

/**
 * Reads every tensor of a tree.
 *
 * @param tree - Any tree.
 * @returns The same structure with numbers in place of tensors. The tensors stay alive.
 */
export async function toPlain<T>(tree: T): Promise<Plain<T>> {
  const arrays = await Promise.all(tensorsOf(tree).map(read));
  let next = 0;
  return mapLeaves(tree, (leaf) =>
    isTensor(leaf) ? { dtype: leaf.dtype, shape: leaf.shape, data: arrays[next++] } : leaf,
  ) as Plain<T>;
}

/**
 * Makes tensors on the active backend from plain numbers: the inverse of `toPlain`.
 *
 * @param plain - From `toPlain`.
 * @returns A tree of new tensors, which the caller owns.
 *
 * @example
 * ```ts
 * const params = fromPlain(result.params);
 * ```
 */
export function fromPlain<T>(plain: T): Uploaded<T> {
  const visit = (node: unknown): unknown => {
    if (isPlainTensor(node)) return tensor(node.data, node.shape, node.dtype);
    if (typeof node !== 'object' || node === null || isKey(node)) return node;
    if (Array.isArray(node)) return node.map(visit);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  return visit(plain) as Uploaded<T>;
}
