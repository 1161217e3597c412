import { checkCount } from '../numerics/check-count.js';
import { logGamma } from '../numerics/incomplete-beta.js';
import { chiSquareSurvival } from '../numerics/incomplete-gamma.js';
import { randomStream } from '../numerics/random-stream.js';

/** Most places at which the distribution function of the ranks is looked at. */
const MOST_PLACES = 100;

/** Options of {@link rankUniformity}. */
export interface RankUniformityOptions {
  /** The largest rank that is possible: the number of draws that each truth was ranked among. */
  readonly draws: number;
  /** Number of bins of the chi-square test; by default 20, fewer when a bin would expect fewer than 5 ranks. */
  readonly bins?: number;
  /** Probability with which uniform ranks stay inside the whole envelope; 0.95 by default. */
  readonly coverage?: number;
  /** Number of sets of uniform ranks that the envelope is made from; 1000 by default. */
  readonly simulations?: number;
  /** A whole number that fixes the simulations. */
  readonly seed: number;
}

/** Pearson's chi-square test. */
export interface ChiSquareTest {
  /** The sum of $`(O - E)^2 / E`$ over the bins. */
  readonly statistic: number;
  /** Number of bins minus one. */
  readonly degreesOfFreedom: number;
  /** The probability of a statistic at least as large for uniform ranks, from its limit. */
  readonly pValue: number;
}

/** The distribution function of the ranks beside a band that holds all of it with a given probability. */
export interface EcdfEnvelope {
  /** The places, as shares of the possible ranks. */
  readonly places: Float64Array;
  /** Share of the ranks below each place; near the place itself for uniform ranks. */
  readonly ecdf: Float64Array;
  /** Lower end of the envelope at each place. */
  readonly lower: Float64Array;
  /** Upper end of the envelope at each place. */
  readonly upper: Float64Array;
  /** Whether the distribution function stays inside everywhere. */
  readonly isInside: boolean;
  /** The probability of a departure at least as large for uniform ranks, by simulation. */
  readonly pValue: number;
}

/** Two tests of whether ranks are uniform. */
export interface RankUniformity {
  /** Pearson's test, which sees bumps and gaps. */
  readonly chiSquare: ChiSquareTest;
  /** The simultaneous envelope, which sees shifts and spreads best. */
  readonly envelope: EcdfEnvelope;
}

/** Cuts the ranks 0 to `draws` into nearly equal bins: the first rank of each, and the end. */
function cuts(draws: number, bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, i) => Math.round((i * (draws + 1)) / bins));
}

