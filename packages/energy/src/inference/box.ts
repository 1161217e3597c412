import {
  any,
  broadcastTo,
  clip,
  EbmError,
  free,
  full,
  greater,
  isTensor,
  read,
  type Tensor,
  type TensorLike,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';
import { scopedTree } from '../scoped-tree.js';
import { pack } from './packed.js';

/**
 * Ends of an interval for every coordinate of a position: one number for all, a tensor that broadcasts to `[n, ...event]`, or for a tree
 * one of these in place of each of its tensors.
 */
export type Limits<X extends Tree> = Tree extends X
  ? unknown
  : number | (X extends Tensor ? Tensor : { readonly [K in keyof X]: X[K] extends Tree ? Limits<X[K]> : never });

/** The box in which a position must stay. Both ends belong to it. */
export interface Box<X extends Tree> {
  /** The lower ends; −Infinity, which is no limit, unless given. */
  readonly lower?: Limits<X>;
  /** The upper ends; Infinity, which is no limit, unless given. */
  readonly upper?: Limits<X>;
}

/** The ends of a box beside the matrix `[n, size]` of a packed position. */
export interface PackedBox {
  /** The lower ends, a number or `[n, size]`. */
  readonly lower: TensorLike;
  /** The upper ends, a number or `[n, size]`. */
  readonly upper: TensorLike;
}

function packedLimits(where: string, limits: unknown, position: Tree): TensorLike {
  if (typeof limits === 'number') return limits;
  const filled = (node: unknown, at: unknown): Tensor[] => {
    if (isTensor(at)) {
      if (isTensor(node)) return [broadcastTo(node, at.shape)];
      if (typeof node === 'number') return [full(at.shape, node)];
    } else if (typeof node === 'number') return tensorsOf(at).map(({ shape }) => full(shape, node));
    else if (typeof node === 'object' && node !== null && typeof at === 'object' && at !== null)
      return Object.entries(at).flatMap(([name, child]) => filled((node as Record<string, unknown>)[name], child));
    throw new EbmError(
      'argument',
      `${where}: expected a number or a tensor for every tensor of the position. Use -Infinity or Infinity where there is no limit.`,
    );
  };
  return pack(filled(limits, position));
}

/** The box beside a packed position; undefined when there is none. */
export function packBox<X extends Tree>(where: string, { lower, upper }: Box<X>, position: X): PackedBox | undefined {
  if (lower === undefined && upper === undefined) return undefined;
  return {
    lower: packedLimits(`${where}: lower`, lower ?? Number.NEGATIVE_INFINITY, position),
    upper: packedLimits(`${where}: upper`, upper ?? Number.POSITIVE_INFINITY, position),
  };
}

/** The nearest point of the box. */
export function intoBox(box: PackedBox | undefined, x: Tensor): Tensor {
  return box ? clip(x, box.lower, box.upper) : x;
}

/** Throws when a lower end lies above its upper end. */
export async function checkBox<X extends Tree>(where: string, box: Box<X>, position: X): Promise<void> {
  const isEmpty = scopedTree(() => {
    const packed = packBox(where, box, position);
    if (!packed) return undefined;
    const { lower, upper } = packed;
    return isTensor(lower) || isTensor(upper) ? any(greater(lower, upper)) : lower > upper;
  });
  if (isEmpty === undefined) return;
  const found = isTensor(isEmpty) ? (await read(isEmpty))[0] === 1 : isEmpty;
  free(isEmpty);
  if (found)
    throw new EbmError(
      'argument',
      `${where}: expected lower to be at most upper everywhere, got an empty box. Exchange them.`,
    );
}
