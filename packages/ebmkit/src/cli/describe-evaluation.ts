import type { Evaluation } from './evaluate.js';

/** Writes the figures of an evaluation as lines of text for the terminal. */
export function describeEvaluation({
  test,
  train: onTrain,
  logZ,
  pseudoLikelihood,
  reconstructionError,
  options,
}: Evaluation): string {
  const line = (name: string, value: number, error: number, rest = '') =>
    `  ${name.padEnd(26)} ${value.toFixed(2)} ± ${error.toFixed(2)} nats${rest}`;
  return [
    line(
      'test log-likelihood',
      test.logLikelihood,
      test.standardError,
      `, bracket ${test.lower.toFixed(2)} … ${test.upper.toFixed(2)}`,
    ),
    line('training log-likelihood', onTrain.logLikelihood, onTrain.standardError),
    line(
      'log Z',
      logZ.value,
      logZ.standardError,
      `, forward ${logZ.forward.toFixed(2)}, reverse ${logZ.reverse.toFixed(2)}, effective chains ${logZ.ess.toFixed(1)} of ${options.chains}`,
    ),
    line('pseudo-likelihood', pseudoLikelihood.value, pseudoLikelihood.standardError),
    `  ${'reconstruction error'.padEnd(26)} ${reconstructionError.toFixed(4)} mean square a pixel`,
  ].join('\n');
}
