/**
 * Sorts numbers in increasing order without changing the argument.
 *
 * @param values - the numbers
 * @returns a sorted copy; NaN comes last
 */
export function sorted(values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return new Float64Array(values).sort();
}

/**
 * The quantile of numbers that are already in increasing order, rounded as SciPy's `mquantiles(alphap=1, betap=1)`.
 *
 * At a tie or exactly at a draw the last bit decides which draws are at most the quantile, and with them the effective sample
 * size; the same order of operations makes the same decision as ArviZ.
 *
 * @param ordered - the numbers in increasing order, without NaN
 * @param probability - between 0 and 1
 * @returns the quantile; NaN when there are no numbers
 */
export function quantileOfSorted(ordered: Float64Array, probability: number): number {
  const n = ordered.length;
  if (n < 2) return ordered[0] ?? Number.NaN;
  const place = n * probability + (1 - probability);
  const below = Math.floor(Math.min(Math.max(place, 1), n - 1));
  const weight = Math.min(Math.max(place - below, 0), 1);
  return (1 - weight) * (ordered[below - 1] as number) + weight * (ordered[below] as number);
}

/**
 * The median of numbers that are already in increasing order.
 *
 * @param ordered - the numbers in increasing order, without NaN
 * @returns the middle number, or the mean of the two middle ones; NaN when there are no numbers
 */
export function medianOfSorted(ordered: Float64Array): number {
  const middle = ordered.length >> 1;
  const upper = ordered[middle] ?? Number.NaN;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Refuses a number that is not a probability.
 *
 * @param where - name of the calling function, which starts the error message
 * @param probability - the number to judge
 * @throws RangeError when it is NaN or outside 0 to 1
 */
export function checkProbability(where: string, probability: number): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`${where}: expected a probability between 0 and 1, got ${probability}. Write 5% as 0.05.`);
  }
}

/**
 * The value below which a given share of the numbers lies.
 *
 * Interpolates linearly between order statistics: R's type 7, NumPy's default and ArviZ's choice (Hyndman and Fan 1996,
 * doi:10.1080/00031305.1996.10473566). Cost: one sort.
 *
 * @param values - the numbers, in any order
 * @param probability - the share, between 0 and 1
 * @returns the quantile, in the unit of the values; NaN when there are no numbers or one of them is NaN
 * @throws RangeError when `probability` is not between 0 and 1
 * @example
 * ```ts
 * quantile([4, 1, 3, 2], 0.5); // 2.5
 * ```
 */
export function quantile(values: ArrayLike<number>, probability: number): number {
  checkProbability('quantile', probability);
  const ordered = sorted(values);
  return Number.isNaN(ordered[ordered.length - 1]) ? Number.NaN : quantileOfSorted(ordered, probability);
}
