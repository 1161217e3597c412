import type { SampledTree } from '@ebmkit/diagnostics';

/** A warning of a sampling run: what is wrong and what to do about it. */
export interface ReportedWarning {
  /** A short name of what is wrong, the same in every run. */
  readonly code: string;
  /** What is wrong, in words. */
  readonly message: string;
  /** What to do about it, in words. */
  readonly remedy: string;
  /** The scalar or the array that it is about. */
  readonly parameter?: string;
  /** The figure that it is about, such as an R-hat. */
  readonly value?: number;
}

/** What {@link sampleReport} reads of a sampling run: that of `sample` of `@ebmkit/samplers`, or of anything that has draws. */
export interface ReportedSample {
  /** The draws: `{ data, shape: [steps, chains, ...event] }`, or plain objects and lists of them. */
  readonly draws: SampledTree;
  /** Statistics of the chains. */
  readonly stats?: {
    /** The share of moves of each chain that were accepted. */
    readonly acceptanceRate?: ArrayLike<number>;
    /** How many moves of each chain met a number that is NaN or infinite. */
    readonly diverged?: ArrayLike<number>;
    /** The energies of the draws, `[steps, chains]`; empty when they are not known. */
    readonly energies?: ArrayLike<number>;
  };
  /** `ok`, or what is known to be wrong. */
  readonly status?: string;
  /** The status in words. */
  readonly message?: string;
  /** What is wrong and what to do about it. The report finds out for itself when they are left out. */
  readonly warnings?: readonly ReportedWarning[];
}
