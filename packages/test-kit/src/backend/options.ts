import type { Tolerance } from '../close-to.js';
import type { DerivativeTolerance } from './derivatives.js';

/** What a backend promises, where it is less than the suite expects by default. */
export interface BackendSuiteOptions {
  /** Allowed error of one primitive on floats; 4e-6 of the value (of the sum of sizes for sums and products) unless given. */
  readonly tolerance?: Tolerance;
  /** Allowed errors of single primitives, by name, where the device is weaker. */
  readonly tolerances?: Readonly<Record<string, Tolerance>>;
  /** Allowed errors of first and second derivatives; 3e-5 and 2e-4 of the largest one unless given. */
  readonly derivatives?: DerivativeTolerance;
  /** Special floats that the device keeps apart; NaN, both infinities and −0 unless given. */
  readonly specialValues?: readonly number[];
  /** The largest whole number that an int32 tensor holds exactly; 2³¹ − 1 unless given. */
  readonly largestInteger?: number;
  /** Whether `readSync` works; it does unless this is false, and then it must throw `BackendError`. */
  readonly synchronousReads?: boolean;
  /** Random samples for each primitive; 30 unless given. */
  readonly runs?: number;
  /** Random programs for `jit`; 100 unless given. */
  readonly programs?: number;
  /** Steps after which no tensor may have leaked; 1,000 unless given. */
  readonly steps?: number;
  /** Seed of the random samples; 1 unless given. */
  readonly seed?: number;
}

/** Options with every default filled in. */
export type BackendSuiteSettings = Required<BackendSuiteOptions>;

/** Fills in the defaults. */
export function settingsOf(options: BackendSuiteOptions): BackendSuiteSettings {
  return {
    tolerance: { relative: 4e-6, absolute: 0 },
    tolerances: {},
    derivatives: { first: 3e-5, second: 2e-4 },
    specialValues: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
    largestInteger: 2 ** 31 - 1,
    synchronousReads: true,
    runs: 30,
    programs: 100,
    steps: 1000,
    seed: 1,
    ...options,
  };
}
