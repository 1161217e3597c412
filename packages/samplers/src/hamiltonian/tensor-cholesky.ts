import { add, concat, div, mul, pad, reshape, slice, sqrt, sub, sum, type Tensor } from '@ebmkit/tensor';

/*
 * Lower factors L of a batch of symmetric positive definite matrices, L Lᵀ = A, kept as their columns: column j is
 * [batch, size - j], from the diagonal down. Each takes a handful of ops, so a factorisation is O(size) ops, all differentiable.
 */

/** The diagonal entry of a column, `[batch, 1]`. */
export function pivotOf(column: Tensor): Tensor {
  return slice(column, [0, 0], [column.shape[0] as number, 1]);
}

/** A column of vectors `[batch, size]` without its first entry. */
const below = (column: Tensor): Tensor => slice(column, [0, 1]);

/**
 * Factorises a batch of matrices, taking one column off the rest at a time.
 *
 * @param a - `[batch, size, size]`; only the lower triangle counts.
 * @returns The columns; NaN where a matrix is not positive definite.
 */
export function choleskyColumns(a: Tensor): Tensor[] {
  const [batch, size] = a.shape as readonly [number, number, number];
  const columns: Tensor[] = [];
  let rest = a;
  for (let left = size; left > 0; left--) {
    const first = reshape(slice(rest, [0, 0, 0], [batch, left, 1]), [batch, left]);
    const column = div(first, sqrt(pivotOf(first)));
    columns.push(column);
    if (left === 1) break;
    const tail = below(column);
    const outer = mul(reshape(tail, [batch, left - 1, 1]), reshape(tail, [batch, 1, left - 1]));
    rest = sub(slice(rest, [0, 1, 1]), outer);
  }
  return columns;
}

/** The products $`L z`$, `[batch, size]`. */
export function lowerTimes(columns: readonly Tensor[], z: Tensor): Tensor {
  const batch = z.shape[0] as number;
  return columns
    .map((column, j) => pad(mul(column, slice(z, [0, j], [batch, 1])), [0, j], [0, 0]))
    .reduce((a, b) => add(a, b));
}

/** The solutions of $`L y = b`$, `[batch, size]`, from the top down. */
export function solveLower(columns: readonly Tensor[], b: Tensor): Tensor {
  let rest = b;
  const solved = columns.map((column, j) => {
    const y = div(pivotOf(rest), pivotOf(column));
    if (j < columns.length - 1) rest = sub(below(rest), mul(below(column), y));
    return y;
  });
  return concat(solved, 1);
}

/** The solutions of $`L^\top x = y`$, `[batch, size]`, from the bottom up. */
export function solveUpper(columns: readonly Tensor[], y: Tensor): Tensor {
  const batch = y.shape[0] as number;
  let solved: Tensor | undefined;
  for (const [j, column] of [...columns.entries()].reverse()) {
    const own = slice(y, [0, j], [batch, 1]);
    const known = solved ? reshape(sum(mul(below(column), solved), 1), [batch, 1]) : 0;
    const x = div(sub(own, known), pivotOf(column));
    solved = solved ? concat([x, solved], 1) : x;
  }
  return solved as Tensor;
}
