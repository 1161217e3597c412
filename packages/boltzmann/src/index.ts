/**
 * Restricted Boltzmann machines: energy, free energy, block conditionals, exact and estimated likelihood, inpainting.
 *
 * @packageDocumentation
 */

export { type FantasiesOptions, fantasies } from './chains/fantasies.js';
export { type InpaintOptions, inpaint, type Mask } from './chains/inpaint.js';
export type { ChainOptions, VisibleChains } from './chains/visible-chains.js';
export type { DataAverage } from './likelihood/data-average.js';
export { denseNearTarget } from './likelihood/dense-near-target.js';
export { enumerateStates } from './likelihood/enumeration.js';
export { type EstimateLogZOptions, estimateLogZ } from './likelihood/estimate-log-z.js';
export { type ExactLogZOptions, exactLogZ } from './likelihood/exact-log-z.js';
export { freeEnergies } from './likelihood/free-energies.js';
export { exactLogLikelihood, type LogLikelihood, type LogZ, logLikelihood } from './likelihood/log-likelihood.js';
export {
  type PseudoLikelihoodOptions,
  pseudoLikelihood,
  type StochasticPseudoLikelihoodOptions,
  stochasticPseudoLikelihood,
} from './likelihood/pseudo-likelihood.js';
export { type RaiseLogLikelihood, type RaiseOptions, raiseLogLikelihood } from './likelihood/raise-log-likelihood.js';
export type { Rows } from './likelihood/rows.js';
export { type TemperedLogZOptions, temperedLogZ } from './likelihood/tempered-log-z.js';
export { type ClassRbm, type ClassRbmLayers, classRbm } from './rbm/class-rbm.js';
export type { ClassRbmParameters, ClassRbmState, LabelledStates } from './rbm/class-rbm-parameters.js';
export {
  type ConditionalRbm,
  type ConditionalRbmLayers,
  type ConditionalRbmParameters,
  type ConditionedStates,
  conditionalRbm,
} from './rbm/conditional-rbm.js';
export {
  type ConvolutionalRbm,
  type ConvolutionalRbmLayers,
  type ConvolutionalRbmParameters,
  convolutionalRbm,
} from './rbm/convolutional-rbm.js';
export type { Drive } from './rbm/driven-rbm.js';
export type { ExactState } from './rbm/exact-moves.js';
export { framesBefore } from './rbm/frames-before.js';
export type { RbmLayers } from './rbm/layers.js';
export { type Rbm, type RbmInit, type RbmState, rbm } from './rbm/rbm.js';
export type { LayerParameters, RbmParameters } from './rbm/rbm-parameters.js';
export type { GenerateOptions, PredictOptions } from './rbm/temporal-generation.js';
export { type SequenceStates, type TemporalRbm, type TemporalRbmParameters, temporalRbm } from './rbm/temporal-rbm.js';
export { type BiasOptions, bernoulli, visibleBiasFrom } from './units/bernoulli.js';
export type { OwnParameters, Units } from './units/units.js';
