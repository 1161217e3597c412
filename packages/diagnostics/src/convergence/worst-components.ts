/** The draws of a vector quantity: the numbers of all steps and chains, row by row. */
export interface VectorDraws {
  /** The draws, row-major, `[steps, chains, ...event]`. */
  readonly data: ArrayLike<number>;
  /** `[steps, chains, ...event]`. */
  readonly shape: readonly number[];
}

/**
 * Finds the components of a vector that seem to mix worst, so that the exact diagnostics need not be computed for hundreds of
 * them: those with the largest split R-hat and those with the smallest effective sample size by batch means, by turns. Both are
 * rough (neither ranks nor an initial sequence), and cost two passes over the draws and no sorting.
 *
 * @param draws - The draws of all components.
 * @param count - How many components to find.
 * @returns The indices into the flattened event, worst first; all of them, in their order, when there are no more than `count`.
 * @throws RangeError when the shape has fewer than two axes or does not fit the data.
 *
 * @example
 * ```ts
 * const worst = worstComponents(draws, 8); // of [1000, 16, 28, 28, 1]
 * ```
 * @see Vehtari, Gelman, Simpson, Carpenter and Bürkner, "Rank-normalization, folding, and localization: an improved R-hat", 2021,
 * https://doi.org/10.1214/20-BA1221
 */
export function worstComponents({ data, shape }: VectorDraws, count: number): number[] {
  const [steps, chains, ...event] = shape;
  const size = event.reduce((a, b) => a * b, 1);
  if (steps === undefined || chains === undefined || steps * chains * size !== data.length)
    throw new RangeError(
      `worstComponents: expected draws of the shape [steps, chains, ...event], got ${data.length} numbers for [${shape.join(', ')}]. Check the axes.`,
    );
  const all = Array.from({ length: size }, (_, i) => i);
  if (size <= count) return all;
  const halves = varianceRatios({ data, steps, chains, size }, Math.max(1, Math.floor(steps / 2)));
  const batches = varianceRatios({ data, steps, chains, size }, Math.max(1, Math.floor(Math.sqrt(steps))));
  const byHalves = [...all].sort((a, b) => (halves[b] as number) - (halves[a] as number) || a - b);
  const byBatches = [...all].sort((a, b) => (batches[b] as number) - (batches[a] as number) || a - b);
  const found = new Set<number>();
  for (let i = 0; found.size < count; i++) {
    found.add(byHalves[i] as number);
    if (found.size < count) found.add(byBatches[i] as number);
  }
  return [...found];
}

/** Draws with their axes named. */
interface Axes {
  readonly data: ArrayLike<number>;
  readonly steps: number;
  readonly chains: number;
  readonly size: number;
}

/**
 * For each component, the variance of the means of batches over the mean variance within batches: large where draws of one batch
 * resemble each other more than those of another. A component that never moves gets 0, one that is not finite Infinity.
 */
function varianceRatios({ data, steps, chains, size }: Axes, length: number): Float64Array {
  const width = chains * size;
  const within = new Float64Array(size);
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  const [total, totalSquares] = [new Float64Array(size), new Float64Array(size)];
  const batches = Math.floor(steps / length);
  for (let batch = 0; batch < batches; batch++) {
    sums.fill(0);
    squares.fill(0);
    for (let step = batch * length; step < (batch + 1) * length; step++)
      for (let i = 0, at = step * width; i < width; i++, at++) {
        const away = (data[at] as number) - (data[i % size] as number);
        sums[i] = (sums[i] as number) + away;
        squares[i] = (squares[i] as number) + away * away;
      }
    for (let i = 0; i < width; i++) {
      const [mean, component] = [(sums[i] as number) / length, i % size];
      within[component] = (within[component] as number) + (squares[i] as number) / length - mean * mean;
      total[component] = (total[component] as number) + mean;
      totalSquares[component] = (totalSquares[component] as number) + mean * mean;
    }
  }
  const count = batches * chains;
  return totalSquares.map((squared, i) => {
    const spread = squared / count - ((total[i] as number) / count) ** 2;
    const inside = (within[i] as number) / count;
    if (!Number.isFinite(spread + inside)) return Number.POSITIVE_INFINITY;
    if (inside <= 0) return spread > 0 ? Number.POSITIVE_INFINITY : 0;
    return spread / inside;
  });
}
