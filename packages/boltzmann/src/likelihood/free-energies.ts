import { free, isTensor, jit, read, type Tensor } from '@ebmkit/tensor';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { openRows, type RowSource, type Rows } from './rows.js';

/** Applies a function from a batch of rows to one number a row to all rows, batch by batch, and gathers the numbers. */
export async function perRowOf(
  rows: RowSource,
  batchSize: number,
  source: Rows,
  f: (batch: Tensor, index: number) => Tensor,
): Promise<Float64Array> {
  const out = new Float64Array(rows.count);
  for (let first = 0, index = 0; first < rows.count; first += batchSize, index++) {
    const batch = rows.batch(first, Math.min(batchSize, rows.count - first));
    const numbers = f(batch, index);
    out.set(await read(numbers), first);
    free(numbers);
    if (!isTensor(source) || batch !== source) free(batch);
  }
  return out;
}

/** How many rows one batch takes. */
const batchRows = 1000;

/**
 * The free energies of many rows, computed in batches that leave the event loop room. Low means likely: a row far above
 * those of the training data is unlike it.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param data - The rows.
 * @returns $`F(v)`$ of each row, in nats.
 * @throws ShapeError when the rows do not fit the visible layer.
 *
 * @example
 * ```ts
 * const normal = await freeEnergies(machine, params, validationRows);
 * const limit = normal.toSorted().at(Math.floor(0.99 * normal.length)) as number;
 * const isOdd = (await freeEnergies(machine, params, newRows)).map((energy) => Number(energy > limit));
 * ```
 * @see Hinton, "A practical guide to training restricted Boltzmann machines", 2012, §6 and §16, https://doi.org/10.1007/978-3-642-35289-8_32
 */
export async function freeEnergies<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
): Promise<Float64Array> {
  const rows = openRows('freeEnergies', machine.visible, data);
  const evaluate = jit(machine.freeEnergy);
  try {
    return await perRowOf(rows, batchRows, data, (batch) => evaluate(params, batch));
  } finally {
    evaluate.clear();
  }
}
