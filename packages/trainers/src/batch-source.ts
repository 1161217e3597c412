import {
  bitsOf,
  type DType,
  EbmError,
  fold,
  type Key,
  type Shape,
  ShapeError,
  sizeOf,
  type Tensor,
  type TensorData,
  tensor,
} from '@ebmkit/tensor';

/**
 * Where `fit` gets its batches: by epoch and position, so that a resumed run sees what it would have seen.
 *
 * @typeParam B - One batch: a tree of tensors.
 */
export interface BatchSource<B> {
  /** How many batches make one epoch. */
  readonly batchesPerEpoch: number;
  /** Makes batch `index` of epoch `epoch` on the active backend; `fit` frees it. The same arguments give the same batch. */
  readonly batch: (key: Key, epoch: number, index: number) => B;
  /** Applied to the batch inside the compiled step with a key of its own: random binarisation, augmentation. */
  readonly prepare?: (key: Key, batch: B) => B;
}

/** How rows of an array become batches. */
export interface RowBatchesOptions {
  /** Shape of one row; the array's length is a multiple of its size. */
  readonly eventShape: Shape;
  /** Rows a batch; a last, smaller batch of an epoch is left out, so that one program serves all. */
  readonly batchSize: number;
  /** Element type of the batches: that of the array unless given, which is bool for a `Uint8Array`. Say float32 for grey pixels. */
  readonly dtype?: DType;
  /** Applied inside the compiled step, with a key that is new in every step. */
  readonly prepare?: (key: Key, batch: Tensor) => Tensor;
}

/** Zeros in an array of the same type. `slice` will not do: that of Node's `Buffer`, a `Uint8Array` too, does not copy. */
function emptyLike(rows: TensorData, length: number): TensorData {
  if (rows instanceof Float32Array) return new Float32Array(length);
  if (rows instanceof Float64Array) return new Float64Array(length);
  return rows instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
}

/** A uniformly random order of the rows: the order of their random words. */
function shuffled(key: Key, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const bits = bitsOf(key.words, count);
  return order.sort((a, b) => (bits[a] as number) - (bits[b] as number) || a - b);
}

/**
 * Batches of rows of one array, in a new random order every epoch; each row comes at most once an epoch.
 *
 * @param rows - The data: row after row.
 * @param options - The shape of a row, the batch size, and what to do inside the step.
 * @returns A source for `fit`.
 * @throws ShapeError when the array does not divide into rows; EbmError when it holds less than one batch.
 *
 * @example
 * ```ts
 * // Bytes from 0 to 255, binarised anew whenever they come: a pixel is on with its brightness as probability.
 * const data = rowBatches(images, {
 *   eventShape: [784],
 *   batchSize: 100,
 *   dtype: 'float32',
 *   prepare: (key, x) => bernoulli(key, div(x, 255)),
 * });
 * ```
 */
export function rowBatches(
  rows: TensorData,
  { eventShape, batchSize, dtype, prepare }: RowBatchesOptions,
): BatchSource<Tensor> {
  const width = sizeOf(eventShape);
  const count = rows.length / width;
  if (!Number.isInteger(count))
    throw new ShapeError(
      `rowBatches: ${rows.length} values do not divide into rows of shape [${eventShape.join(', ')}].`,
    );
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > count)
    throw new EbmError(
      'argument',
      `rowBatches: batchSize must be a whole number from 1 to the ${count} rows, got ${batchSize}.`,
    );
  let known: { readonly key: Key; readonly epoch: number; readonly order: Uint32Array } | undefined;
  const orderOf = (key: Key, epoch: number): Uint32Array => {
    const fresh = known?.epoch === epoch && known.key.words.every((word, i) => word === key.words[i]);
    if (!known || !fresh) known = { key, epoch, order: shuffled(fold(key, epoch), count) };
    return known.order;
  };
  return {
    batchesPerEpoch: Math.floor(count / batchSize),
    batch: (key, epoch, index) => {
      const order = orderOf(key, epoch);
      const values = emptyLike(rows, batchSize * width);
      for (let i = 0; i < batchSize; i++) {
        const row = order[index * batchSize + i] as number;
        values.set(rows.subarray(row * width, (row + 1) * width), i * width);
      }
      return tensor(values, [batchSize, ...eventShape], dtype);
    },
    ...(prepare ? { prepare } : {}),
  };
}
