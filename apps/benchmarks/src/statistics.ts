import { median, quantile } from 'd3-array';

/** What is said of repeated measurements. */
export interface Spread {
  /** The median. */
  readonly median: number;
  /** The lower quartile. */
  readonly lower: number;
  /** The upper quartile. */
  readonly upper: number;
  /** How many measurements there are. */
  readonly count: number;
}

/** Median and quartiles, by linear interpolation between order statistics. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('spreadOf: at least one value is required, got none.');
  const at = (p: number): number => quantile(values, p) ?? Number.NaN;
  return { median: at(0.5), lower: at(0.25), upper: at(0.75), count: values.length };
}

/**
 * How many times longer theirs takes than ours: the ratio of medians round by round, so that a slow spell of the machine,
 * which lasts longer than a round, cancels; then the spread of these ratios.
 *
 * @param ours - The times of each round.
 * @param theirs - The times of each round; only rounds that both have count.
 */
export function ratioOf(ours: readonly (readonly number[])[], theirs: readonly (readonly number[])[]): Spread {
  const ratios = ours
    .slice(0, theirs.length)
    .map((round, i) => (median(theirs[i] ?? []) ?? Number.NaN) / (median(round) ?? Number.NaN));
  return spreadOf(ratios);
}

/** The mean of independent numbers, and its standard error. */
export interface Estimate {
  /** The mean. */
  readonly mean: number;
  /** Its standard error; 0 where nothing is random. */
  readonly error: number;
}

/** Mean and standard error of independent values. */
export function estimateOf(values: ArrayLike<number>, map: (value: number) => number = (value) => value): Estimate {
  const n = values.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) sum += map(values[i] as number);
  const mean = sum / n;
  for (let i = 0; i < n; i++) squares += (map(values[i] as number) - mean) ** 2;
  return { mean, error: n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0 };
}
