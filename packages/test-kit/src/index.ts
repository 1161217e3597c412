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
export {
  type BrokenKernel,
  describeKernel,
  type KernelCase,
  type KernelReport,
  type KernelUnderTest,
} from './describe-kernel.js';
export { describeObjective, type ObjectiveCase, type ObjectiveUnderTest } from './describe-objective.js';
export { type EnumeratedDistribution, enumerate, enumerateDistribution } from './enumerate.js';
export type { SuiteBackend } from './on-backend.js';
