import { averageOf } from '../likelihood/data-average.js';
import type { LogLikelihood, LogZ } from '../likelihood/log-likelihood.js';

/** An average bound on log-likelihoods, from what the bound of each row is without the normaliser. */
export function boundFrom(unnormalised: Float64Array, logZ: number | LogZ): LogLikelihood {
  const known: LogZ = typeof logZ === 'number' ? { logZ, standardError: 0 } : logZ;
  const { mean, standardError } = averageOf(unnormalised);
  const { lower, upper } = known;
  return {
    mean: mean - known.logZ,
    standardError: Math.hypot(standardError, known.standardError),
    logZError: known.standardError,
    ...(upper === undefined ? {} : { lower: mean - upper }),
    ...(lower === undefined ? {} : { upper: mean - lower }),
  };
}
