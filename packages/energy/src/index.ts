/**
 * Energies $`E(x) = -\log p(x) + \mathrm{const}`$: what they are, analytic ones of which everything is known, and the algebra that
 * makes new ones from old.
 *
 * @packageDocumentation
 */

export { type Clamped, type ClampMask, clamp, clampBlock, type FixedValues } from './algebra/clamp.js';
export type { AnyEnergy, Composed, StatesOf } from './algebra/composed.js';
export { type Conditioned, condition } from './algebra/condition.js';
export {
  givenX,
  givenY,
  type JointEnergy,
  type JointParts,
  type JointState,
  jointEnergy,
  type PairEnergy,
  type SideStates,
  type SideSupport,
} from './algebra/joint.js';
export { marginal } from './algebra/marginal.js';
export { type MixtureOptions, mixture } from './algebra/mixture.js';
export { type PenaliseOptions, type Penalty, penalise } from './algebra/penalise.js';
export { type SoftBoxOptions, softBox, squaredDistance } from './algebra/penalties.js';
export { product } from './algebra/product.js';
export { negate, temper } from './algebra/rescale.js';
export { shift } from './algebra/shift.js';
export { type AckleyOptions, ackley, type ConfinedAckleyOptions } from './analytic/ackley.js';
export { type BananaOptions, banana } from './analytic/banana.js';
export { type DoubleWellOptions, doubleWell } from './analytic/double-well.js';
export type { AnalyticEnergy, ExactEnergy } from './analytic/exact-energy.js';
export { type FunnelOptions, funnel } from './analytic/funnel.js';
export { type GaussianOptions, gaussian } from './analytic/gaussian.js';
export { type GaussianMixtureOptions, gaussianMixture, type MixtureComponent } from './analytic/gaussian-mixture.js';
export { type HarmonicOptions, harmonic } from './analytic/harmonic.js';
export { type HybridRosenbrockOptions, hybridRosenbrock } from './analytic/hybrid-rosenbrock.js';
export { type ManyWellOptions, manyWell } from './analytic/many-well.js';
export { type MuellerBrownOptions, muellerBrown } from './analytic/mueller-brown.js';
export { type RastriginOptions, rastrigin } from './analytic/rastrigin.js';
export { type RingOptions, ring } from './analytic/ring.js';
export { type PlaneRosenbrockOptions, type RosenbrockOptions, rosenbrock } from './analytic/rosenbrock.js';
export { type TwoMoonsOptions, twoMoons } from './analytic/two-moons.js';
export { type Bound, bind } from './bind.js';
export type {
  BlockConditional,
  ConditionalEnergy,
  ConditionalModel,
  ContinuousEnergy,
  DiscreteEnergy,
  Energy,
  EnergyModel,
  Exact,
  StochasticEnergy,
  Support,
} from './energy.js';
export type { AssociativeMemory, SpinMemory } from './hopfield/associative-memory.js';
export type { LearningRule } from './hopfield/couplings.js';
export { type DenseMemoryOptions, denseMemory } from './hopfield/dense-memory.js';
export { type HopfieldOptions, hopfield } from './hopfield/hopfield.js';
export { type ModernHopfield, type ModernHopfieldOptions, modernHopfield } from './hopfield/modern-hopfield.js';
export { type RetrievalStatus, type Retrieved, type RetrieveOptions, retrieve } from './hopfield/retrieve.js';
export { type AnnealedOptions, annealed } from './inference/annealed.js';
export { type ArgminOptions, type ArgminOutput, argminOutput } from './inference/argmin-output.js';
export { type BeamOptions, beam } from './inference/beam.js';
export type { Box, Limits, PackedBox } from './inference/box.js';
export { type CoordinateDescentOptions, coordinateDescent } from './inference/coordinate-descent.js';
export {
  type Descent,
  type DescentInfo,
  type DescentOptions,
  type DescentState,
  descent,
  type StoppingOptions,
} from './inference/descent.js';
export type { Advance, DescentMethod, Evaluated, Plan, Problem } from './inference/descent-method.js';
export type { Found, SearchMethod, SearchProblem } from './inference/discrete-search.js';
export { exhaustive } from './inference/exhaustive.js';
export { type GradientMethodOptions, gradientDescent, nesterov } from './inference/gradient-methods.js';
export { type LbfgsOptions, lbfgs } from './inference/lbfgs.js';
export {
  type AbortedMinimisation,
  type Minima,
  type MinimiseOptions,
  type MinimiseStatus,
  minimise,
  type WatchOptions,
} from './inference/minimise.js';
export {
  type DiscreteOutput,
  type LabelOutput,
  labelOutput,
  type RealOutput,
  realOutput,
  type SequenceOutput,
  sequenceOutput,
} from './inference/output.js';
export { type BinaryOutcomes, logisticLikelihood } from './posterior/logistic-likelihood.js';
export { type Posterior, type PosteriorOptions, posterior } from './posterior/posterior.js';
export {
  type ControlVariate,
  controlVariate,
  type StochasticEnergyOptions,
  stochasticEnergy,
} from './posterior/stochastic-energy.js';
