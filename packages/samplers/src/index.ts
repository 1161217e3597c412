/**
 * Markov chain Monte Carlo: kernels as pairs of pure functions, one driver, and estimates of normalising constants.
 *
 * @packageDocumentation
 */
export { type AbortedRun, isAbortedRun } from './aborted.js';
export {
  type AnnealedImportanceSamplingOptions,
  type AnnealingBase,
  type AnnealingPass,
  annealedImportanceSampling,
  type LogZEstimate,
} from './annealed-importance-sampling.js';
export { type AnnealedTarget, type AnnealingPath, geometricPath } from './annealing-path.js';
export type { DrawArray, Draws } from './draw-store.js';
export type { DriveOptions } from './drive.js';
export type { GradientState } from './evaluate.js';
export { alternatingGibbs, type Blocks, type GibbsState, gibbs } from './gibbs.js';
export { defineKernel, type InfoOf, type Kernel, type PositionOf, type StateOf, type Transition } from './kernel.js';
export { type LangevinOptions, langevin } from './langevin.js';
export { mala } from './mala.js';
export type { MoveInfo } from './move-info.js';
export { makePacer, type Pacer, type Progress } from './pacer.js';
export type { NoTensor, PlainData } from './plain-data.js';
export { repeat } from './repeat.js';
export { type RunOptions, run } from './run.js';
export { type SampleOptions, type SampleResult, type SampleWithOptions, sample } from './sample.js';
export type { ChainStats, SampleStatus } from './sample-status.js';
export { isSavedRun, type SavedRun } from './saved-run.js';
