import { bitsOf, EbmError, fold, isKey, type Key, ShapeError, sizeOf } from '@ebmkit/tensor';

/** Arrays that hold rows of data. */
export type RowArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** How data is cut into batches. */
export interface BatchesOptions {
  /** The shape of one row; empty where a row is one number. */
  readonly eventShape: readonly number[];
  /** Rows a batch. */
  readonly batchSize: number;
  /** The key of the order; each epoch folds its number in. */
  readonly key: Key;
  /** Which time through the data, from 0. */
  readonly epoch: number;
  /** The batch to begin with, from 0: to go on where an interrupted epoch stopped. 0 unless given. */
  readonly from?: number;
  /** Whether a last batch with fewer rows is left out; false unless given. */
  readonly dropLast?: boolean;
}

/** Some rows of the data. */
export interface Batch<T extends RowArray> {
  /** Which batch of the epoch, from 0. */
  readonly index: number;
  /** Where the rows stand in the data, to pick their labels with `takeRows`. */
  readonly rows: Uint32Array;
  /** The rows, copied: `[rows, ...eventShape]`. */
  readonly values: T;
  /** The shape of `values`. */
  readonly shape: readonly number[];
}

/**
 * The numbers 0 … `count` − 1 in a uniformly random order, by the shuffle of Fisher and Yates with 53 random bits a swap.
 *
 * @param key - A key, used once.
 * @param count - How many.
 * @returns The order; the same on every machine.
 * @see Durstenfeld, "Algorithm 235: random permutation", 1964, https://doi.org/10.1145/364520.364540
 */
export function shuffledOrder(key: Key, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const bits = bitsOf(key.words, 2 * count);
  for (let last = count - 1; last > 0; last--) {
    const share = ((bits[2 * last] as number) >>> 0) / 2 ** 32 + ((bits[2 * last + 1] as number) >>> 11) / 2 ** 53;
    const other = Math.floor(share * (last + 1));
    const held = order[last] as number;
    order[last] = order[other] as number;
    order[other] = held;
  }
  return order;
}

/**
 * Copies rows out of data.
 *
 * @param values - Row after row.
 * @param rows - Which rows, in which order.
 * @param rowLength - How many values a row has; 1 unless given, as for labels.
 * @returns The rows, in an array of the same type.
 */
export function takeRows<T extends RowArray>(values: T, rows: ArrayLike<number>, rowLength = 1): T {
  const taken = emptyLike(values, rows.length * rowLength);
  for (let i = 0; i < rows.length; i++) {
    const start = (rows[i] as number) * rowLength;
    taken.set(values.subarray(start, start + rowLength), i * rowLength);
  }
  return taken as T;
}

/** Zeros in an array of the same type. `slice` will not do: that of Node's `Buffer`, a `Uint8Array` too, does not copy. */
function emptyLike(values: RowArray, length: number): RowArray {
  if (values instanceof Float32Array) return new Float32Array(length);
  if (values instanceof Float64Array) return new Float64Array(length);
  return values instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
}

function checkBatches(
  where: string,
  length: number,
  { eventShape, batchSize, key, epoch, from = 0 }: BatchesOptions,
): number {
  const count = length / sizeOf(eventShape);
  if (!Number.isInteger(count))
    throw new ShapeError(`${where}: ${length} values do not divide into rows of shape [${eventShape.join(', ')}].`);
  if (!isKey(key)) throw new EbmError('argument', `${where}: key must be a key. Make one with key(seed).`);
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new EbmError('argument', `${where}: batchSize must be a whole number of at least 1, got ${batchSize}.`);
  for (const [name, value] of Object.entries({ epoch, from }))
    if (!Number.isInteger(value) || value < 0)
      throw new EbmError('argument', `${where}: ${name} must be a whole number of at least 0, got ${value}.`);
  return count;
}

/**
 * The batches of one epoch: all rows once, in an order that follows from the key and the number of the epoch alone. So an
 * interrupted run goes on with the same batches: pass the epoch and the batch at which it stopped.
 *
 * @param values - The data, row after row.
 * @param options - Shape of a row, batch size, key, epoch, and where to begin.
 * @returns The batches, made one at a time.
 * @throws ShapeError when the data does not divide into rows; EbmError when an option is wrong.
 *
 * @example
 * ```ts
 * for (const { values, shape } of batches(images, { eventShape: [784], batchSize: 100, key: key(1), epoch: 0 })) {
 *   const x = tensor(values, shape);
 * }
 * ```
 */
export function batches<T extends RowArray>(values: T, options: BatchesOptions): Iterable<Batch<T>> {
  const count = checkBatches('batches', values.length, options);
  const { eventShape, batchSize, key, epoch, from = 0, dropLast = false } = options;
  const total = dropLast ? Math.floor(count / batchSize) : Math.ceil(count / batchSize);
  return {
    *[Symbol.iterator]() {
      const order = shuffledOrder(fold(key, epoch), count);
      for (let index = from; index < total; index++) {
        const rows = order.slice(index * batchSize, (index + 1) * batchSize);
        const shape = [rows.length, ...eventShape];
        yield { index, rows, values: takeRows(values, rows, sizeOf(eventShape)), shape };
      }
    },
  };
}
