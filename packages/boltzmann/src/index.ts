/**
 * Boltzmann machines of every kind: restricted, deep, on any graph and on lattices; exact and approximate inference, likelihoods.
 *
 * @packageDocumentation
 */

export { type FantasiesOptions, fantasies } from './chains/fantasies.js';
export { type InpaintOptions, inpaint, type Mask } from './chains/inpaint.js';
export type { ChainOptions, VisibleChains } from './chains/visible-chains.js';
export { beliefFantasies } from './deep/belief-fantasies.js';
export type { DeepBeliefParameters, DirectedParameters } from './deep/belief-parameters.js';
export { type DeepBeliefNetwork, deepBeliefNetwork } from './deep/deep-belief-network.js';
export { type DeepBoltzmannMachine, deepBoltzmannMachine } from './deep/deep-boltzmann-machine.js';
export type { DeepBoltzmannParameters } from './deep/deep-boltzmann-parameters.js';
export { type DeepFantasies, type DeepFantasiesOptions, deepFantasies } from './deep/deep-fantasies.js';
export type { DeepLayers, DeepState, LayerName } from './deep/deep-layers.js';
export { doubled } from './deep/doubled-units.js';
export { type EstimateDeepLogZOptions, estimateDeepLogZ } from './deep/estimate-deep-log-z.js';
export { greedyBoltzmann } from './deep/greedy-boltzmann.js';
export type { GreedyStack, LiftOptions, PreparedBatches, StackMachines } from './deep/greedy-stack.js';
export type { DeepMeanField, DeepMeanFieldOptions } from './deep/mean-field.js';
export { type MeanFieldBound, type MeanFieldBoundOptions, meanFieldBound } from './deep/mean-field-bound.js';
export { type RecognitionBoundOptions, recognitionBound } from './deep/recognition-bound.js';
export { type UpDownObjective, type UpDownOptions, upDown } from './deep/up-down.js';
export {
  type LayeredBatch,
  type LayeredEquilibrium,
  type LayeredNetwork,
  type LayeredParameters,
  type LayeredState,
  layeredNetwork,
  type SettleOptions,
} from './equilibrium/layered-network.js';
export {
  type BoltzmannMachine,
  type BoltzmannMachineOptions,
  boltzmannMachine,
  type CompleteOptions,
} from './graph/boltzmann-machine.js';
export { type Colourable, colour } from './graph/colour.js';
export type { ColourBlock, ColourName, ColourStates } from './graph/colour-states.js';
export { bipartiteEdges, completeEdges, type Edge, type GridOptions, gridEdges } from './graph/edges.js';
export type { Factor, FactorGraph } from './graph/factor-graph.js';
export { type GatherOptions, gatherMoments, type MomentState } from './graph/gather-moments.js';
export type { GraphKernelOptions } from './graph/graph-kernel.js';
export type { GraphParameters } from './graph/graph-parameters.js';
export type { Interaction, InteractionGraph } from './graph/interaction-graph.js';
export { type IsingOptions, ising } from './graph/ising.js';
export { type Moments, type MomentsOptions, moments } from './graph/moments.js';
export { type PottsSampleOptions, pottsSamples } from './graph/native/potts-samples.js';
export { type PottsSweepOptions, pottsSweeps } from './graph/native/potts-sweeps.js';
export { type SpinSampleOptions, spinSamples } from './graph/native/spin-samples.js';
export { type SpinSweepOptions, spinSweeps } from './graph/native/spin-sweeps.js';
export type { SweepOptions } from './graph/native/sweep-arguments.js';
export { type ColouredGraph, type SweepStructure, sweepStructure } from './graph/native/sweep-structure.js';
export type { NodeKind } from './graph/node-kind.js';
export { type PottsOptions, potts } from './graph/potts.js';
export { fromThrml, type ThrmlIsing, toThrml } from './graph/thrml.js';
export type { GraphState, NodeParts } from './graph/visible-hidden.js';
export type { ApproximateMarginals } from './inference/approximate-marginals.js';
export { type BeliefPropagationOptions, beliefPropagation } from './inference/belief-propagation.js';
export type { Convergence, IterationOptions } from './inference/convergence.js';
export { clampNodes } from './inference/evidence.js';
export { type ExactInferenceOptions, exactInference } from './inference/exact-inference.js';
export { type JunctionTree, type JunctionTreeOptions, junctionTree } from './inference/junction-tree.js';
export type { Evidence, InferenceOptions, Marginals } from './inference/marginals.js';
export { type MeanFieldOptions, meanField } from './inference/mean-field.js';
export type { JointState } from './inference/most-likely.js';
export type { PlefkaOrder } from './inference/plefka.js';
export { rbmFactorGraph } from './inference/rbm-factor-graph.js';
export type { ClampedVisible, RbmMagnetisations, RbmMeanFieldOptions } from './inference/rbm-fixed-point.js';
export { rbmMeanField } from './inference/rbm-mean-field.js';
export { type RbmTapOptions, rbmTap } from './inference/rbm-tap.js';
export { type TapOptions, tap } from './inference/tap.js';
export { variationalFreeEnergy } from './inference/variational-free-energy.js';
export type { PlainMatrix, PlainVector } from './interchange/plain-arrays.js';
export { fromScikitLearn, type ScikitLearnRbm, toScikitLearn } from './interchange/scikit-learn.js';
export {
  fromStateDict,
  type StateDict,
  type StateDictNames,
  type StateDictOptions,
  toStateDict,
} from './interchange/state-dict.js';
export { type Binning, type BinningLevel, binning } from './lattice/binning.js';
export { type CheckerboardOptions, checkerboard } from './lattice/checkerboard.js';
export { canonicalMeans, type DensityOfStates, exactDensityOfStates } from './lattice/density-of-states.js';
export type { HistogramRun } from './lattice/histogram-samples.js';
export { type IsingLattice, type IsingLatticeOptions, isingLattice } from './lattice/ising-lattice.js';
export type { Estimate } from './lattice/jackknife.js';
export { type CanonicalMeans, kaufman } from './lattice/kaufman.js';
export type { Lattice } from './lattice/lattice.js';
export {
  type LatticeMeasurement,
  type Measured,
  type MeasureLatticeOptions,
  measureLattice,
} from './lattice/measure-lattice.js';
export {
  type HistogramMeans,
  type MultipleHistogram,
  type MultipleHistogramOptions,
  multipleHistogram,
  type ReweightedEstimate,
} from './lattice/multiple-histogram.js';
export { isingLatticeSweeps } from './lattice/native/ising-lattice-sweeps.js';
export { type LatticeObservables, latticeObservables } from './lattice/observables.js';
export { isingCriticalBeta, type OnsagerSolution, onsager, pottsCriticalBeta } from './lattice/onsager.js';
export { type PottsLattice, type PottsLatticeOptions, pottsLattice } from './lattice/potts-lattice.js';
export { type SwendsenWangInfo, swendsenWang } from './lattice/swendsen-wang.js';
export { type WangLandauOptions, type WangLandauResult, wangLandau } from './lattice/wang-landau.js';
export { type WolffInfo, type WolffOptions, wolff } from './lattice/wolff.js';
export type { DataAverage } from './likelihood/data-average.js';
export { denseNearTarget } from './likelihood/dense-near-target.js';
export { type EnumerableUnits, enumerateStates } from './likelihood/enumeration.js';
export { type EstimateLogZOptions, estimateLogZ } from './likelihood/estimate-log-z.js';
export { exactLogZ } from './likelihood/exact-log-z.js';
export { exactRbmMoments, type RbmMoments } from './likelihood/exact-rbm-moments.js';
export { freeEnergies } from './likelihood/free-energies.js';
export type { ExactLogZOptions } from './likelihood/listed-states.js';
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
export { type DropoutOptions, dropConnect, dropout, type WithWeights } from './rbm/dropout.js';
export type { ExactState } from './rbm/exact-moves.js';
export { framesBefore } from './rbm/frames-before.js';
export type { RbmLayers } from './rbm/layers.js';
export { type Rbm, type RbmInit, type RbmState, rbm } from './rbm/rbm.js';
export type { LayerParameters, RbmParameters } from './rbm/rbm-parameters.js';
export { type Offsets, recentre } from './rbm/recentre.js';
export { type ReplicatedSoftmaxOptions, replicatedSoftmax } from './rbm/replicated-softmax.js';
export { type SparsityOptions, sparsity, type WithHiddenMean } from './rbm/sparsity.js';
export type { FrameMeanField, GeneratedFrames, GenerateOptions, PredictOptions } from './rbm/temporal-generation.js';
export { type SequenceStates, type TemporalRbm, type TemporalRbmParameters, temporalRbm } from './rbm/temporal-rbm.js';
export { transform } from './rbm/transform.js';
export { type BiasOptions, bernoulli, visibleBiasFrom } from './units/bernoulli.js';
export { centred } from './units/centred.js';
export { type CountOptions, count } from './units/count.js';
export { type GaussianOptions, gaussian } from './units/gaussian.js';
export { type AnyUnits, mixed, type UnitsNames, type UnitsSupport } from './units/mixed.js';
export { relu } from './units/relu.js';
export { type SoftmaxOptions, softmax } from './units/softmax.js';
export { spin } from './units/spin.js';
export type { OwnParameters, Site, Units } from './units/units.js';
