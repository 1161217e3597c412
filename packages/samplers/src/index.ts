/**
 * Markov chain Monte Carlo: kernels as pairs of pure functions, one driver, and estimates of normalising constants.
 *
 * @packageDocumentation
 */
export type { GradientState } from './evaluate.js';
export { alternatingGibbs, type Blocks, type GibbsState, gibbs } from './gibbs.js';
export { defineKernel, type InfoOf, type Kernel, type PositionOf, type StateOf, type Transition } from './kernel.js';
export { type LangevinOptions, langevin } from './langevin.js';
export { mala } from './mala.js';
export type { MoveInfo } from './move-info.js';
export { repeat } from './repeat.js';
