import { makePacer, type Pacer } from '@ebmkit/tensor';
import type { FitProgress } from './fit-options.js';
import type { TrainingRecord } from './training-record.js';

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
): Pacer {
  return makePacer(first, steps, (progress) => {
    const { step, elapsed } = progress;
    const metrics = history.at(-1)?.metrics ?? {};
    onProgress?.({ ...progress, epoch: step / batchesPerEpoch, metrics, rate: (step - first) / elapsed });
  });
}
