/**
 * Restricted Boltzmann machines: energy, free energy, block conditionals, exact and estimated likelihood, inpainting.
 *
 * @packageDocumentation
 */
export { type BiasOptions, bernoulli, visibleBiasFrom } from './bernoulli.js';
export type { DataAverage } from './data-average.js';
export { denseNearTarget } from './dense-near-target.js';
export { enumerateStates } from './enumeration.js';
export { type EstimateLogZOptions, estimateLogZ } from './estimate-log-z.js';
export { type ExactLogZOptions, exactLogZ } from './exact-log-z.js';
export { type FantasiesOptions, fantasies } from './fantasies.js';
export { freeEnergies } from './free-energies.js';
export { type InpaintOptions, inpaint, type Mask } from './inpaint.js';
export type { RbmLayers } from './layers.js';
export { exactLogLikelihood, type LogLikelihood, type LogZ, logLikelihood } from './log-likelihood.js';
export {
  type PseudoLikelihoodOptions,
  pseudoLikelihood,
  type StochasticPseudoLikelihoodOptions,
  stochasticPseudoLikelihood,
} from './pseudo-likelihood.js';
export { type Rbm, type RbmInit, type RbmState, rbm } from './rbm.js';
export type { LayerParameters, RbmParameters } from './rbm-parameters.js';
export type { Rows } from './rows.js';
export type { OwnParameters, Units } from './units.js';
export type { ChainOptions, VisibleChains } from './visible-chains.js';
