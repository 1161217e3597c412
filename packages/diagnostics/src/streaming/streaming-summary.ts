import { scaleReduction } from '../convergence/r-hat.js';
import { checkCount } from '../numerics/check-count.js';
import {
  addToBlocks,
  blockMoments,
  type DrawBlocks,
  emptyBlocks,
  MOST_BLOCKS,
  mergeNeighbours,
} from './draw-blocks.js';
import { addToLevel, emptyLevel, type LagLevel, type OpenLevel } from './lag-level.js';
import { type ComponentMoments, streamingEss } from './streaming-ess.js';

/** What a stream says about each component of the draws; every array has one number per component. */
export interface StreamedSummary {
  /** Number of chains. */
  readonly chains: number;
  /** Number of draws of each chain so far. */
  readonly steps: number;
  /** Mean of all draws, in the unit of the draws. */
  readonly mean: Float64Array;
  /** Standard deviation of all draws, with divisor `n - 1`, in the unit of the draws. */
  readonly sd: Float64Array;
  /** Effective sample size of the mean, a number of draws. */
  readonly meanEss: Float64Array;
  /** Monte Carlo standard error of the mean, in the unit of the draws. */
  readonly meanMcse: Float64Array;
  /** Integrated autocorrelation time, in recorded steps. */
  readonly autocorrelationTime: Float64Array;
  /** Split R-hat without ranks; NaN for a single chain. */
  readonly splitRHat: Float64Array;
}

/** The state of a {@link StreamingSummary} as plain data, for `structuredClone`, a message to a worker, or IndexedDB. */
export interface SavedStream {
  /** Number of chains. */
  readonly chains: number;
  /** Number of components of the draw of each chain. */
  readonly size: number;
  /** Number of draws of each chain so far. */
  readonly steps: number;
  /** The first draw of every series, which is subtracted before products are taken. */
  readonly origin: Float64Array;
  /** The draws as at most 64 blocks, which give moments and R-hat. */
  readonly blocks: DrawBlocks;
  /** Products at few lags for block lengths 1, 2, 4, and so on, which give the effective sample size. */
  readonly levels: readonly LagLevel[];
}

/** Diagnostics of running chains in constant memory. */
export interface StreamingSummary {
  /** Adds the draws of one step: `chains * size` numbers, row-major `[chains, size]`, which are copied. */
  readonly add: (values: ArrayLike<number>) => void;
  /** The diagnostics of all draws so far. */
  readonly summary: () => StreamedSummary;
  /** A copy of the state, for {@link StreamingSummaryOptions.saved}. */
  readonly save: () => SavedStream;
}

/** Options of {@link streamingSummary}. */
export interface StreamingSummaryOptions {
  /** Number of chains. */
  readonly chains: number;
  /** Number of components of the draw of each chain. */
  readonly size: number;
  /** A state to continue from; none by default. The continued stream equals the uninterrupted one to the bit. */
  readonly saved?: SavedStream;
}

/**
 * Means, effective sample sizes and split R-hat of running chains, without keeping the draws.
 *
 * Products at lags 0 to 7 are summed for the draws and for the means of blocks of 2, 4, 8, … draws (a multiple-tau
 * correlator). The effective sample size follows from the first level at which Geyer's initial monotone sequence ends. For
 * R-hat the draws are kept as 32 to 64 blocks that are halved in number as they fill up, so that a half ends at a block: at
 * most one block in 32 is left out at the end and one in the middle. Below 64 draws all equals `meanEss` and `splitRHat`;
 * later the effective sample size differs from `meanEss` by a few per cent, the resolution of the lags. No ranks are taken:
 * the variance must be finite; for heavy tails keep the draws and use `summarise`.
 *
 * Cost: about 20 multiplications per number and step, whatever the lags. Memory: about `150 + 20 log2(steps)` numbers per
 * chain and component.
 *
 * @param options - chains, components, and a state to continue from
 * @returns the diagnostics, which change as draws are added
 * @throws RangeError when a count is not a positive whole number, or draws or a saved state have another size
 * @example
 * ```ts
 * const watch = streamingSummary({ chains: 2, size: 1 });
 * for (let step = 0; step < 1000; step++) watch.add([Math.sin(step ** 2), Math.cos(step ** 2)]);
 * const { meanEss, splitRHat } = watch.summary();
 * ```
 * @see Ramírez, Sukumaran, Vorselaars and Likhtman 2010, doi:10.1063/1.3491098
 */
