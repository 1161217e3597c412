import { EbmError, makePacer, type Progress } from '@ebmkit/tensor';

/** How an iteration ended. */
export interface Convergence {
  /** `converged` when the last change was below the tolerance; numbers that became NaN are `unconverged`. */
  readonly status: 'converged' | 'unconverged';
  /** How many passes over the model were made. */
  readonly iterations: number;
  /** The largest change of a number that the last pass asked for, before damping; NaN when a number is. */
  readonly change: number;
}

/** Settings of iterations to a fixed point. */
export interface IterationOptions {
  /** The most passes over the model; 1000 unless given. */
  readonly iterations?: number;
  /** The change below which the iteration has converged; 1e-10 unless given. */
  readonly tolerance?: number;
  /** The share of the old value that an update keeps, in [0, 1). It slows the iteration and keeps it from swinging. */
  readonly damping?: number;
  /** Called now and then with the passes done. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Settings with those filled in that were left out. */
type Iteration = Required<Pick<IterationOptions, 'iterations' | 'tolerance' | 'damping'>> &
  Pick<IterationOptions, 'onProgress' | 'signal'>;

/** Checks settings and fills in those that were left out. */
export function checkIteration(where: string, options: IterationOptions, defaults: Partial<Iteration> = {}): Iteration {
  const { iterations, tolerance, damping } = {
    iterations: options.iterations ?? defaults.iterations ?? 1000,
    tolerance: options.tolerance ?? defaults.tolerance ?? 1e-10,
    damping: options.damping ?? defaults.damping ?? 0,
  };
  if (!Number.isInteger(iterations) || iterations < 1)
    throw new EbmError('argument', `${where}: iterations must be a whole number above 0, got ${iterations}.`);
  if (!(tolerance > 0)) throw new EbmError('argument', `${where}: tolerance must be above 0, got ${tolerance}.`);
  if (!(damping >= 0 && damping < 1))
    throw new EbmError('argument', `${where}: damping must be at least 0 and below 1, got ${damping}.`);
  return { ...options, iterations, tolerance, damping };
}

/**
 * Passes over a model until the change is below the tolerance, the passes are used up, or a number is NaN. Yields to the
 * event loop about every 10 ms.
 *
 * @param where - The caller, for messages.
 * @param iteration - Checked settings.
 * @param pass - Makes one pass and gives its largest change.
 * @returns How it ended.
 * @throws EbmError with code `aborted` when the signal fires.
 */
export async function iterate(
  where: string,
  { iterations, tolerance, onProgress, signal }: Iteration,
  pass: () => number | Promise<number>,
): Promise<Convergence> {
  const pacer = makePacer(0, iterations, onProgress);
  let change = Number.POSITIVE_INFINITY;
  let done = 0;
  while (done < iterations && change >= tolerance) {
    if (signal?.aborted) throw new EbmError('aborted', `${where}: aborted after ${done} of ${iterations} iterations.`);
    change = await pass();
    done++;
    await pacer.after(done);
  }
  pacer.finish(done);
  return { status: change < tolerance ? 'converged' : 'unconverged', iterations: done, change };
}
