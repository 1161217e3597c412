/**
 * Markov chain Monte Carlo: kernels as pairs of pure functions, one driver, and estimates of normalising constants.
 *
 * @packageDocumentation
 */

export type {
  AdaptableKernel,
  AdaptableMetric,
  KernelSettings,
  StepSettings,
} from './adaptation/adaptable.js';
export {
  type Adapted,
  type AdaptiveOptions,
  type AdaptiveRecipe,
  type AdaptiveSampler,
  type AdaptOptions,
  adapt,
  adaptiveHmc,
  adaptiveLangevin,
  adaptiveMala,
  adaptiveNuts,
  adaptiveSampler,
  type SamplerOf,
  type SamplerSettings,
} from './adaptation/adaptive-samplers.js';
export {
  type DualAveraging,
  type DualAveragingOptions,
  type DualAveragingState,
  dualAveraging,
} from './adaptation/dual-averaging.js';
export { adaptedMetric, type InverseMass, type MassForm } from './adaptation/mass-form.js';
export {
  type AdaptationHistory,
  type AdaptedParameters,
  type WarmUpOptions,
  type WarmUpResult,
  warmUp,
} from './adaptation/warm-up.js';
export { type WarmupWindows, type WarmupWindowsOptions, warmupWindows } from './adaptation/warmup-windows.js';
export { type Welford, type WelfordState, welford } from './adaptation/welford.js';
export { anneal } from './combinators/anneal.js';
export { type MixInfo, type MixOptions, type MixState, mix, type SomeKernel } from './combinators/mix.js';
export { repeat } from './combinators/repeat.js';
export { type ReplayBufferOptions, type ReplayBufferState, replayBuffer } from './combinators/replay-buffer.js';
export { type ScheduledState, type SettingSchedule, scheduled } from './combinators/scheduled.js';
export { type AnnealedLangevinOptions, annealedLangevin } from './continuous/annealed-langevin.js';
export { type BarkerOptions, barker } from './continuous/barker.js';
export { type EllipticalSliceOptions, ellipticalSlice, type GaussianPrior } from './continuous/elliptical-slice.js';
export {
  type GeneralisedHmcOptions,
  type GeneralisedHmcState,
  generalisedHmc,
} from './continuous/generalised-hmc.js';
export { type HitAndRunSliceOptions, hitAndRunSlice, type SliceInfo } from './continuous/hit-and-run-slice.js';
export { type HmcOptions, hmc } from './continuous/hmc.js';
export {
  type IndependenceMetropolisOptions,
  type IndependenceState,
  independenceMetropolis,
  type ProposalDistribution,
} from './continuous/independence-metropolis.js';
export { type LangevinOptions, langevin } from './continuous/langevin.js';
export { mala } from './continuous/mala.js';
export { type AdjustedMclmcOptions, adjustedMclmc, type MclmcOptions, mclmc } from './continuous/mclmc.js';
export { type NutsInfo, type NutsOptions, nuts } from './continuous/nuts.js';
export {
  type EnergyState,
  type RandomWalkMetropolisOptions,
  randomWalkMetropolis,
} from './continuous/random-walk-metropolis.js';
export { type RmhmcOptions, rmhmc } from './continuous/rmhmc.js';
export { type SvgdOptions, svgd } from './continuous/svgd.js';
export { type UnderdampedLangevinOptions, underdampedLangevin } from './continuous/underdamped-langevin.js';
export { type DiscreteLangevinOptions, discreteLangevin } from './discrete/discrete-langevin.js';
export {
  type DiscreteMetropolisOptions,
  type DiscreteProposal,
  discreteMetropolis,
} from './discrete/discrete-metropolis.js';
export type { DiscreteGradientState, DiscreteOptions, DiscreteState } from './discrete/discrete-target.js';
export { alternatingGibbs, type Blocks, type GibbsState, gibbs } from './discrete/gibbs.js';
export { gibbsWithGradients } from './discrete/gibbs-with-gradients.js';
export { type PathAuxiliaryOptions, pathAuxiliary } from './discrete/path-auxiliary.js';
export { randomBlockGibbs } from './discrete/random-block-gibbs.js';
export {
  type RandomScanOptions,
  randomScanGibbs,
  type SingleSiteGibbsOptions,
  type SystematicScanState,
  systematicScanGibbs,
} from './discrete/single-site-gibbs.js';
export { binaryStates, categoricalStates, type StateSpace, spinStates } from './discrete/state-space.js';
export { type AbortedRun, isAbortedRun } from './drive/aborted.js';
export type { Adaptation } from './drive/adaptation.js';
export type { ChainStats } from './drive/chain-stats.js';
export type { DrawArray, Draws } from './drive/draw-store.js';
export type { DriveOptions } from './drive/drive.js';
export type { NoTensor, PlainData } from './drive/plain-data.js';
export { type RunOptions, run } from './drive/run.js';
export {
  type AdaptedSampleResult,
  type AdaptiveSampleOptions,
  type SampleOptions,
  type SampleResult,
  type SampleStatus,
  type SampleWithOptions,
  sample,
} from './drive/sample.js';
export {
  type SampleFrame,
  type SampleStreamOptions,
  type SampleStreamWithOptions,
  sampleStream,
} from './drive/sample-stream.js';
export type { SampleWarning, WarningCode } from './drive/sample-warnings.js';
export { isSavedRun, type SavedRun } from './drive/saved-run.js';
export { type DenseMass, denseMetric, denseMetricFrom } from './hamiltonian/dense-metric.js';
export { diagonalMetric } from './hamiltonian/diagonal-metric.js';
export type { HamiltonianInfo } from './hamiltonian/hamiltonian-info.js';
export { identityMetric, type Metric } from './hamiltonian/metric.js';
export {
  denseRiemannianMetric,
  diagonalRiemannianMetric,
  type RiemannianMetric,
} from './hamiltonian/riemannian-metric.js';
export {
  leapfrog,
  mcLachlan,
  type PhasePoint,
  type SplittingIntegrator,
  yoshida,
} from './hamiltonian/splitting-integrator.js';
export { type BrownianPath, type BrownianTreeOptions, brownianTree } from './integrators/brownian-tree.js';
export { type RungeKutta, type RungeKuttaStep, rungeKuttaStep, type VectorField } from './integrators/runge-kutta.js';
export { bosh3, dopri5, dopri8, euler, heun, rungeKutta4 } from './integrators/runge-kutta-methods.js';
export type { Solution, SolveOptions } from './integrators/solution.js';
export { type OdeOptions, solveOde } from './integrators/solve-ode.js';
export { type SdeOptions, solveSde } from './integrators/solve-sde.js';
export type { Tolerance } from './integrators/step-control.js';
export {
  type AdditiveEquation,
  type BrownianStep,
  type DiagonalEquation,
  eulerMaruyama,
  type StochasticEquation,
  type StochasticMethod,
  sra1,
  stochasticHeun,
} from './integrators/stochastic-differential-equation.js';
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
  type AnnealedEstimate,
  type AnnealedImportanceSamplingOptions,
  type AnnealingBase,
  type AnnealingPass,
  annealedImportanceSampling,
} from './normalising-constants/annealed-importance-sampling.js';
export { type LadderDraws, type SampleLadderOptions, sampleLadder } from './normalising-constants/ladder-draws.js';
export { bridgeSampling, steppingStone, thermodynamicIntegration } from './normalising-constants/ladder-estimates.js';
export type { LogZEstimate } from './normalising-constants/log-z-estimate.js';
export {
  type ReverseAnnealing,
  type ReverseAnnealingOptions,
  reverseAnnealing,
} from './normalising-constants/reverse-annealing.js';
export { type TemperedSmcOptions, type TemperedSmcResult, temperedSmc } from './normalising-constants/tempered-smc.js';
export { crooks, jarzynski } from './normalising-constants/work-relations.js';
export { type SghmcOptions, type SghmcState, sghmc } from './stochastic-gradient/sghmc.js';
export { type SgldOptions, sgld } from './stochastic-gradient/sgld.js';
export { type SgnhtOptions, type SgnhtState, sgnht } from './stochastic-gradient/sgnht.js';
export { type AnnealedTarget, type AnnealingPath, geometricPath, temperingPath } from './tempering/annealing-path.js';
export {
  type ParallelTemperingInfo,
  type ParallelTemperingOptions,
  type ParallelTemperingState,
  parallelTempering,
} from './tempering/parallel-tempering.js';
export { type TemperingFlow, type TemperingRecords, temperingFlow } from './tempering/tempering-flow.js';
export { type TunedLadder, type TuneLadderOptions, tuneLadder } from './tempering/tune-ladder.js';