function chiSquareTest(ranks: Uint32Array, draws: number, bins: number): ChiSquareTest {
  const ends = cuts(draws, bins);
  const binOfRank = new Uint32Array(draws + 1);
  for (let bin = 0; bin < bins; bin++) binOfRank.fill(bin, ends[bin], ends[bin + 1]);
  const counts = new Float64Array(bins);
  for (const rank of ranks) {
    const bin = binOfRank[rank] as number;
    counts[bin] = (counts[bin] as number) + 1;
  }
  const statistic = counts.reduce((sum, count, bin) => {
    const expected = (ranks.length * ((ends[bin + 1] as number) - (ends[bin] as number))) / (draws + 1);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  const degreesOfFreedom = bins - 1;
  return { statistic, degreesOfFreedom, pValue: chiSquareSurvival(statistic, degreesOfFreedom) };
}

/** For each number of successes, the smaller of the two tail probabilities of the binomial distribution, doubled. */
function binomialTails(count: number, share: number): Float64Array {
  const density = Float64Array.from({ length: count + 1 }, (_, c) =>
    Math.exp(
      logGamma(count + 1) -
        logGamma(c + 1) -
        logGamma(count - c + 1) +
        c * Math.log(share) +
        (count - c) * Math.log1p(-share),
    ),
  );
  const upper = density.slice();
  for (let c = count - 1; c >= 0; c--) upper[c] = (upper[c] as number) + (upper[c + 1] as number);
  let lower = 0;
  return density.map((value, c) => {
    lower += value;
    return 2 * Math.min(lower, upper[c] as number);
  });
}

/** The least two-sided tail probability over the places, from the number of ranks in each interval between places. */
function leastTail(inInterval: Float64Array, tails: readonly Float64Array[]): number {
  let below = 0;
  let least = Infinity;
  tails.forEach((tail, place) => {
    below += inInterval[place] as number;
    least = Math.min(least, tail[below] as number);
  });
  return least;
}

function envelopeOf(ranks: Uint32Array, options: Required<Omit<RankUniformityOptions, 'bins'>>): EcdfEnvelope {
  const { draws, coverage, simulations, seed } = options;
  const count = ranks.length;
  const intervals = Math.min(draws + 1, MOST_PLACES);
  const ends = cuts(draws, intervals);
  const intervalOfRank = new Uint32Array(draws + 1);
  for (let i = 0; i < intervals; i++) intervalOfRank.fill(i, ends[i], ends[i + 1]);
  const places = Float64Array.from(ends.slice(1, -1), (end) => end / (draws + 1));
  const tails = Array.from(places, (share) => binomialTails(count, share));
  const tally = (rank: (i: number) => number) => {
    const inInterval = new Float64Array(intervals);
    for (let i = 0; i < count; i++) {
      const interval = intervalOfRank[rank(i)] as number;
      inInterval[interval] = (inInterval[interval] as number) + 1;
    }
    return inInterval;
  };
  const random = randomStream('rankUniformity', seed);
  const simulated = Float64Array.from({ length: simulations }, () =>
    leastTail(
      tally(() => Math.floor(random() * (draws + 1))),
      tails,
    ),
  ).sort();
  const observed = tally((i) => ranks[i] as number);
  const least = leastTail(observed, tails);
  const bound = simulated[Math.floor((1 - coverage) * simulations)] as number;
  let below = 0;
  return {
    places,
    ecdf: places.map((_, place) => {
      below += observed[place] as number;
      return below / count;
    }),
    lower: places.map((_, place) => (tails[place] as Float64Array).findIndex((tail) => tail >= bound) / count),
    upper: places.map((_, place) => (tails[place] as Float64Array).findLastIndex((tail) => tail >= bound) / count),
    isInside: least >= bound,
    pValue: (1 + simulated.filter((tail) => tail <= least).length) / (1 + simulations),
  };
}

function readRanks(ranks: ArrayLike<number>, draws: number): Uint32Array {
  if (ranks.length === 0) {
    throw new RangeError('rankUniformity: expected at least one rank, got none. Simulate a few hundred data sets.');
  }
  return Uint32Array.from(ranks, (rank) => {
    if (Number.isInteger(rank) && rank >= 0 && rank <= draws) return rank;
    throw new RangeError(
      `rankUniformity: expected ranks from 0 to ${draws}, got ${rank}. Count the draws below the truth.`,
    );
  });
}

/**
 * Tests whether ranks are uniform, by Pearson's chi-square and by a simultaneous envelope of their distribution function.
 *
 * At each place `z` the number of ranks below is binomial for uniform ranks. The envelope takes, at every place, the central
 * part of that distribution, as wide as simulated uniform ranks need to stay inside at all places together with the given
 * probability; the p-value compares the largest departure with theirs. Places: every rank, or 100 of them. Cost: order
 * `simulations * n`.
 *
 * @param ranks - whole numbers from 0 to `draws`
 * @param options - the largest rank, bins, coverage, number of simulations and seed
 * @returns both tests, and the envelope for a plot
 * @throws RangeError when there is no rank, a rank is out of range, or an option is
 * @example
 * ```ts
 * const { chiSquare, envelope } = rankUniformity(ranks, { draws: 99, seed: 1 });
 * ```
 * @see Säilynoja, Bürkner and Vehtari 2022, arXiv:2103.10522
 */
export function rankUniformity(ranks: ArrayLike<number>, options: RankUniformityOptions): RankUniformity {
  const { draws, coverage = 0.95, simulations = 1000, seed } = options;
  checkCount('rankUniformity', 'draws', draws);
  checkCount('rankUniformity', 'simulations', simulations);
  if (!(coverage > 0 && coverage < 1)) {
    throw new RangeError(
      `rankUniformity: expected a coverage strictly between 0 and 1, got ${coverage}. Write 95% as 0.95.`,
    );
  }
  const read = readRanks(ranks, draws);
  const bins = options.bins ?? Math.max(Math.min(20, draws + 1, Math.floor(read.length / 5)), 2);
  if (!Number.isInteger(bins) || bins < 2 || bins > draws + 1) {
    throw new RangeError(`rankUniformity: expected 2 to ${draws + 1} bins, got ${bins}. There are ${draws + 1} ranks.`);
  }
  return {
    chiSquare: chiSquareTest(read, draws, bins),
    envelope: envelopeOf(read, { draws, coverage, simulations, seed }),
  };
}
