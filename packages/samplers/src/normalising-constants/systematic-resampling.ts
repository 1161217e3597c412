/**
 * Systematic resampling: the indices of as many draws as there are weights, in which draw $`i`$ is taken $`n w_i / \sum_j w_j`$ times on
 * average, and never more than one time off. One uniform number serves all, so it is the cheapest way and, in practice, that of least
 * variance.
 *
 * @param logWeights - The logs of the weights, not normalised; -Infinity for none.
 * @param uniform - A number in `[0, 1)`.
 * @returns The indices, in rising order.
 * @see Douc, Cappé and Moulines, "Comparison of resampling schemes for particle filtering", 2005,
 * https://doi.org/10.1109/ISPA.2005.195385
 */
export function systematicResampling(logWeights: ArrayLike<number>, uniform: number): Int32Array {
  const n = logWeights.length;
  const top = Array.from(logWeights).reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logWeights, (w) => Math.exp(w - top));
  const total = weights.reduce((a, b) => a + b, 0);
  const chosen = new Int32Array(n);
  let [running, i] = [(weights[0] as number) / total, 0];
  for (let k = 0; k < n; k++) {
    const goal = (k + uniform) / n;
    while (goal >= running && i < n - 1) running += (weights[++i] as number) / total;
    chosen[k] = i;
  }
  return chosen;
}
