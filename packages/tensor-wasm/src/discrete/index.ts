/**
 * Kernels of the compiled backend for sweeps over graphs and lattices, for primitives that bring them along. A page that imports none of
 * these primitives does not download them.
 *
 * @packageDocumentation
 */
export { latticeSweepsKernel } from './lattice-sweeps.js';
export { pottsSweepsKernel } from './potts-sweeps.js';
export { spinSweepsKernel } from './spin-sweeps.js';
