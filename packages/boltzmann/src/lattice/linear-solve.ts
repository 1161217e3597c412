/** Solves a small dense system by Gaussian elimination with row pivots, in place; gives undefined when it is singular. */
export function solveLinear(matrix: Float64Array[], right: Float64Array): Float64Array | undefined {
  const n = right.length;
  const at = (row: number, column: number): number => (matrix[row] as Float64Array)[column] as number;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) if (Math.abs(at(row, column)) > Math.abs(at(pivot, column))) pivot = row;
    if (!(Math.abs(at(pivot, column)) > 0)) return undefined;
    [matrix[column], matrix[pivot]] = [matrix[pivot] as Float64Array, matrix[column] as Float64Array];
    [right[column], right[pivot]] = [right[pivot] as number, right[column] as number];
    for (let row = column + 1; row < n; row++) {
      const factor = at(row, column) / at(column, column);
      for (let k = column; k < n; k++) (matrix[row] as Float64Array)[k] = at(row, k) - factor * at(column, k);
      right[row] = (right[row] as number) - factor * (right[column] as number);
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    let rest = right[row] as number;
    for (let k = row + 1; k < n; k++) rest -= at(row, k) * (right[k] as number);
    right[row] = rest / at(row, row);
  }
  return right;
}
