import type { Attributes, TensorType } from '@ebmkit/tensor';
import type { FunctionReference } from '../assembler/function-builder.js';
import type { ModuleBuilder } from '../assembler/module-builder.js';

/** Of a phase whose units are rows of its result in order: rows of operands that only these rows of the result depend on. */
export interface RowWise {
  /** All rows; the last unit may have fewer than the others. */
  readonly rows: number;
  /** Rows of a unit. */
  readonly perUnit: number;
  /**
   * The bytes of a row of each operand that is read or written row by row alone, by its number among the addresses. Where all rows are not
   * the whole buffer, as in a batch of products, the operand does not count as one.
   */
  readonly rowBytes: ReadonlyMap<number, number>;
}

/** One phase of a kernel: independent units of work, which threads share. All phases before it are finished. */
export interface Phase {
  /** How many units there are. */
  readonly units: number;
  /** A rough guess of the nanoseconds that all units take: small phases are left to one thread. */
  readonly cost: number;
  /**
   * Writes the function of the phase. It takes i32 parameters `(begin, end, ...inputs, output, scratch)`: the units
   * `begin ≤ u < end` are to be done; then come the addresses of the inputs (for a key, of its two words), of the output and of
   * the scratch memory. The same units give the same bits whatever the ranges are.
   */
  readonly write: (module: ModuleBuilder) => FunctionReference;
  /** How its units are rows, if they are. Earlier phases of the same kernel do not look at operands that are read by rows. */
  readonly rowWise?: RowWise;
}

/** An operation on whole contiguous buffers in row-major order: float32 and int32 take 4 bytes a number, bool one byte, 0 or 1. */
export interface StepKernel {
  /** Bytes of scratch memory, whose content is not kept between calls. */
  readonly scratch: number;
  /** What is done, in order. */
  readonly phases: readonly Phase[];
}

/** What a kernel works on: the types of the inputs (a key is `undefined`), the attributes of the operation, the type of the output. */
export type KernelRule = (
  inputs: readonly (TensorType | undefined)[],
  attributes: Attributes,
  output: TensorType,
) => StepKernel;
