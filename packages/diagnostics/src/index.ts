/**
 * MCMC diagnostics on plain arrays: effective sample sizes, rank-normalised split R-hat, Monte Carlo standard errors and
 * autocorrelation, equal to ArviZ.
 *
 * @packageDocumentation
 */

export { autocorrelation, autocovariance } from './autocorrelation.js';
export { autocorrelationTime } from './autocorrelation-time.js';
export type { Chains } from './chains.js';
export {
  bulkEss,
  foldedEss,
  localEss,
  madEss,
  meanEss,
  medianEss,
  plainEss,
  quantileEss,
  sdEss,
  tailEss,
} from './effective-sample-size.js';
export { inverseNormalCdf } from './inverse-normal-cdf.js';
export { meanMcse, medianMcse, quantileMcse, sdMcse } from './monte-carlo-standard-error.js';
export { quantile } from './quantile.js';
export { bulkRHat, foldedRHat, rHat, splitRHat } from './r-hat.js';
export { scalarChains } from './scalar-chains.js';
export type { QuantileSummary, Summary, SummaryOptions } from './summary.js';
export { summarise } from './summary.js';
