import type { Average, Transform } from '@ebmkit/optim';
import type { Key, Plain, Progress, Tree } from '@ebmkit/tensor';
import type { BatchSource } from './batch-source.js';
import type { Objective } from './objective.js';
import type { SavedTraining } from './saved-training.js';
import type { TrainingRecord } from './training-record.js';

/** What `onProgress` hears. */
export interface FitProgress extends Progress, TrainingRecord {
  /** Steps done. */
  readonly step: number;
  /** Steps a second, since this call began. */
  readonly rate: number;
}

/** Where and when a run is saved: a file, or a function that stores it. */
export type FitCheckpoint = {
  /** Steps between saves; the end is saved as well. */
  readonly every: number;
} & (
  | {
      /** The file, written atomically (see `saveTraining`). Node only. */
      readonly path: string;
    }
  | {
      /** Stores what a run goes on from; awaited. */
      readonly save: (saved: SavedTraining) => void | Promise<void>;
    }
);

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
  /** An average of the parameters over the steps to keep beside them, for instance `ema({ decay: 0.999 })`. */
  readonly average?: Average<P>;
  /** A saved run to go on from, instead of beginning; `key` must be the same. Undefined begins a new run. */
  readonly resume?: SavedTraining | undefined;
  /**
   * Every how many steps metrics are read and recorded, and the run is checked for numbers that went bad; a twentieth of an epoch
   * unless given.
   */
  readonly recordEvery?: number;
  /** Called at most ten times a second, and at the end. */
  readonly onProgress?: (progress: FitProgress) => void;
  /** Where and every how many steps the run is saved. */
  readonly checkpoint?: FitCheckpoint;
  /** Stops after the current step when it aborts. */
  readonly signal?: AbortSignal;
}

/** What a training run gives: plain data, so that nothing has to be freed. */
export interface FitResult<P extends Tree> {
  /** The parameters; `fromPlain` makes tensors of them. */
  readonly params: Plain<P>;
  /** The average of the parameters over the steps, when one was asked for. */
  readonly average?: Plain<P>;
  /** The metrics along the way. */
  readonly history: readonly TrainingRecord[];
  /** How many steps were done, those before a resumption included. */
  readonly steps: number;
  /** `finished`, or `aborted` by the signal. */
  readonly status: 'finished' | 'aborted';
  /** What a longer run goes on from, as `resume`. */
  readonly saved: SavedTraining;
}
