import { EbmError, isTensor, read, ShapeError, slice, type Tensor, type TensorData, tensor } from '@ebmkit/tensor';
import { checkStates } from '../rbm/layers.js';

/**
 * Data to evaluate, one state a row: a tensor `[n, V]`, or a typed array of `n * V` numbers, row by row. A `Uint8Array`
 * holds bits and must be 0 or 1.
 */
export type Rows = Tensor | Float32Array | Float64Array | Uint8Array;

/** Rows of known number, cut into batches on demand. */
export interface RowSource {
  /** How many rows there are. */
  readonly count: number;
  /** Rows `first` to `first + size` − 1 as a new tensor, or the tensor itself when that is all of it. */
  readonly batch: (first: number, size: number) => Tensor;
}

/** Throws unless every number is one of `values`. */
function checkValues(where: string, numbers: TensorData, values: readonly number[]): void {
  const odd = numbers.find((x) => !values.includes(x));
  if (odd !== undefined)
    throw new EbmError(
      'argument',
      `${where}: expected states of ${values.join(' or ')}, got ${odd}. Draw or round the data to states first.`,
    );
}

/** Opens data for reading in batches, after a check of its shape. */
export function openRows(where: string, units: { readonly size: number }, data: Rows): RowSource {
  const { size: width } = units;
  if (isTensor(data)) {
    checkStates(where, units, data);
    return {
      count: data.shape[0] as number,
      batch: (first, size) => slice(data, [first, 0], [size, width]),
    };
  }
  if (!(data instanceof Float32Array || data instanceof Float64Array || data instanceof Uint8Array))
    throw new EbmError(
      'argument',
      `${where}: expected a tensor or a typed array of rows of ${width}, got ${typeof data}.`,
    );
  if (data.length % width !== 0)
    throw new ShapeError(`${where}: expected rows of ${width} values, got ${data.length} values in all.`);
  if (data instanceof Uint8Array) checkValues(where, data, [0, 1]);
  return {
    count: data.length / width,
    batch: (first, size) => tensor(data.subarray(first * width, (first + size) * width), [size, width]),
  };
}

/** Like `openRows`, and throws unless every number is one of the values that a unit may take. */
export async function openStates(
  where: string,
  units: { readonly size: number; readonly values?: readonly number[] },
  data: Rows,
): Promise<RowSource> {
  const rows = openRows(where, units, data);
  checkValues(where, isTensor(data) ? await read(data) : data, units.values ?? []);
  return rows;
}
