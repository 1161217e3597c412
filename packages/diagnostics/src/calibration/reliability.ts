import { checkCount } from '../numerics/check-count.js';
import { quantileOfSorted, sorted } from '../numerics/quantile.js';

/** Options of {@link reliability} and {@link expectedCalibrationError}. */
export interface ReliabilityOptions {
  /** Number of bins; 15 by default. */
  readonly bins?: number;
  /** `width`, the default: bins of equal width; `mass`: bins between quantiles, with equally many predictions each. */
  readonly binning?: 'width' | 'mass';
}

/** The predictions in one bin of confidence. */
export interface ReliabilityBin {
  /** Lower end of the bin, which is left out except at 0. */
  readonly low: number;
  /** Upper end of the bin, which belongs to it. */
  readonly high: number;
  /** Number of predictions in the bin. */
  readonly count: number;
  /** Mean confidence of the predictions. */
  readonly confidence: number;
  /** Share of the predictions that came true. */
  readonly accuracy: number;
}

function binEdges(confidences: Float64Array, bins: number, binning: string): Float64Array {
  if (binning === 'width') return Float64Array.from({ length: bins + 1 }, (_, i) => i / bins);
  if (binning !== 'mass') {
    throw new RangeError(`reliability: expected the binning 'width' or 'mass', got '${binning}'. Choose one of them.`);
  }
  const ordered = sorted(confidences);
  return Float64Array.from({ length: bins + 1 }, (_, i) => quantileOfSorted(ordered, i / bins));
}

/** The bin whose upper end is the first inner edge that is at least the value. */
function binOf(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle + 1] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkPredictions(confidences: ArrayLike<number>, outcomes: ArrayLike<number | boolean>): void {
  if (confidences.length !== outcomes.length || confidences.length === 0) {
    throw new RangeError(
      `reliability: expected as many outcomes as confidences and at least one, got ${outcomes.length} outcomes and ` +
        `${confidences.length} confidences. Give one outcome, 1 or 0, for each prediction.`,
    );
  }
  for (let i = 0; i < confidences.length; i++) {
    const confidence = confidences[i] as number;
    if (confidence < 0 || confidence > 1) {
      throw new RangeError(
        `reliability: expected confidences from 0 to 1, got ${confidence}. Apply softmax to logits first.`,
      );
    }
  }
}

/**
 * The reliability diagram: how often predictions come true, by how confident they are.
 *
 * Of calibrated predictions made with confidence 0.8, 80% come true. The bins that hold predictions equal those of
 * scikit-learn's `calibration_curve` with `strategy="uniform"` or `"quantile"`. Cost: order `n log bins`, and a sort for
 * bins of equal mass.
 *
 * @param confidences - the probability that each prediction is right, or of the positive class
 * @param outcomes - whether it came true, 1 or 0, or a boolean
 * @param options - number and kind of bins
 * @returns the bins that hold predictions, in increasing order; empty when a confidence is NaN
 * @throws RangeError when lengths differ, nothing is given, or a confidence is outside 0 to 1
 * @example
 * ```ts
 * const bins = reliability([0.9, 0.8, 0.3], [1, 0, 0], { bins: 10 });
 * ```
 * @see Niculescu-Mizil and Caruana 2005, doi:10.1145/1102351.1102430
 */
export function reliability(
  confidences: ArrayLike<number>,
  outcomes: ArrayLike<number | boolean>,
  options: ReliabilityOptions = {},
): ReliabilityBin[] {
  const { bins = 15, binning = 'width' } = options;
  checkCount('reliability', 'bins', bins);
  checkPredictions(confidences, outcomes);
  const read = new Float64Array(confidences);
  if (read.some((value) => Number.isNaN(value))) return [];
  const edges = binEdges(read, bins, binning);
  const [counts, sums, hits] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
  read.forEach((confidence, i) => {
    const bin = binOf(edges, confidence);
    counts[bin] = (counts[bin] as number) + 1;
    sums[bin] = (sums[bin] as number) + confidence;
    hits[bin] = (hits[bin] as number) + Number(outcomes[i]);
  });
  return Array.from(counts, (count, bin) => ({
    low: edges[bin] as number,
    high: edges[bin + 1] as number,
    count,
    confidence: (sums[bin] as number) / count,
    accuracy: (hits[bin] as number) / count,
  })).filter(({ count }) => count > 0);
}

/**
 * The expected calibration error: how far confidence is from accuracy, on average over predictions.
 *
 * $`\sum_b \frac{n_b}{n} | \mathrm{acc}_b - \mathrm{conf}_b |`$ over the bins of {@link reliability}. Biased upwards, the
 * more the fewer predictions there are in a bin; it depends on the bins, and bins of equal mass are less noisy. A proper
 * score without bins is `brierScore`. Cost: as for {@link reliability}.
 *
 * @param confidences - the probability that each prediction is right, or of the positive class
 * @param outcomes - whether it came true, 1 or 0, or a boolean
 * @param options - number and kind of bins
 * @returns a number between 0 and 1; NaN when a confidence is NaN
 * @throws RangeError when lengths differ, nothing is given, or a confidence is outside 0 to 1
 * @example
 * ```ts
 * expectedCalibrationError([0.75, 0.75, 0.75, 0.75], [1, 1, 1, 0]); // 0
 * ```
 * @see Guo, Pleiss, Sun and Weinberger 2017, arXiv:1706.04599
 */
export function expectedCalibrationError(
  confidences: ArrayLike<number>,
  outcomes: ArrayLike<number | boolean>,
  options: ReliabilityOptions = {},
): number {
  const bins = reliability(confidences, outcomes, options);
  if (bins.length === 0) return Number.NaN;
  const error = bins.reduce((sum, { count, accuracy, confidence }) => sum + count * Math.abs(accuracy - confidence), 0);
  return error / confidences.length;
}
