/** The element type of a tensor. `bool` is stored as one byte, 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool';

/** What reading a tensor gives: `Float64Array` only comes from a float64 reference backend. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array;

/** The shape and element type of a tensor: all that is known of it while tracing. */
export interface TensorType {
  /** Axis lengths. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
}

const order: readonly DType[] = ['bool', 'int32', 'float32'];

/** The smallest dtype that holds both: bool, then int32, then float32. */
export function promote(a: DType, b: DType): DType {
  return order[Math.max(order.indexOf(a), order.indexOf(b))] as DType;
}

/** Whether a value is one of the three dtypes. */
export function isDType(value: unknown): value is DType {
  return order.includes(value as DType);
}
