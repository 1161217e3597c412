import type { Estimate } from './statistics.js';

/** The numbers that fix how much work a row is; plain data, so that every process gets the same. */
export type Parameters = Readonly<Record<string, number | string | boolean>>;

/** Numbers that every contender gets alike: starting points, weights, images. Stored as float32. */
export type Inputs = Readonly<Record<string, Float32Array>>;

/** What tells whether the work was done right, by name. */
export type Quality = Readonly<Record<string, Estimate>>;

/** Work that is ready to be timed. */
export interface Prepared {
  /** Does the work once, to its end. */
  readonly run: () => void | Promise<void>;
  /** Measures what tells whether `run` does the right thing. */
  readonly quality: () => Quality | Promise<Quality>;
  /** Gives the memory back. */
  readonly release: () => void;
}

/** What one run cannot do without: the bound of the hardware is made of it. */
export interface Demand {
  /** Floating-point multiplications and additions. */
  readonly flops?: number;
  /** Bytes that must cross to or from memory beyond the caches. */
  readonly bytes?: number;
  /** Random words of 32 bits. */
  readonly words?: number;
}

/** A figure per second that a row is usually quoted in. */
export interface Throughput {
  /** The unit, such as `GFLOP/s`. */
  readonly unit: string;
  /** How many of these one run makes, in that unit. */
  readonly perRun: number;
  /** The quality whose mean multiplies it, where contenders make different amounts in one run: an effective sample size. */
  readonly quality?: string;
}

/** One size of a workload. */
export interface Row<P extends Parameters = Parameters> {
  /** The name of the size, unique within the workload. */
  readonly size: string;
  /** What fixes the work. */
  readonly parameters: P;
}

/** What a quantity must be: at `mean`, within `error` (one standard deviation) or relative to it. */
export interface Expectation extends Estimate {
  /** A deviation that is allowed besides five standard errors, relative to the mean. */
  readonly relative?: number;
  /** Asks for a quantity above (`atLeast`) or below (`atMost`) the mean only. */
  readonly side?: 'atLeast' | 'atMost';
}

/** One kind of work, done by ebmkit here and by the peers in their own programs. */
export interface Workload<P extends Parameters = Parameters> {
  /** The name, the same in the programs of the peers. */
  readonly name: string;
  /** The heading of the section of the report. */
  readonly group: string;
  /** What is done, in one sentence. */
  readonly title: string;
  /** The sizes, from small to large. */
  readonly rows: readonly Row<P>[];
  /** A size for tests. */
  readonly tiny: P;
  /** The contenders besides ebmkit's own, by their names. */
  readonly peers: readonly string[];
  /** The numbers that all contenders share. */
  readonly inputs: (parameters: P) => Inputs | Promise<Inputs>;
  /** Makes the work ready on the active backend. */
  readonly prepare: (parameters: P, inputs: Inputs) => Prepared | Promise<Prepared>;
  /** What the hardware bound is made of; left out where none is meaningful. */
  readonly demand?: (parameters: P) => Demand;
  /** The figure per second that people quote. */
  readonly throughput?: (parameters: P) => Throughput;
  /** What is known of the result beforehand. */
  readonly expected?: (parameters: P, inputs: Inputs) => Readonly<Record<string, Expectation>>;
  /** Quantities that all contenders must agree on, with the relative deviation allowed besides five standard errors. */
  readonly agreed?: Readonly<Record<string, number>>;
}

/** Brings a workload with its own kind of parameters into a list of all kinds. */
export function workload<P extends Parameters>(definition: Workload<P>): Workload {
  return definition as unknown as Workload;
}
