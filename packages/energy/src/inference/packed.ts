import {
  concat,
  EbmError,
  mapTree,
  reshape,
  ShapeError,
  sizeOf,
  slice,
  type Tensor,
  type Tree,
  tensorsOf,
} from '@ebmkit/tensor';

/** The rows of a position: the first axis that all its tensors share. Throws unless they are float32 `[n, ...event]`. */
export function checkedRows(where: string, position: Tree): number {
  const tensors = tensorsOf(position);
  const rows = tensors[0]?.shape[0];
  if (rows === undefined || tensors.some(({ shape }) => shape[0] !== rows))
    throw new ShapeError(
      `${where}: expected tensors [n, ...event] that share their first axis, got ${tensors.map(({ shape }) => `[${shape.join(', ')}]`).join(', ') || 'none'}. Put the batch on the first axis.`,
    );
  const wrong = tensors.find(({ dtype }) => dtype !== 'float32');
  if (wrong)
    throw new EbmError(
      'dtype',
      `${where}: expected float32 tensors, got ${wrong.dtype}. Cast them with cast(x, "float32").`,
    );
  return rows;
}

/** A tree of tensors `[n, ...event]` as one matrix `[n, size]`, row by row. */
export function pack(tree: Tree): Tensor {
  const tensors = tensorsOf(tree);
  const flat = tensors.map((x) => reshape(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))]));
  return flat.length === 1 ? (flat[0] as Tensor) : concat(flat, 1);
}

/** A matrix `[n, size]` in the structure of a tree: the inverse of `pack`. */
export function unpackLike<X extends Tree>(like: X, flat: Tensor): X {
  const rows = flat.shape[0] as number;
  let begin = 0;
  return mapTree((x) => {
    const size = sizeOf(x.shape.slice(1));
    const part = size === flat.shape[1] ? flat : slice(flat, [0, begin], [rows, size]);
    begin += size;
    return reshape(part, [rows, ...x.shape.slice(1)]);
  }, like);
}
