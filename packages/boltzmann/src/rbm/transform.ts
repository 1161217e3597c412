import { free, isTensor, jit, read } from '@ebmkit/tensor';
import { openRows, type Rows } from '../likelihood/rows.js';
import type { Rbm } from './rbm.js';
import type { RbmParameters } from './rbm-parameters.js';

/** How many rows one batch takes. */
const batchRows = 1000;

/**
 * The features of data: the mean of the hidden layer given each row, computed in batches that leave the event loop room. What a
 * classifier, a search index or the next machine of a stack takes in place of the rows. `machine.hiddenMean` is the same for one
 * batch on tensors.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param data - The rows.
 * @returns The features, `[n, H]` row by row.
 * @throws ShapeError when the rows do not fit the visible layer.
 *
 * @example
 * ```ts
 * const features = await transform(machine, params, images); // Float32Array of n * 500 numbers
 * ```
 * @see Coates, Ng and Lee, "An analysis of single-layer networks in unsupervised feature learning", AISTATS 2011
 */
export async function transform<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
): Promise<Float32Array> {
  const rows = openRows('transform', machine.visible, data);
  const { size } = machine.hidden;
  const features = new Float32Array(rows.count * size);
  const evaluate = jit(machine.hiddenMean);
  try {
    for (let first = 0; first < rows.count; first += batchRows) {
      const batch = rows.batch(first, Math.min(batchRows, rows.count - first));
      const means = evaluate(params, batch);
      features.set(await read(means), first * size);
      free(means);
      if (!isTensor(data) || batch !== data) free(batch);
    }
    return features;
  } finally {
    evaluate.clear();
  }
}
