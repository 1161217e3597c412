/** A number with its standard error. */
export interface Estimate {
  /** The number. */
  readonly value: number;
  /** Its standard error. */
  readonly standardError: number;
}

/** The standard error of an estimate from its replicas, each made without one of the blocks. */
export function jackknifeError(replicas: ArrayLike<number>): number {
  const n = replicas.length;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n; i++) sum += replicas[i] as number;
  for (let i = 0; i < n; i++) squares += ((replicas[i] as number) - sum / n) ** 2;
  return Math.sqrt((squares * (n - 1)) / n);
}

/**
 * A function of means with its standard error by the jackknife: it is worked out again without each block in turn.
 *
 * @param blocks - For each quantity, its means over blocks; all of one length.
 * @param f - The function, of the means of the quantities.
 * @see Miller, "The jackknife - a review", 1974, https://doi.org/10.1093/biomet/61.1.1
 */
export function jackknife(blocks: readonly Float64Array[], f: (...means: number[]) => number): Estimate {
  const count = blocks[0]?.length ?? 0;
  const sums = blocks.map((means) => means.reduce((a, b) => a + b, 0));
  const replicas = Float64Array.from({ length: count }, (_, block) =>
    f(...blocks.map((means, i) => ((sums[i] as number) - (means[block] as number)) / (count - 1))),
  );
  return { value: f(...sums.map((sum) => sum / count)), standardError: jackknifeError(replicas) };
}
