/**
 * Diagnostics on plain arrays: effective sample sizes, rank-normalised split R-hat and Monte Carlo standard errors, equal to
 * ArviZ, and streaming versions of them; discrepancies and tests between samples; out-of-distribution scores; calibration.
 *
 * @packageDocumentation
 */

export { brierScore, negativeLogLikelihood, type ProperScoreOptions } from './calibration/proper-scores.js';
export {
  type ChiSquareTest,
  type EcdfEnvelope,
  type RankUniformity,
  type RankUniformityOptions,
  rankUniformity,
} from './calibration/rank-uniformity.js';
export {
  expectedCalibrationError,
  type ReliabilityBin,
  type ReliabilityOptions,
  reliability,
} from './calibration/reliability.js';
export {
  type SimulationBasedCalibration,
  type SimulationBasedCalibrationOptions,
  simulationBasedCalibration,
} from './calibration/simulation-based-calibration.js';
export { autocorrelation, autocovariance } from './convergence/autocorrelation.js';
export { autocorrelationTime } from './convergence/autocorrelation-time.js';
export type { Chains } from './convergence/chains.js';
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
} from './convergence/effective-sample-size.js';
export { meanMcse, medianMcse, quantileMcse, sdMcse } from './convergence/monte-carlo-standard-error.js';
export { bulkRHat, foldedRHat, plainRHat, rHat, splitRHat } from './convergence/r-hat.js';
export { scalarChains } from './convergence/scalar-chains.js';
export type { QuantileSummary, Summary, SummaryOptions } from './convergence/summary.js';
export { summarise } from './convergence/summary.js';
export { type VectorDraws, worstComponents } from './convergence/worst-components.js';
export type { AxisOptions, Coordinate } from './inference-data/axes.js';
export type {
  InferenceArray,
  InferenceData,
  InferenceDataOptions,
  InferenceGroup,
  InferenceNumbers,
  SampledRun,
} from './inference-data/inference-data.js';
export { toInferenceData } from './inference-data/inference-data.js';
export type { NamedDraws, SampledArray, SampledTree } from './inference-data/sampled-draws.js';
export { chainsOfScalar, namedDraws } from './inference-data/sampled-draws.js';
export { writeNetcdf } from './inference-data/write-netcdf.js';
export { writeZarr } from './inference-data/write-zarr.js';
export { inverseNormalCdf } from './numerics/inverse-normal-cdf.js';
export { quantile } from './numerics/quantile.js';
export { type ConformalOptions, conformalPValues, conformalThreshold } from './out-of-distribution/conformal.js';
export {
  aupr,
  auroc,
  falsePositiveRateAt95,
  type RocCurve,
  rocCurve,
} from './out-of-distribution/receiver-operating-characteristic.js';
export type { ScoredClasses } from './out-of-distribution/scored-classes.js';
export type { DrawBlocks } from './streaming/draw-blocks.js';
export type { LagLevel } from './streaming/lag-level.js';
export {
  type RunningMoments,
  type RunningMomentsOptions,
  runningMoments,
  type SavedMoments,
} from './streaming/running-moments.js';
export {
  type SavedStream,
  type StreamedSummary,
  type StreamingSummary,
  type StreamingSummaryOptions,
  streamingSummary,
} from './streaming/streaming-summary.js';
export {
  type EnergyDistanceOptions,
  type EnergyDistanceTestOptions,
  energyDistance,
  energyDistanceTest,
} from './two-sample/energy-distance.js';
export {
  type FrechetDistanceOptions,
  frechetDistance,
  frechetDistanceOfMoments,
  type MeanAndCovariance,
} from './two-sample/frechet-distance.js';
export {
  kernelSteinDiscrepancy,
  kernelSteinDiscrepancyTest,
  type SteinDiscrepancyOptions,
  type SteinTestOptions,
} from './two-sample/kernel-stein-discrepancy.js';
export { type KnnDivergenceOptions, knnJensenShannon, knnKullbackLeibler } from './two-sample/knn-divergence.js';
export {
  type DiscrepancyOptions,
  type DiscrepancyTestOptions,
  type LinearDiscrepancyOptions,
  linearMaximumMeanDiscrepancy,
  maximumMeanDiscrepancy,
  maximumMeanDiscrepancyTest,
  type NormalTest,
} from './two-sample/maximum-mean-discrepancy.js';
export { medianDistance } from './two-sample/median-distance.js';
export type { PermutationOptions, ResamplingTest } from './two-sample/permutation-test.js';
export {
  type PrecisionRecall,
  type PrecisionRecallOptions,
  precisionRecallDensityCoverage,
} from './two-sample/precision-recall.js';
export type { KernelOptions } from './two-sample/radial-kernel.js';
export { type SlicedWassersteinOptions, slicedWasserstein } from './two-sample/sliced-wasserstein.js';
