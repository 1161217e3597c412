/** The value of an attribute: a text, a whole number, or addresses of objects in one of the two forms of dimension scales. */
export type Hdf5Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'ascii'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: number }
  /** The dimension scale of each axis. */
  | { readonly kind: 'scales'; readonly scales: readonly Hdf5Dataset[] }
  /** The datasets that a scale belongs to, each with the axis. */
  | { readonly kind: 'attachments'; readonly attachments: readonly (readonly [dataset: Hdf5Dataset, axis: number])[] };

/** An array in a file. */
export interface Hdf5Dataset {
  /** Tells it from a group. */
  readonly kind: 'dataset';
  /** The sizes of its axes. */
  readonly shape: readonly number[];
  /** Its numbers or texts in row-major order. */
  readonly data: Float32Array | Float64Array | Int8Array | Int32Array | readonly string[];
  /** Its attributes in their order. */
  readonly attributes: Map<string, Hdf5Value>;
}

/** A group of datasets and groups. */
export interface Hdf5Group {
  /** Tells it from a dataset. */
  readonly kind: 'group';
  /** Its members in their order. */
  readonly members: ReadonlyMap<string, Hdf5Dataset | Hdf5Group>;
  /** Its attributes in their order. */
  readonly attributes: ReadonlyMap<string, Hdf5Value>;
}
