import type { DType, TensorData } from '../dtype.js';
import type { Attributes } from '../primitive.js';
import type { Shape } from '../shape.js';

/** Stored numbers of any kind. */
export type Numbers = TensorData;

/** Numbers with the shape in which to read them. */
export interface View {
  /** The numbers in row-major order. */
  readonly data: Numbers;
  /** Axis lengths. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
}

/** Computes one primitive into an array that is already there and zero. Keys are not views; draws have their own kernels. */
export type Kernel = (inputs: readonly View[], attributes: Attributes, out: View) => void;
