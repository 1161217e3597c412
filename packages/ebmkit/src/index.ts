/**
 * Energy-based modelling for JavaScript: everything under one name.
 *
 * Names that two packages share: `bernoulli` is the unit type of `@ebmkit/boltzmann` (the draw of `@ebmkit/tensor` is
 * `drawBernoulli`). Its other unit types of such names are `gaussianUnits`, `softmaxUnits` and `reluUnits`, since `gaussian` is the energy and
 * `softmax` and `relu` are operations; its `checkerboard` and `dropout` are `checkerboardKernel` and `hiddenDropout`, since those are a data
 * set and a layer. `clip` is the elementwise one of `@ebmkit/tensor` (the gradient transform of `@ebmkit/optim` is
 * `clipGradients`), and `twoMoons` is the data set of `@ebmkit/datasets` (the energy of `@ebmkit/energy` is `twoMoonsEnergy`).
 *
 * @packageDocumentation
 */

export * from '@ebmkit/boltzmann';
export {
  bernoulli,
  type CheckerboardOptions as CheckerboardKernelOptions,
  checkerboard as checkerboardKernel,
  type DropoutOptions as HiddenDropoutOptions,
  dropout as hiddenDropout,
  type GaussianOptions as GaussianUnitsOptions,
  gaussian as gaussianUnits,
  type JointState as MostLikelyState,
  relu as reluUnits,
  softmax as softmaxUnits,
} from '@ebmkit/boltzmann';
export * from '@ebmkit/checkpoint';
export * from '@ebmkit/datasets';
export { type CheckerboardOptions, checkerboard, type TwoMoonsOptions, twoMoons } from '@ebmkit/datasets';
export * from '@ebmkit/diagnostics';
export * from '@ebmkit/energy';
export {
  type GaussianOptions,
  gaussian,
  type JointState,
  type TwoMoonsOptions as TwoMoonsEnergyOptions,
  twoMoons as twoMoonsEnergy,
} from '@ebmkit/energy';
export * from '@ebmkit/nn';
export { type DropoutOptions, dropout } from '@ebmkit/nn';
export * from '@ebmkit/optim';
export { clip as clipGradients } from '@ebmkit/optim';
export * from '@ebmkit/plot';
export * from '@ebmkit/samplers';
export * from '@ebmkit/tensor';
export { bernoulli as drawBernoulli, clip, type Plain, relu, softmax } from '@ebmkit/tensor';
export * from '@ebmkit/tensor-tfjs';
export * from '@ebmkit/tensor-wasm';
export * from '@ebmkit/trainers';
export { type BackendName, backendNames, chooseBackend } from './backend.js';
