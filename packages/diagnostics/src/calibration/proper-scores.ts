import { checkCount } from '../numerics/check-count.js';

/** Options of {@link brierScore} and {@link negativeLogLikelihood}. */
export interface ProperScoreOptions {
  /** Number of classes: how many probabilities there are for each label. */
  readonly classes: number;
}

/** The mean over predictions of a score of the probabilities and the label. */
function meanScore(
  where: string,
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  score: (offset: number, label: number) => number,
): number {
  checkCount(where, 'classes', classes);
  if (labels.length === 0 || probabilities.length !== labels.length * classes) {
    throw new RangeError(
      `${where}: expected ${classes} probabilities for each label, got ${probabilities.length} probabilities and ` +
        `${labels.length} labels. Pass a flat array of shape [labels, classes].`,
    );
  }
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new RangeError(
        `${where}: expected labels from 0 to ${classes - 1}, got ${label}. Number the classes in the order of the probabilities.`,
      );
    }
    sum += score(i * classes, label);
  }
  return sum / labels.length;
}

/**
 * The Brier score: the mean squared distance between predicted probabilities and what came true.
 *
 * $`\frac1n \sum_i \sum_c (p_{ic} - [y_i = c])^2`$, from 0 to 2, lower is better: Brier's own form, equal to scikit-learn's
 * `brier_score_loss(scale_by_half=False)` (for two classes others report half of it). A proper score: the true
 * probabilities minimise it. {@link negativeLogLikelihood} punishes confident errors harder. Cost: order `n * classes`.
 *
 * @param probabilities - the probabilities, flat and row-major, of shape `[n, classes]`
 * @param labels - the class that came true, from 0, for each prediction
 * @param options - the number of classes
 * @returns the mean score; NaN when a probability is NaN
 * @throws RangeError when shapes do not fit or a label is not a class
 * @example
 * ```ts
 * brierScore([0.8, 0.2, 0.5, 0.5], [0, 1], { classes: 2 }); // (0.08 + 0.5) / 2
 * ```
 * @see Brier 1950, doi:10.1175/1520-0493(1950)078%3C0001:VOFEIT%3E2.0.CO;2
 */
export function brierScore(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: ProperScoreOptions,
): number {
  const { classes } = options;
  return meanScore('brierScore', probabilities, labels, classes, (offset, label) => {
    let square = 0;
    for (let c = 0; c < classes; c++) square += ((probabilities[offset + c] as number) - (c === label ? 1 : 0)) ** 2;
    return square;
  });
}

/**
 * The mean negative log-likelihood of what came true, also called the log loss or the cross-entropy.
 *
 * $`-\frac1n \sum_i \log p_{i y_i}`$, lower is better, `Infinity` when something came true that had probability 0. Equal to
 * scikit-learn's `log_loss` for probabilities that sum to 1 and are not 0, which it replaces. Cost: order `n`.
 *
 * @param probabilities - the probabilities, flat and row-major, of shape `[n, classes]`
 * @param labels - the class that came true, from 0, for each prediction
 * @param options - the number of classes
 * @returns the mean in nats; NaN when the probability of a label is NaN or negative
 * @throws RangeError when shapes do not fit or a label is not a class
 * @example
 * ```ts
 * negativeLogLikelihood([0.5, 0.5], [1], { classes: 2 }); // log 2
 * ```
 * @see Gneiting and Raftery 2007, doi:10.1198/016214506000001437
 */
export function negativeLogLikelihood(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  options: ProperScoreOptions,
): number {
  return meanScore(
    'negativeLogLikelihood',
    probabilities,
    labels,
    options.classes,
    (offset, label) => -Math.log(probabilities[offset + label] as number),
  );
}
