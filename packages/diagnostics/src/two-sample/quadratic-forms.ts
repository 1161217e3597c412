/** Sums over all pairs of points, for several columns of weights at once. */
export interface QuadraticForms {
  /** $`\sum_{i < j} k_{ij} w_i w_j`$ for each column. */
  readonly forms: Float64Array;
  /** $`\sum_{j \ne i} k_{ij}`$ for each point. */
  readonly degrees: Float64Array;
}

/**
 * Sums a symmetric function over all pairs of points, weighted by each of several columns, without storing the matrix.
 *
 * Every pair is evaluated once and serves all columns. Cost: order `n^2 (1 + columns)`; memory: order `n`.
 *
 * @param count - number of points
 * @param pair - the symmetric function of two indices
 * @param weights - the weights, row-major `[count, columns]`
 * @returns the forms and the degrees
 */
export function quadraticForms(
  count: number,
  pair: (i: number, j: number) => number,
  weights: Float64Array,
): QuadraticForms {
  const columns = weights.length / count;
  const forms = new Float64Array(columns);
  const degrees = new Float64Array(count);
  const row = new Float64Array(columns);
  for (let i = 0; i < count; i++) {
    row.fill(0);
    let degree = 0;
    for (let j = 0; j < i; j++) {
      const value = pair(i, j);
      degree += value;
      degrees[j] = (degrees[j] as number) + value;
      accumulate(row, weights, j * columns, value);
    }
    degrees[i] = (degrees[i] as number) + degree;
    for (let b = 0; b < columns; b++) {
      forms[b] = (forms[b] as number) + (weights[i * columns + b] as number) * (row[b] as number);
    }
  }
  return { forms, degrees };
}

function accumulate(row: Float64Array, weights: Float64Array, from: number, value: number): void {
  for (let b = 0; b < row.length; b++) row[b] = (row[b] as number) + value * (weights[from + b] as number);
}
