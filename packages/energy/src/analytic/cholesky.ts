import { EbmError } from '@ebmkit/tensor';

/** A square matrix, row by row. */
export type Matrix = Float64Array;

/** The lower factor $`L`$ with $`L L^T = A`$; throws where `a` is not symmetric and positive definite. */
export function cholesky(where: string, a: Matrix, size: number): Matrix {
  const lower = new Float64Array(size * size);
  const at = (i: number, j: number): number => lower[i * size + j] as number;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const above = a[j * size + i] as number;
      let rest = a[i * size + j] as number;
      const isSymmetric = Math.abs(rest - above) <= 1e-9 * Math.max(Math.abs(rest), Math.abs(above));
      for (let k = 0; k < j; k++) rest -= at(i, k) * at(j, k);
      const isPositive = i !== j || rest > 0;
      if (!isSymmetric || !isPositive)
        throw new EbmError(
          'argument',
          `${where}: the covariance must be symmetric and positive definite, got one that is not ${isSymmetric ? 'positive definite' : 'symmetric'} at row ${i}, column ${j}. Average it with its transpose, or add to its diagonal.`,
        );
      lower[i * size + j] = i === j ? Math.sqrt(rest) : rest / at(j, j);
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
