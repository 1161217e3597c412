import { checkCount } from '../numerics/check-count.js';

/** The state of {@link RunningMoments} as plain data, for `structuredClone`, a message to a worker, or IndexedDB. */
export interface SavedMoments {
  /** Number of vectors added. */
  readonly count: number;
  /** Mean of each component. */
  readonly means: Float64Array;
  /** Sum of squared deviations from the mean, of each component. */
  readonly squares: Float64Array;
}

/** Mean and variance of each component of a stream of vectors, in constant memory. */
export interface RunningMoments {
  /** Adds one vector of `size` numbers. */
  readonly add: (values: ArrayLike<number>) => void;
  /** Adds all vectors that other moments of the same size have seen, such as those of a worker. */
  readonly merge: (other: SavedMoments) => void;
  /** Number of vectors added. */
  readonly count: () => number;
  /** Mean of each component, in its unit; NaN before the first vector. */
  readonly mean: () => Float64Array;
  /** Sample variance of each component with divisor `count - 1`, in its squared unit; NaN before the second vector. */
  readonly variance: () => Float64Array;
  /** A copy of the state. */
  readonly save: () => SavedMoments;
}

/** Options of {@link runningMoments}. */
export interface RunningMomentsOptions {
  /** Number of components of each vector. */
  readonly size: number;
  /** Moments to continue from; none by default. */
  readonly saved?: SavedMoments;
}

/**
 * Adds one vector to a mean and a sum of squared deviations that have seen `count - 1` vectors (Welford's update).
 *
 * @param means - the means, changed in place from `offset` on
 * @param squares - the sums of squared deviations, changed in place from `offset` on
 * @param offset - where the vector's first component stands
 * @param values - the vector
 * @param count - number of vectors with this one
 */
export function welford(
  means: Float64Array,
  squares: Float64Array,
  offset: number,
  values: ArrayLike<number>,
  count: number,
): void {
  const share = 1 / count;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const mean = means[offset + i] as number;
    const deviation = value - mean;
    const moved = mean + deviation * share;
    means[offset + i] = moved;
    squares[offset + i] = (squares[offset + i] as number) + deviation * (value - moved);
  }
}

/**
 * Mean and variance of a stream of vectors without keeping them.
 *
 * Welford's update $`\bar x_n = \bar x_{n-1} + (x_n - \bar x_{n-1}) / n`$,
 * $`S_n = S_{n-1} + (x_n - \bar x_{n-1})(x_n - \bar x_n)`$ does not cancel for a large mean. Two streams merge as
 * $`S = S_a + S_b + (\bar x_b - \bar x_a)^2 n_a n_b / (n_a + n_b)`$. Exact up to rounding. Cost: order `size` per vector.
 * For chains, whose draws depend on each other, `streamingSummary` adds effective sample sizes and R-hat.
 *
 * @param options - the number of components, and moments to continue from
 * @returns the moments, which change as vectors are added
 * @throws RangeError when the size is not a positive whole number, or a vector or other moments have another size
 * @example
 * ```ts
 * const moments = runningMoments({ size: 2 });
 * for (const point of [[1, 5], [3, 5]]) moments.add(point);
 * moments.mean(); // [2, 5]
 * moments.variance(); // [2, 0]
 * ```
 * @see Chan, Golub and LeVeque 1983, doi:10.1080/00031305.1983.10483115
 */
export function runningMoments(options: RunningMomentsOptions): RunningMoments {
  const { size, saved } = options;
  checkCount('runningMoments', 'size', size);
  let count = 0;
  const means = new Float64Array(size);
  const squares = new Float64Array(size);
  const merge = (other: SavedMoments) => {
    checkSize(other.means.length, size);
    checkSize(other.squares.length, size);
    if (other.count === 0) return;
    const total = count + other.count;
    for (let i = 0; i < size; i++) {
      const apart = (other.means[i] as number) - (means[i] as number);
      means[i] = (means[i] as number) + (apart * other.count) / total;
      const between = (apart * apart * count * other.count) / total;
      squares[i] = (squares[i] as number) + (other.squares[i] as number) + between;
    }
    count = total;
  };
  if (saved) merge(saved);
  return {
    add: (values) => {
      checkSize(values.length, size);
      count++;
      welford(means, squares, 0, values, count);
    },
    merge,
    count: () => count,
    mean: () => (count > 0 ? means.slice() : new Float64Array(size).fill(Number.NaN)),
    variance: () => (count > 1 ? squares.map((sum) => sum / (count - 1)) : new Float64Array(size).fill(Number.NaN)),
    save: () => ({ count, means: means.slice(), squares: squares.slice() }),
  };
}

function checkSize(got: number, size: number): void {
  if (got !== size) {
    throw new RangeError(`runningMoments: expected ${size} numbers, got ${got}. Give one number per component.`);
  }
}
