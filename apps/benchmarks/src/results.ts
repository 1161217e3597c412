import type { Limits } from './limits.js';
import type { Spread } from './statistics.js';
import type { Demand, Parameters, Quality, Throughput } from './workload.js';

/** How a contender fared in a row. */
export interface Measurement {
  /** Who. */
  readonly contender: string;
  /** Whether it is ebmkit. */
  readonly isOurs: boolean;
  /** Its threads. */
  readonly threads: number;
  /** `ok`; `failed` when a quality check did; `over time`; `error`. */
  readonly status: 'ok' | 'failed' | 'over time' | 'error';
  /** What is wrong, in words. */
  readonly faults: readonly string[];
  /** The first run, with whatever is compiled in it, in ms. */
  readonly firstRun?: number;
  /** The times of each round, in ms. */
  readonly rounds: readonly (readonly number[])[];
  /** Median and quartiles of all rounds, in ms. */
  readonly spread?: Spread;
  /** What the checks looked at. */
  readonly quality?: Quality;
  /** Its time over that of the baseline, round by round; above 1 the baseline is faster. */
  readonly ratio?: Spread;
}

/** One row: a workload at one size, done by all. */
export interface RowResult {
  /** Workload and size. */
  readonly id: string;
  /** The workload. */
  readonly workload: string;
  /** The section it belongs to. */
  readonly group: string;
  /** What is done. */
  readonly title: string;
  /** The size. */
  readonly size: string;
  /** What fixes the work. */
  readonly parameters: Parameters;
  /** What the bound is made of. */
  readonly demand?: Demand;
  /** The least time of one core with 128-bit SIMD, in ms. */
  readonly bound?: number;
  /** The figure per second. */
  readonly throughput?: Throughput;
  /** The contender that ratios refer to. */
  readonly baseline?: string;
  /** Everyone's results. */
  readonly measurements: readonly Measurement[];
}

/** A whole run of the benchmarks. */
export interface BenchResults {
  /** When it began, ISO 8601. */
  readonly date: string;
  /** The command line. */
  readonly command: string;
  /** Processor, cores, memory, system, Node. */
  readonly machine: Readonly<Record<string, string>>;
  /** Names and versions of each process. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Who could not take part, and why. */
  readonly absent: Readonly<Record<string, string>>;
  /** What the hardware can do. */
  readonly limits: Limits;
  /** The rows. */
  readonly rows: readonly RowResult[];
}
