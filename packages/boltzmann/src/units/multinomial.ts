import {
  add,
  cast,
  cumsum,
  expandDims,
  type Key,
  less,
  lessEqual,
  logicalAnd,
  minimum,
  mul,
  onesLike,
  pad,
  range,
  reshape,
  scatterAdd,
  slice,
  softmax,
  type Tensor,
  type TensorLike,
  takeAlongAxis,
  uniform,
  where,
  zeros,
} from '@ebmkit/tensor';

/**
 * Draws how often each of a number of outcomes comes in independent trials, `[n, outcomes]`. Each trial is the place of a uniform number among
 * the cumulative probabilities, by bisection, so that the cost is `longest` times the log of the number of outcomes for each row. Exact up
 * to the grid of float32: an outcome of probability below $`2^{-24}`$ may come too often or never.
 *
 * @param key - A key, used once.
 * @param logits - Log-probabilities up to a constant for each row, `[n, outcomes]`.
 * @param trials - How many trials each row has, `[n, 1]`, or a number for all. A row of more than `longest` comes out as NaN.
 * @param longest - The most trials that a row may have; so many uniform numbers are drawn for each row.
 */
export function multinomial(key: Key, logits: Tensor, trials: TensorLike, longest: number): Tensor {
  const [rows, outcomes] = logits.shape as readonly [number, number];
  const cumulative = cumsum(softmax(logits), 1);
  const total = slice(cumulative, [0, outcomes - 1], [rows, 1]);
  const trialsOfRows = mul(onesLike(total), trials);
  const level = mul(uniform(key, [rows, longest]), total);
  // How many cumulative probabilities are at most the level, bit by bit from the highest.
  const bits = Math.max(1, Math.ceil(Math.log2(outcomes)));
  const padded = pad(cumulative, [0, 0], [0, 2 ** bits - outcomes], Number.POSITIVE_INFINITY);
  let outcome = zeros([rows, longest], 'int32');
  for (let step = 2 ** (bits - 1); step >= 1; step /= 2) {
    const passed = lessEqual(takeAlongAxis(padded, add(outcome, step - 1)), level);
    outcome = where(passed, add(outcome, step), outcome);
  }
  const first = mul(expandDims(range(rows), 1), outcomes);
  const isTrial = less(expandDims(range(longest, 'float32'), 0), trialsOfRows);
  const counts = scatterAdd(
    reshape(add(minimum(outcome, outcomes - 1), first), [rows * longest]),
    reshape(cast(isTrial, 'float32'), [rows * longest]),
    rows * outcomes,
  );
  const fits = logicalAnd(lessEqual(trialsOfRows, longest), lessEqual(0, total));
  return where(fits, reshape(counts, [rows, outcomes]), Number.NaN);
}
