import { EbmError } from '@ebmkit/tensor';
import type { SavedRun } from './saved-run.js';

/**
 * The error of a run that was aborted through its signal: code `aborted`, with everything that is needed to go on.
 *
 * @typeParam R - What had been collected.
 */
export interface AbortedRun<R = unknown> extends EbmError {
  /** The run between its last finished step and the next. Pass it as the start of the same call to go on. */
  readonly saved: SavedRun;
  /** What had been collected until then. */
  readonly collected: R;
}

/** Whether an error is that of an aborted run. */
export function isAbortedRun(error: unknown): error is AbortedRun {
  return error instanceof EbmError && error.code === 'aborted' && 'saved' in error;
}

/** Makes the error. */
export function abortedRun<R>(
  caller: string,
  steps: number,
  saved: SavedRun,
  collected: R,
  signal: AbortSignal,
): AbortedRun<R> {
  const message = `${caller}: aborted after ${saved.step} of ${steps} steps. Pass error.saved as the start to go on.`;
  const error = new EbmError('aborted', message, { cause: signal.reason });
  return Object.assign(error, { saved, collected });
}
