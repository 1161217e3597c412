import { welford } from './running-moments.js';

/** Number of blocks at which neighbours are merged. */
export const MOST_BLOCKS = 64;

/** The draws so far as at most 64 blocks of equal length, of which only mean and spread are kept; the last one is open. */
export interface DrawBlocks {
  /** Number of draws in a complete block, a power of two. */
  readonly length: number;
  /** Number of complete blocks. */
  readonly count: number;
  /** Number of draws in the open block, which is number `count`. */
  readonly filled: number;
  /** Mean of each series in each block, `[64, series]`. */
  readonly means: Float64Array;
  /** Sum of squared deviations of each series in each block, `[64, series]`. */
  readonly squares: Float64Array;
}

/** Blocks that draws are still added to. */
export type OpenBlocks = { -readonly [Field in keyof DrawBlocks]: DrawBlocks[Field] };

/**
 * Blocks without any draw.
 *
 * @param series - number of series
 * @returns blocks of length 1
 */
export function emptyBlocks(series: number): OpenBlocks {
  const cells = MOST_BLOCKS * series;
  return { length: 1, count: 0, filled: 0, means: new Float64Array(cells), squares: new Float64Array(cells) };
}

/**
 * Adds one draw of every series to the open block.
 *
 * @param blocks - the blocks, changed in place
 * @param values - one draw of every series
 */
export function addToBlocks(blocks: OpenBlocks, values: Float64Array): void {
  blocks.filled++;
  welford(blocks.means, blocks.squares, blocks.count * values.length, values, blocks.filled);
  if (blocks.filled === blocks.length) {
    blocks.count++;
    blocks.filled = 0;
  }
}

/**
 * Merges neighbouring blocks when all 64 are complete, which doubles their length.
 *
 * The number of blocks stays between 32 and 64 from then on. Reference: Flyvbjerg and Petersen 1989, doi:10.1063/1.457480.
 *
 * @param blocks - the blocks, all complete; changed in place
 */
export function mergeNeighbours(blocks: OpenBlocks): void {
  const { means, squares, length } = blocks;
  const series = means.length / MOST_BLOCKS;
  for (let block = 0; block < MOST_BLOCKS / 2; block++) {
    for (let i = 0; i < series; i++) {
      const left = 2 * block * series + i;
      const right = left + series;
      const apart = (means[right] as number) - (means[left] as number);
      const to = block * series + i;
      const square = (squares[left] as number) + (squares[right] as number) + (apart * apart * length) / 2;
      means[to] = (means[left] as number) + apart / 2;
      squares[to] = square;
    }
  }
  const free = (MOST_BLOCKS / 2) * series;
  means.fill(0, free);
  squares.fill(0, free);
  blocks.length = 2 * length;
  blocks.count = MOST_BLOCKS / 2;
}

/** Number, mean and sum of squared deviations of the draws of one series in some blocks. */
export interface BlockMoments {
  /** Number of draws. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number;
  /** The sum of their squared deviations from the mean. */
  readonly squares: number;
}

/**
 * The moments of one series over a range of blocks, the open one included if the range holds it.
 *
 * @param blocks - the blocks
 * @param series - index of the series
 * @param from - first block
 * @param to - one past the last block
 * @returns count, mean and sum of squared deviations
 */
export function blockMoments(blocks: DrawBlocks, series: number, from: number, to: number): BlockMoments {
  const width = blocks.means.length / MOST_BLOCKS;
  let count = 0;
  let mean = 0;
  let squares = 0;
  for (let block = from; block < to; block++) {
    const added = block < blocks.count ? blocks.length : blocks.filled;
    if (added === 0) continue;
    const apart = (blocks.means[block * width + series] as number) - mean;
    const total = count + added;
    squares += (blocks.squares[block * width + series] as number) + (apart * apart * count * added) / total;
    mean += (apart * added) / total;
    count = total;
  }
  return { count, mean, squares };
}
