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
