import { concat, mapTree, reshape, sizeOf, slice, type Tensor, type Tree, tensorsOf } from '@ebmkit/tensor';

/** The size of the flattened event of a tree of tensors `[chains, ...event]`: that of all its tensors together. */
export function eventSizeOf(tree: Tree): number {
  return tensorsOf(tree).reduce((total, { shape }) => total + sizeOf(shape.slice(1)), 0);
}

/** A tree of tensors `[chains, ...event]` as the rows of one matrix `[chains, size]`, in the order of `tensorsOf`. */
export function flattenEvents(tree: Tree): Tensor {
  const rows = tensorsOf(tree).map((x) => reshape(x, [x.shape[0] as number, sizeOf(x.shape.slice(1))]));
  return rows.length === 1 ? (rows[0] as Tensor) : concat(rows, 1);
}

/** The rows of a matrix `[chains, size]` put back into the structure of a tree: undoes `flattenEvents`. */
export function unflattenEvents<X extends Tree>(rows: Tensor, like: X): X {
  const whole = tensorsOf(like).length === 1;
  let begin = 0;
  return mapTree((x) => {
    const size = sizeOf(x.shape.slice(1));
    const part = whole ? rows : slice(rows, [0, begin], [rows.shape[0] as number, size]);
    begin += size;
    return reshape(part, x.shape);
  }, like);
}
