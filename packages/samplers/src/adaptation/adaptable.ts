import type { Key, TensorLike, Tree } from '@ebmkit/tensor';
import type { Metric } from '../hamiltonian/metric.js';
import type { Kernel, Transition } from '../kernel/kernel.js';

/** A metric that names the tensors it is made of, so that a compiled step can take them as arguments. */
export interface AdaptableMetric<X extends Tree = Tree> extends Metric<X> {
  /** The tensors: inverse masses, and what is computed from them. */
  readonly mass: Tree;
  /** The same kind of metric made of other tensors, which may be traced. */
  readonly withMass: (mass: Tree) => Metric<X>;
}

/** What adaptation chooses, as a kernel takes it. */
export interface KernelSettings<X extends Tree = Tree> {
  /** The step size, a scalar that may be traced. */
  readonly stepSize: TensorLike;
  /** The metric. Kernels without momenta leave it. */
  readonly metric: AdaptableMetric<X>;
}

/** The settings as arguments of a compiled step. */
export type StepSettings = {
  /** The step size, a number or a scalar. */
  readonly stepSize: TensorLike;
  /** The tensors of an `AdaptableMetric`; null where the metric is fixed. */
  readonly mass: Tree;
};

/** A kernel whose compiled parts take the settings as arguments: what an eager kernel must be in order to be adapted. */
export interface AdaptableKernel<P extends Tree, S extends { readonly position: P }, I> extends Kernel<P, S, I> {
  /** One transition of every chain under other settings than those that the kernel was made with. Compiles nothing anew. */
  readonly stepWith: (key: Key, state: S, settings: StepSettings) => Transition<S, I>;
}

/** Whether a metric names its tensors. */
export function isAdaptableMetric<X extends Tree>(metric: Metric<X>): metric is AdaptableMetric<X> {
  return 'withMass' in metric;
}

/** Whether a kernel takes settings with each step. */
export function isAdaptableKernel<P extends Tree, S extends { readonly position: P }, I>(
  kernel: Kernel<P, S, I>,
): kernel is AdaptableKernel<P, S, I> {
  return 'stepWith' in kernel;
}
