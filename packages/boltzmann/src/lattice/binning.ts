import { EbmError } from '@ebmkit/tensor';

/** The standard error at one block length. */
export interface BinningLevel {
  /** Numbers in each block. */
  readonly blockLength: number;
  /** The standard error of the mean if blocks of this length were independent. */
  readonly standardError: number;
  /** By how much that is uncertain itself: one standard deviation, for Gaussian blocks. */
  readonly uncertainty: number;
}

/** What a blocking analysis finds. */
export interface Binning {
  /** The mean of all numbers. */
  readonly mean: number;
  /** Its standard error, at the plateau. */
  readonly standardError: number;
  /** $`\tau = 1 + 2 \sum_{t \ge 1} \rho_t`$, how many numbers are worth one independent one: 1 for independent numbers and for equal ones. */
  readonly autocorrelationTime: number;
  /** The block length at the plateau: what a jackknife over blocks should take. */
  readonly blockLength: number;
  /** `ok`, or `short` when the error had not stopped growing at the longest blocks: it is then too small. */
  readonly status: 'ok' | 'short';
  /** The error at each block length 1, 2, 4, …. */
  readonly levels: readonly BinningLevel[];
}

/** Fewer blocks than this give no error worth its name. */
const fewestBlocks = 8;

/** A series, or one for each chain, as a list of chains of one length. */
export function chainsOf(
  caller: string,
  series: ArrayLike<number> | readonly ArrayLike<number>[],
): readonly ArrayLike<number>[] {
  const isOne = typeof series[0] === 'number';
  const chains = isOne ? [series as ArrayLike<number>] : (series as readonly ArrayLike<number>[]);
  const length = chains[0]?.length ?? 0;
  if (length === 0 || chains.some((chain) => chain.length !== length))
    throw new EbmError(
      'argument',
      `${caller}: expected a series of numbers, or chains of one length, got lengths ${chains.map((chain) => chain.length).join(', ') || 'none'}.`,
    );
  return chains;
}

/** The means of the blocks of every chain; what is left over at the ends of chains is dropped. */
export function blockMeans(chains: readonly ArrayLike<number>[], blockLength: number): Float64Array {
  const perChain = Math.floor((chains[0]?.length ?? 0) / blockLength);
  const means = new Float64Array(perChain * chains.length);
  chains.forEach((chain, c) => {
    for (let block = 0; block < perChain; block++) {
      let sum = 0;
      for (let i = block * blockLength; i < (block + 1) * blockLength; i++) sum += chain[i] as number;
      means[c * perChain + block] = sum / blockLength;
    }
  });
  return means;
}

function standardErrorOf(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}

/**
 * The standard error of the mean of a correlated series, by blocking: means of longer and longer blocks are less and less correlated, and the error that
 * their spread gives grows until it reaches a plateau. Taken there is the first block length $`B`$ with $`B^3 > 2 n \kappa^2`$, where $`\kappa`$ is the squared ratio of
 * its error to that of single numbers and $`n`$ counts all numbers: longer blocks would add more noise than they take away bias. Blocks do not reach from one chain into another.
 * Costs $`O(n \log n)`$. NaN among the numbers makes everything NaN.
 *
 * @param series - The numbers in the order in which they came, or those of several independent chains of one length.
 * @returns Mean, error, autocorrelation time, and the whole curve of errors to look at.
 * @throws EbmError when there is no number, or the lengths of chains differ.
 *
 * @example
 * ```ts
 * const { mean, standardError, status } = binning(energies);
 * ```
 * @see Flyvbjerg and Petersen, "Error estimates on averages of correlated data", 1989, https://doi.org/10.1063/1.457480
 * @see Lee, Conduit, Nemec, López Ríos and Drummond, "Strategies for improving the efficiency of quantum Monte Carlo calculations", 2011,
 * https://doi.org/10.1103/PhysRevE.83.066706
 */
export function binning(series: ArrayLike<number> | readonly ArrayLike<number>[]): Binning {
  const chains = chainsOf('binning', series);
  const length = (chains[0] as ArrayLike<number>).length;
  const levels: BinningLevel[] = [];
  let mean = Number.NaN;
  for (let blockLength = 1; ; blockLength *= 2) {
    const blocks = Math.floor(length / blockLength) * chains.length;
    if (blockLength > 1 && blocks < fewestBlocks) break;
    const means = blockMeans(chains, blockLength);
    if (blockLength === 1) mean = means.reduce((a, b) => a + b, 0) / means.length;
    const standardError = standardErrorOf(means);
    levels.push({ blockLength, standardError, uncertainty: standardError / Math.sqrt(2 * (blocks - 1)) });
  }
  const naive = (levels[0] as BinningLevel).standardError;
  const timeOf = ({ standardError }: BinningLevel): number => (naive === 0 ? 1 : (standardError / naive) ** 2);
  const total = length * chains.length;
  const plateau = levels.find((level) => level.blockLength ** 3 > 2 * total * timeOf(level) ** 2);
  const largest = levels.reduce((a, b) => (b.standardError > a.standardError ? b : a));
  const taken = plateau ?? largest;
  return {
    mean,
    standardError: taken.standardError,
    autocorrelationTime: timeOf(taken),
    blockLength: taken.blockLength,
    status: plateau ? 'ok' : 'short',
    levels,
  };
}
