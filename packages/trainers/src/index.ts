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
export {
  type EquilibriumPropagationOptions,
  equilibriumPropagation,
  type PhaseOptions,
  type SettlingModel,
} from './equilibrium-propagation.js';
export { fit, type Initialised } from './fit.js';
export type { FitCheckpoint, FitOptions, FitProgress, FitResult } from './fit-options.js';
export { logLoss } from './log-loss.js';
export type { Loss, Objective } from './objective.js';
export { penalised } from './penalised.js';
export { perturbed } from './perturbed.js';
export { isSavedTraining, loadTraining, type SavedTraining, saveTraining } from './saved-training.js';
export type { TrainingRecord } from './training-record.js';
export { type TrainingState, type TrainingStep, type TrainingStepParts, trainingStep } from './training-step.js';
export {
  type ObjectiveState,
  type WeightedObjective,
  type WeightedSum,
  type WeightedTerms,
  weightedSum,
} from './weighted-sum.js';
