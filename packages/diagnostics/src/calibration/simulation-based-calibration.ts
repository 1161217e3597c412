import { randomStream } from '../numerics/random-stream.js';
import { type RankUniformity, rankUniformity } from './rank-uniformity.js';

/** Options of {@link simulationBasedCalibration}. */
export interface SimulationBasedCalibrationOptions {
  /** Number of bins of the chi-square test; by default 20, fewer when a bin would expect fewer than 5 ranks. */
  readonly bins?: number;
  /** Probability with which uniform ranks stay inside the whole envelope; 0.95 by default. */
  readonly coverage?: number;
  /** A whole number that fixes the order of ties and the envelope. */
  readonly seed: number;
}

/** The ranks of true parameters among posterior draws, and whether they are uniform. */
export interface SimulationBasedCalibration extends RankUniformity {
  /** For each truth the number of its draws that are smaller, from 0 to `draws`. */
  readonly ranks: Uint32Array;
  /** Number of posterior draws for each truth. */
  readonly draws: number;
}

/**
 * Simulation-based calibration: whether a sampler, or an approximation, draws from the posterior it claims.
 *
 * Draw a parameter from the prior, data given the parameter, and posterior draws given the data, many times over. If the
 * posterior is right, the rank of the parameter among its draws is uniform. A posterior that is too narrow gives too many
 * extreme ranks, one that is too wide too few, a shifted one a slope. Ties get a random order. The draws must be nearly
 * independent: thin chains by their autocorrelation time. Cost: one pass over the draws, and the tests of
 * `rankUniformity`.
 *
 * @param truths - the parameter that each data set was made with, of length `n`
 * @param posterior - the posterior draws of the same scalar, flat and row-major, of shape `[n, draws]`
 * @param options - bins, coverage and seed
 * @returns the ranks and both tests of their uniformity
 * @throws RangeError when lengths do not fit, a number is NaN, or an option is out of range
 * @example
 * ```ts
 * const { chiSquare, envelope } = simulationBasedCalibration(truths, draws, { seed: 1 });
 * const isCalibrated = chiSquare.pValue > 0.01 && envelope.isInside;
 * ```
 * @see Talts, Betancourt, Simpson, Vehtari and Gelman 2018, arXiv:1804.06788
 */
export function simulationBasedCalibration(
  truths: ArrayLike<number>,
  posterior: ArrayLike<number>,
  options: SimulationBasedCalibrationOptions,
): SimulationBasedCalibration {
  const draws = posterior.length / truths.length;
  if (!Number.isInteger(draws) || draws < 1) {
    throw new RangeError(
      `simulationBasedCalibration: expected the same number of draws for each of ${truths.length} truths, ` +
        `got ${posterior.length} numbers. Pass a flat array of shape [truths, draws].`,
    );
  }
  const random = randomStream('simulationBasedCalibration', options.seed);
  const ranks = Uint32Array.from(truths, (truth, i) => {
    let [smaller, equal, larger] = [0, 0, 0];
    for (let draw = i * draws; draw < (i + 1) * draws; draw++) {
      const value = posterior[draw] as number;
      if (value < truth) smaller++;
      else if (value > truth) larger++;
      else if (value === truth) equal++;
    }
    if (smaller + equal + larger < draws) {
      throw new RangeError(
        `simulationBasedCalibration: expected numbers that can be ranked, got NaN for truth ${i}. Drop it.`,
      );
    }
    return smaller + Math.floor(random() * (equal + 1));
  });
  return { ranks, draws, ...rankUniformity(ranks, { ...options, draws }) };
}
