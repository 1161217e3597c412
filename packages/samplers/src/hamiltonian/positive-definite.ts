import { EbmError } from '@ebmkit/tensor';

/** A square matrix of plain numbers, row by row. */
export type Matrix = Float64Array;

/** The rows of a square matrix as one array; throws unless there are as many numbers in each row as rows. */
export function squareMatrix(where: string, name: string, rows: readonly ArrayLike<number>[]): Matrix {
  const size = rows.length;
  if (size === 0 || rows.some((row) => row.length !== size))
    throw new EbmError(
      'argument',
      `${where}: expected ${name} as the rows of a square matrix, got ${size} rows of ${rows.map((row) => row.length).join(', ')} numbers. Give one row for each number of the flattened event.`,
    );
  return Float64Array.from(rows.flatMap((row) => Array.from(row)));
}

/** The lower factor $`L`$ with $`L L^\top = A`$; throws where `a` is not symmetric and positive definite. */
export function choleskyOf(where: string, name: string, a: Matrix, size: number): Matrix {
  const lower = new Float64Array(size * size);
  const refuse = (what: string, i: number, j: number): never => {
    throw new EbmError(
      'argument',
      `${where}: ${name} must be symmetric and positive definite, got one that is not ${what} at row ${i}, column ${j}. Average it with its transpose, or add to its diagonal.`,
    );
  };
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const [below, above] = [a[i * size + j] as number, a[j * size + i] as number];
      if (!(Math.abs(below - above) <= 1e-6 * Math.max(Math.abs(below), Math.abs(above)))) refuse('symmetric', i, j);
      let rest = (below + above) / 2;
      for (let k = 0; k < j; k++) rest -= (lower[i * size + k] as number) * (lower[j * size + k] as number);
      if (i === j && !(rest > 0 && rest < Number.POSITIVE_INFINITY)) refuse('positive definite', i, j);
      lower[i * size + j] = i === j ? Math.sqrt(rest) : rest / (lower[j * size + j] as number);
    }
  }
  return lower;
}

/** The inverse of a lower triangular matrix. */
export function invertLower(lower: Matrix, size: number): Matrix {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    for (let i = column; i < size; i++) {
      let rest = i === column ? 1 : 0;
      for (let k = column; k < i; k++) rest -= (lower[i * size + k] as number) * (inverse[k * size + column] as number);
      inverse[i * size + column] = rest / (lower[i * size + i] as number);
    }
  }
  return inverse;
}

/** The transpose of a square matrix. */
export function transposed(a: Matrix, size: number): Matrix {
  return Float64Array.from(a, (_, i) => a[(i % size) * size + Math.floor(i / size)] as number);
}
