/**
 * Conformance suites, enumerators and matchers for the tests of ebmkit.
 *
 * @packageDocumentation
 */

export type { DerivativeTolerance } from './backend/derivatives.js';
export { describeBackend } from './backend/describe-backend.js';
export type { BackendSuiteOptions } from './backend/options.js';
export { type Instruction, type Program, randomProgram, runProgram } from './backend/random-program.js';
export { expectCloseTo, findMismatch, isCloseTo, type Tolerance } from './close-to.js';
export { type AnalyticEnergy, describeEnergy, type EnergyCase } from './describe-energy.js';
export { describeObjective, type ObjectiveCase, type ObjectiveUnderTest } from './describe-objective.js';
export { type EnumeratedDistribution, enumerate, enumerateDistribution } from './enumerate.js';
export { type ContinuousTarget, continuousTargets } from './kernel/continuous-targets.js';
export {
  type ContinuousKernelCase,
  type ContinuousMoments,
  describeContinuousKernel,
  type ImageRun,
} from './kernel/describe-continuous-kernel.js';
export {
  type DiscreteEnergyFunction,
  type DiscreteKernelCase,
  describeDiscreteKernel,
} from './kernel/describe-discrete-kernel.js';
export { describeKernel } from './kernel/describe-kernel.js';
export { type DiscreteTarget, discreteTargets, type SiteKind } from './kernel/discrete-targets.js';
export type { BrokenKernel, KernelCase, KernelReport, KernelUnderTest } from './kernel/kernel-under-test.js';
export { expectInvariance } from './kernel/simulate.js';
export { onEach, type SuiteBackend } from './on-backend.js';
