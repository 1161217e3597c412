/**
 * Markov chain Monte Carlo: kernels as pairs of pure functions, one driver, and estimates of normalising constants.
 *
 * @packageDocumentation
 */

export { repeat } from './combinators/repeat.js';
export { type LangevinOptions, langevin } from './continuous/langevin.js';
export { mala } from './continuous/mala.js';
export { alternatingGibbs, type Blocks, type GibbsState, gibbs } from './discrete/gibbs.js';
export { type AbortedRun, isAbortedRun } from './drive/aborted.js';
export type { ChainStats } from './drive/chain-stats.js';
export type { DrawArray, Draws } from './drive/draw-store.js';
export type { DriveOptions } from './drive/drive.js';
export type { NoTensor, PlainData } from './drive/plain-data.js';
export { type RunOptions, run } from './drive/run.js';
export {
  type SampleOptions,
  type SampleResult,
  type SampleStatus,
  type SampleWithOptions,
  sample,
} from './drive/sample.js';
export type { SampleWarning, WarningCode } from './drive/sample-warnings.js';
export { isSavedRun, type SavedRun } from './drive/saved-run.js';
export type { GradientState } from './kernel/evaluate.js';
export {
  defineKernel,
  type InfoOf,
  type Kernel,
  type PositionOf,
  type StateOf,
  type Transition,
} from './kernel/kernel.js';
export type { MoveInfo } from './kernel/move-info.js';
export {
  type AnnealedImportanceSamplingOptions,
  type AnnealingBase,
  type AnnealingPass,
  annealedImportanceSampling,
  type LogZEstimate,
} from './normalising-constants/annealed-importance-sampling.js';
export { type AnnealedTarget, type AnnealingPath, geometricPath } from './normalising-constants/annealing-path.js';
