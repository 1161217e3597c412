import { EbmError, type Progress, type Tree } from '@ebmkit/tensor';
import type { Draws } from '../drive/draw-store.js';

/** What every solver of differential equations can be told. */
export interface SolveOptions {
  /** The time at which the states are given; 0 unless given. */
  readonly from?: number;
  /** The time at which to end, which may lie before `from`. */
  readonly to: number;
  /** Times between the two at which states are wanted, in the order in which they are passed; `[to]` unless given. */
  readonly saveAt?: readonly number[];
  /** Called about every 100 ms and at the end; its steps are thousandths of the way. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** The solution of a differential equation as plain data: nothing needs to be freed. */
export interface Solution<X extends Tree> {
  /** The times of the states. */
  readonly times: Float64Array;
  /** The states at those times, `[times, chains, ...event]`, in the structure of the start. */
  readonly states: Draws<X>;
  /** Evaluations of the right-hand side. */
  readonly evaluations: number;
  /** Steps that were made. */
  readonly steps: number;
  /** Steps that were tried and thrown away. */
  readonly rejected: number;
  /** `ok`; `diverged` when states are not finite at the smallest step; `maxSteps` when there were too many steps. */
  readonly status: 'ok' | 'diverged' | 'maxSteps';
  /** The status in words. */
  readonly message: string;
}

/** The span of a solution and the times to save at, checked. */
export function checkedSpan(caller: string, { from = 0, to, saveAt = [to] }: SolveOptions) {
  if (!Number.isFinite(from) || !Number.isFinite(to) || from === to)
    throw new EbmError(
      'argument',
      `${caller}: from and to must be two finite times, got ${from} and ${to}. Pass where to begin and where to end.`,
    );
  const direction = Math.sign(to - from);
  const isOrdered = saveAt.every(
    (time, i) => direction * (time - (i === 0 ? from : (saveAt[i - 1] as number))) >= 0 && direction * (to - time) >= 0,
  );
  if (saveAt.length === 0 || !isOrdered)
    throw new EbmError(
      'argument',
      `${caller}: expected saveAt to hold times from ${from} to ${to} in the order in which they are passed, got [${saveAt.join(', ')}].`,
    );
  return { from, to, saveAt, direction };
}
