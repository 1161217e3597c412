/**
 * Training of energy models: objectives, and the loop that serves them all.
 *
 * @packageDocumentation
 */
export { type BatchSource, type RowBatchesOptions, rowBatches } from './batch-source.js';
export {
  type ContrastiveDivergenceOptions,
  contrastiveDivergence,
  type PersistentOptions,
  persistentContrastiveDivergence,
} from './contrastive-divergence.js';
export { fit, type Initialised } from './fit.js';
export type { FitOptions, FitProgress, FitResult, SavedTraining, TrainingRecord } from './fit-options.js';
export type { Loss, Objective } from './objective.js';
export { type TrainingState, type TrainingStep, trainingStep } from './training-step.js';
