import type { ContinuousEnergy, Exact } from '../energy.js';

/** An energy over real states given by a formula, of which the gradient and the shape of a state are known. */
export type AnalyticEnergy = ContinuousEnergy &
  Required<Pick<ContinuousEnergy, 'gradient'>> &
  Pick<Exact, 'eventShape'>;

/** An energy over real states of which everything is known. */
export type ExactEnergy = AnalyticEnergy & Exact;

/** The covariance matrix of independent coordinates, row by row. */
export function diagonalMatrix(variances: ArrayLike<number>): Float64Array {
  const size = variances.length;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) matrix[i * size + i] = variances[i] as number;
  return matrix;
}
