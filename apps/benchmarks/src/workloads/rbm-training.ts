import { free, jit, type Key, key, retire, type Tensor, tensor } from '@ebmkit/tensor';
import type { Prepared } from '../workload.js';
import { type Machine, reconstruction } from './rbm-reconstruction.js';

/** The data of a training run. */
export interface TrainingRows {
  /** Batches of a run, each seen once. */
  readonly batches: number;
  /** Rows of a batch. */
  readonly batch: number;
  /** Visible units. */
  readonly visible: number;
  /** All images, row by row. */
  readonly images: Float32Array;
}

/** One pass over the batches, from the same start in every run; the quality is what the trained machine makes of the first ten batches. */
export function prepareTraining<T extends Machine>(
  { batches, batch, visible, images }: TrainingRows,
  start: T,
  learn: (training: T, states: Tensor, key: Key) => T,
): Prepared {
  const rows = Array.from({ length: batches }, (_, i) => {
    const part = images.subarray(i * batch * visible, (i + 1) * batch * visible);
    return tensor(Uint8Array.from(part), [batch, visible]);
  });
  const step = jit(learn);
  let seed = 1;
  const train = (): T => {
    let training = start;
    for (const states of rows) {
      const next = step(training, states, key(seed++));
      retire(training, [next, start]);
      training = next;
    }
    return training;
  };
  return {
    run: () => free(train()),
    quality: () => {
      const training = train();
      const errors = rows.slice(0, 10).map((states) => reconstruction(training, states));
      free(training);
      return { reconstruction: { mean: errors.reduce((a, b) => a + b) / errors.length, error: 0 } };
    },
    release: () => {
      step.clear();
      free([rows, start]);
    },
  };
}
