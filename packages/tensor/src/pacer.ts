import { nextTask } from './next-task.js';

/** How far a driver has come. */
export interface Progress {
  /** Steps done, counted from the start of the run that was resumed, if one was. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Seconds since this call began. */
  readonly elapsed: number;
  /** Seconds that the rest will take at the pace so far; NaN before the first step. */
  readonly remaining: number;
}

/** What a loop does between steps. */
export interface Pacer {
  /** Called after every step: yields and reports when it is time to. Gives undefined, not a promise, when it is not. */
  readonly after: (step: number) => Promise<void> | undefined;
  /** Reports the end. */
  readonly finish: (step: number) => void;
}

const yieldEvery = 10;
const reportEvery = 100;

/**
 * Keeps the time of a long loop, for authors of drivers: yields to the event loop about every 10 ms, and reports about every
 * 100 ms and at the end.
 *
 * @param first - The step at which the loop begins.
 * @param steps - The step at which it ends.
 * @param onProgress - Takes the reports.
 * @returns What to call between steps.
 *
 * @example
 * ```ts
 * const pacer = makePacer(0, steps, onProgress);
 * for (let step = 0; step < steps; step++) {
 *   advance();
 *   await pacer.after(step + 1);
 * }
 * pacer.finish(steps);
 * ```
 */
export function makePacer(first: number, steps: number, onProgress?: (progress: Progress) => void): Pacer {
  const begun = performance.now();
  let [yielded, reported] = [begun, begun];
  const report = (step: number, now: number): void => {
    const elapsed = (now - begun) / 1000;
    onProgress?.({ step, steps, elapsed, remaining: (elapsed / (step - first)) * (steps - step) });
  };
  return {
    after: (step) => {
      const now = performance.now();
      if (now - reported >= reportEvery && step < steps) {
        reported = now;
        report(step, now);
      }
      if (now - yielded < yieldEvery) return undefined;
      return nextTask().then(() => {
        yielded = performance.now();
      });
    },
    finish: (step) => {
      report(step, performance.now());
    },
  };
}
