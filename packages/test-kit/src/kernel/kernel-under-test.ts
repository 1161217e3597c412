import type { Key, Tensor, Tree } from '@ebmkit/tensor';
import type { SuiteBackend } from '../on-backend.js';

/** What the suite needs to see of a report. */
export interface KernelReport {
  /** Whether each chain moved, bool `[chains]`. */
  readonly accepted: Tensor;
  /** With which probability, `[chains]`. */
  readonly acceptanceProbability: Tensor;
  /** Whether each chain met a number that is not finite, bool `[chains]`. */
  readonly diverged: Tensor;
}

/** A Markov kernel, by structure. */
export interface KernelUnderTest<P extends Tree, S extends { readonly position: P }> {
  /** The state at a position. */
  readonly init: (position: P, key: Key) => S;
  /** One transition of every chain. */
  readonly step: (key: Key, state: S) => { readonly state: S; readonly info: KernelReport };
  /** Said by kernels whose step reads numbers, and so cannot be traced as a whole. */
  readonly eager?: true;
  /** Frees what an eager kernel has compiled. */
  readonly clear?: () => void;
}

/** A kernel whose target breaks down for some chains. */
export interface BrokenKernel<P extends Tree, S extends { readonly position: P }> {
  /** The kernel. */
  readonly kernel: KernelUnderTest<P, S>;
  /** Where the chains begin. */
  readonly start: P;
  /** Which chains must report divergence at the first step and stay where they are. */
  readonly diverges: readonly boolean[];
}

/** What the suite is told of a kernel. */
export interface KernelCase<P extends Tree, S extends { readonly position: P }> {
  /** Makes the kernel, on the active backend. */
  readonly make: () => KernelUnderTest<P, S>;
  /** Makes the positions at which the chains begin: off the target, `[chains, ...event]`. */
  readonly start: () => P;
  /** The quantities whose means are known, `[chains, quantities]`. */
  readonly statistics: (position: P) => Tensor;
  /** Their means under the distribution that the kernel must leave invariant. */
  readonly expected: ArrayLike<number>;
  /** Steps whose statistics are averaged; 500 unless given. */
  readonly steps?: number;
  /** Steps before that; 100 unless given. */
  readonly warmup?: number;
  /** The least effective sample size with which a mean is taken to say anything; 400 unless given. */
  readonly leastEss?: number;
  /** Makes the kernel with a target that is NaN or infinite for some chains. */
  readonly broken: () => BrokenKernel<P, S>;
  /** Backends to run on; the reference backend unless given. */
  readonly backends?: readonly SuiteBackend[];
}
