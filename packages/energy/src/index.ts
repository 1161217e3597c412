/**
 * Energies $`E(x) = -\log p(x) + \mathrm{const}`$: what they are, analytic ones of which everything is known, and the algebra that
 * makes new ones from old.
 *
 * @packageDocumentation
 */
export { type Bound, bind } from './bind.js';
export { type Clamped, clamp, clampBlock } from './clamp.js';
export type { AnyEnergy, Composed, StatesOf } from './composed.js';
export { type DoubleWellOptions, doubleWell } from './double-well.js';
export type {
  BlockConditional,
  ConditionalEnergy,
  ConditionalModel,
  ContinuousEnergy,
  DiscreteEnergy,
  Energy,
  EnergyModel,
  Exact,
  Support,
} from './energy.js';
export { type ExactEnergy, type GaussianOptions, gaussian } from './gaussian.js';
export { type GaussianMixtureOptions, gaussianMixture, type MixtureComponent } from './gaussian-mixture.js';
export { type MixtureOptions, mixture } from './mixture.js';
export { product } from './product.js';
export { negate, temper } from './rescale.js';
export { shift } from './shift.js';
