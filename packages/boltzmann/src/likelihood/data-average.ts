/** An average over rows of data. */
export interface DataAverage {
  /** The average. */
  readonly mean: number;
  /** The standard error of the average as an estimate for the population the rows were drawn from. NaN for one row. */
  readonly standardError: number;
}

/** The mean of numbers, and its standard error $`s / \sqrt n`$ with the unbiased variance $`s^2`$. */
export function averageOf(numbers: ArrayLike<number>): DataAverage {
  const n = numbers.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (numbers[i] as number) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((numbers[i] as number) - mean) ** 2;
  return { mean: n === 0 ? Number.NaN : mean, standardError: Math.sqrt(squares / (n - 1) / n) };
}
