const BLOCK = 128;

/** Sum by halves, whose rounding error grows with the logarithm of the length. */
function pairwiseSum(values: Float64Array, from: number, to: number): number {
  if (to - from > BLOCK) {
    const middle = (from + to) >> 1;
    return pairwiseSum(values, from, middle) + pairwiseSum(values, middle, to);
  }
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? 0;
  return sum;
}

/**
 * The arithmetic mean, summed pairwise.
 *
 * @param values - the numbers
 * @returns their mean; NaN when there are none
 */
export function mean(values: Float64Array): number {
  return pairwiseSum(values, 0, values.length) / values.length;
}

/**
 * Subtracts the mean from every value.
 *
 * The first value is subtracted before the mean is taken, so that equal values give zeros and not rounding noise.
 *
 * @param values - the numbers
 * @returns a new array of the same length
 */
export function centre(values: Float64Array): Float64Array {
  const centred = new Float64Array(values);
  const first = values[0] ?? 0;
  for (let i = 0; i < centred.length; i++) centred[i] = (centred[i] as number) - first;
  const offset = mean(centred);
  for (let i = 0; i < centred.length; i++) centred[i] = (centred[i] as number) - offset;
  return centred;
}

/**
 * The unbiased sample variance, the sum of squared deviations over `n - 1`; exactly 0 for equal values.
 *
 * @param values - the numbers
 * @returns the variance; NaN for fewer than two values
 */
export function variance(values: Float64Array): number {
  const squares = centre(values);
  for (let i = 0; i < squares.length; i++) squares[i] = (squares[i] as number) ** 2;
  return pairwiseSum(squares, 0, squares.length) / (values.length - 1);
}
