import type { FitProgress } from './fit-options.js';
import { nextTask } from './next-task.js';
import type { TrainingRecord } from './training-record.js';

/** What `fit` does between steps. */
export interface FitPacer {
  /** Called after every step: yields and reports when it is time to. Gives undefined, not a promise, when it is not. */
  readonly after: (step: number) => Promise<void> | undefined;
  /** Reports the end. */
  readonly finish: (step: number) => void;
}

const yieldEvery = 10;
const reportEvery = 100;

/**
 * Keeps the time of a training run: yields about every 10 ms, reports about every 100 ms and at the end.
 *
 * @param first - The step at which this call begins.
 * @param steps - The step at which the run ends.
 * @param batchesPerEpoch - To count epochs.
 * @param history - Where the newest metrics are.
 * @param onProgress - Takes the reports.
 */
export function fitPacer(
  first: number,
  steps: number,
  batchesPerEpoch: number,
  history: readonly TrainingRecord[],
  onProgress?: (progress: FitProgress) => void,
): FitPacer {
  const begun = performance.now();
  let [yielded, reported] = [begun, begun];
  const report = (step: number, now: number): void => {
    const elapsed = (now - begun) / 1000;
    const rate = (step - first) / elapsed;
    const remaining = (steps - step) / rate;
    const metrics = history.at(-1)?.metrics ?? {};
    onProgress?.({ step, steps, epoch: step / batchesPerEpoch, metrics, elapsed, remaining, rate });
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