export function streamingSummary(options: StreamingSummaryOptions): StreamingSummary {
  const { chains, size, saved } = options;
  checkCount('streamingSummary', 'chains', chains);
  checkCount('streamingSummary', 'size', size);
  const series = chains * size;
  if (saved) checkSaved(saved, chains, size);
  const origin = saved ? saved.origin.slice() : new Float64Array(series);
  const blocks = saved ? copyOf(saved.blocks) : emptyBlocks(series);
  const levels: OpenLevel[] = saved ? saved.levels.map(copyOf) : [];
  const moved = new Float64Array(series);
  const drawn = new Float64Array(series);
  let steps = saved?.steps ?? 0;

  const add = (values: ArrayLike<number>) => {
    if (values.length !== series) {
      throw new RangeError(
        `streamingSummary.add: expected ${series} numbers ([chains, size] = [${chains}, ${size}]), got ${values.length}. ` +
          'Give the draws of all chains at one step.',
      );
    }
    drawn.set(values);
    if (steps === 0) origin.set(drawn);
    steps++;
    if (levels.length > 0) {
      for (let i = 0; i < series; i++) moved[i] = (drawn[i] as number) - (origin[i] as number);
      passUp(levels, moved);
    }
    addToBlocks(blocks, drawn);
    if (blocks.count === MOST_BLOCKS) {
      levels.push(levelOfBlocks(blocks, origin, chains, size));
      mergeNeighbours(blocks);
    }
  };
  return {
    add,
    summary: () => summarise({ chains, size, steps, origin, blocks, levels }),
    save: () => ({ chains, size, steps, origin: origin.slice(), blocks: copyOf(blocks), levels: levels.map(copyOf) }),
  };
}

/** Adds one draw to the first level, and the means of pairs to the levels above it as they become complete. */
function passUp(levels: readonly OpenLevel[], values: Float64Array): void {
  let passed = values;
  for (const level of levels) {
    if (!addToLevel(level, passed)) return;
    passed = level.pair;
  }
}

/** The level whose block length is that of the blocks, made from all 64 of them, as if it had been there from the start. */
function levelOfBlocks(blocks: DrawBlocks, origin: Float64Array, chains: number, size: number): OpenLevel {
  const level = emptyLevel(chains, size);
  const series = chains * size;
  for (let block = 0; block < blocks.count; block++) {
    const means = blocks.means.slice(block * series, (block + 1) * series);
    addToLevel(
      level,
      means.map((mean, i) => mean - (origin[i] as number)),
    );
  }
  return level;
}

function summarise(stream: SavedStream): StreamedSummary {
  const { chains, size, steps } = stream;
  const fields = () => new Float64Array(size);
  const [mean, sd, meanEss, meanMcse] = [fields(), fields(), fields(), fields()];
  const [autocorrelationTime, splitRHat] = [fields(), fields()];
  for (let component = 0; component < size; component++) {
    const moments = componentMoments(stream, component);
    const pooled = pooledMoments(moments);
    const ess = streamingEss(stream.levels, stream.blocks, component, moments);
    const split = 2 * Math.floor(steps / 2) * chains;
    mean[component] = pooled.mean;
    sd[component] = Math.sqrt(pooled.variance);
    meanEss[component] = ess;
    meanMcse[component] = Math.sqrt(pooled.variance / ess);
    autocorrelationTime[component] = (stream.blocks.length === 1 ? split : steps * chains) / ess;
    splitRHat[component] = streamingRHat(stream, component);
  }
  return { chains, steps, mean, sd, meanEss, meanMcse, autocorrelationTime, splitRHat };
}

function componentMoments({ chains, size, steps, blocks }: SavedStream, component: number): ComponentMoments {
  const each = Array.from({ length: chains }, (_, chain) =>
    blockMoments(blocks, chain * size + component, 0, Math.min(blocks.count + 1, MOST_BLOCKS)),
  );
  return {
    draws: steps,
    means: Float64Array.from(each, ({ mean }) => (steps > 0 ? mean : Number.NaN)),
    variances: Float64Array.from(each, ({ count, squares }) => squares / (count - 1)),
  };
}

function pooledMoments({ draws, means, variances }: ComponentMoments) {
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  let squares = 0;
  means.forEach((value, chain) => {
    squares += draws > 1 ? (variances[chain] as number) * (draws - 1) : 0;
    squares += draws * (value - mean) ** 2;
  });
  return { mean, variance: squares / (draws * means.length - 1) };
}

/** Split R-hat with the halves cut at blocks; NaN for fewer than 2 chains or 4 draws. */
function streamingRHat({ chains, size, steps, blocks }: SavedStream, component: number): number {
  if (chains < 2 || steps < 4) return Number.NaN;
  const half = Math.floor(blocks.count / 2);
  const starts = [0, blocks.count - half];
  const halves = starts.flatMap((from) =>
    Array.from({ length: chains }, (_, chain) => blockMoments(blocks, chain * size + component, from, from + half)),
  );
  const draws = half * blocks.length;
  return scaleReduction(
    Float64Array.from(halves, ({ mean }) => mean),
    Float64Array.from(halves, ({ squares }) => squares / (draws - 1)),
    draws,
  );
}

/** A copy of plain data one level deep, typed arrays included. */
function copyOf<T extends DrawBlocks | LagLevel>(data: T): T {
  const fields = Object.entries(data).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Float64Array ? value.slice() : value,
  ]);
  return Object.fromEntries(fields) as T;
}

function checkSaved(saved: SavedStream, chains: number, size: number): void {
  if (saved.chains !== chains || saved.size !== size) {
    throw new RangeError(
      `streamingSummary: expected a saved state of ${chains} chains and size ${size}, ` +
        `got ${saved.chains} chains and size ${saved.size}. Continue with the options of the saved run.`,
    );
  }
}
