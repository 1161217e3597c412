/**
 * Optimisers and schedules as composable gradient transforms: pure functions whose state is a tree of tensors, so that a whole
 * training step compiles.
 *
 * @packageDocumentation
 */
export { type AdamOptions, type AdamState, adam } from './adam.js';
export { applyUpdates } from './apply-updates.js';
export { chain } from './chain.js';
export { type ClipOptions, clip, globalNorm } from './clip.js';
export { defineTransform } from './define-transform.js';
export { type Average, type AverageState, type EmaOptions, ema } from './ema.js';
export { type MaxNormOptions, maxNorm } from './max-norm.js';
export { type ScaleOptions, type ScaleState, scale } from './scale.js';
export {
  constantSchedule,
  cosineSchedule,
  type ExponentialScheduleOptions,
  exponentialSchedule,
  linearSchedule,
  type PiecewiseScheduleOptions,
  piecewiseSchedule,
  type RampOptions,
  type Schedule,
  type WarmupScheduleOptions,
  warmupSchedule,
} from './schedule.js';
export { type SgdOptions, type SgdState, sgd } from './sgd.js';
export type { Transform } from './transform.js';
export { type WeightDecayOptions, weightDecay } from './weight-decay.js';
