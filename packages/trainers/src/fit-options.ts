import type { Transform } from '@ebmkit/optim';
import type { Key, Plain, Tree } from '@ebmkit/tensor';
import type { BatchSource } from './batch-source.js';
import type { Objective } from './objective.js';

/** Metrics at one step, as numbers. */
export interface TrainingRecord {
  /** Steps done. */
  readonly step: number;
  /** Epochs done, with the fraction of the current one. */
  readonly epoch: number;
  /** `loss` and the objective's own metrics, of this step's batch alone. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What `onProgress` hears. */
export interface FitProgress extends TrainingRecord {
  /** Steps in the whole run. */
  readonly steps: number;
  /** Seconds since this call began. */
  readonly seconds: number;
  /** Estimated seconds to the end. */
  readonly secondsLeft: number;
}

/** All that a run goes on from, as plain data. */
export interface SavedTraining {
  /** Steps done. */
  readonly step: number;
  /** The key of the whole run. */
  readonly key: Key;
  /** Parameters, optimiser and objective: a `TrainingState` with its tensors as plain data. */
  readonly state: unknown;
  /** The metrics so far. */
  readonly history: readonly TrainingRecord[];
}

/** The settings of a training run. */
export interface FitOptions<P extends Tree, B, O extends Tree, S extends Tree> {
  /** What to minimise. */
  readonly objective: Objective<P, B, S>;
  /** How to move. */
  readonly optimiser: Transform<P, O>;
  /** Where batches come from. */
  readonly data: BatchSource<B>;
  /** How often to go through the data. */
  readonly epochs: number;
  /** The key of the whole run: initial parameters, order of the data, and every draw. */
  readonly key: Key;
  /** Parameters to begin with instead of `model.init`; they are copied. */
  readonly params?: P;
  /** A saved run to go on from, instead of beginning; `key` must be the same. */
  readonly resume?: SavedTraining;
  /** Every how many steps metrics are read, recorded and checked for numbers that went bad; a twentieth of an epoch unless given. */
  readonly recordEvery?: number;
  /** Called at most ten times a second, and at the end. */
  readonly onProgress?: (progress: FitProgress) => void;
  /** Where and every how many steps the run is saved. */
  readonly checkpoint?: {
    /** Steps between saves; the end is saved as well. */
    readonly every: number;
    /** Stores what a run goes on from; awaited. */
    readonly save: (saved: SavedTraining) => void | Promise<void>;
  };
  /** Stops after the current step when it aborts. */
  readonly signal?: AbortSignal;
}

/** What a training run gives: plain data, so that nothing has to be freed. */
export interface FitResult<P extends Tree> {
  /** The parameters; `fromPlain` makes tensors of them. */
  readonly params: Plain<P>;
  /** The metrics along the way. */
  readonly history: readonly TrainingRecord[];
  /** `finished`, or `aborted` by the signal. */
  readonly status: 'finished' | 'aborted';
  /** What a longer run goes on from, as `resume`. */
  readonly saved: SavedTraining;
}
