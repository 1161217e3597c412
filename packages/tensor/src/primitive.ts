import type { TensorType } from './dtype.js';
import type { Key } from './key.js';
import type { Tensor } from './tensor.js';

/** The constants of an operation: axes, shapes, flags. Plain data, so that graphs can be compared and printed. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A number written in the source, with the dtype that it takes on. It never touches a backend until it is used. */
export interface Literal {
  /** The value. */
  readonly literal: number;
  /** The element type. */
  readonly dtype: TensorType['dtype'];
}

/** What an operation takes: tensors, literals, and for draws a key. */
export type Operand = Tensor | Literal | Key;

/** A tensor, or a number that broadcasts like a scalar tensor. */
export type TensorLike = Tensor | number;

/** What a derivative rule may look at. */
export interface DerivativeContext<A extends Attributes = Attributes> {
  /** The operands of the forward operation; literals as numbers. Keys are left out. */
  readonly inputs: readonly TensorLike[];
  /** Its result. */
  readonly output: Tensor;
  /** Its constants. */
  readonly attributes: A;
}

/**
 * The vector-Jacobian product of one operation: given the cotangent of the output, the cotangent of input `index`.
 * It is written with public ops and is linear in `cotangent`; a result that broadcasts to the input's shape is summed back.
 */
export type Derivative<A extends Attributes = Attributes> = (
  cotangent: Tensor,
  context: DerivativeContext<A>,
  index: number,
) => Tensor;

/** An operation that a backend runs as one piece. */
export interface Primitive<A extends Attributes = Attributes> {
  /** Unique name. */
  readonly name: string;
  /** The type of the result; throws `ShapeError` when the inputs do not fit. Keys are passed as `undefined`. */
  readonly infer: (inputs: readonly TensorType[], attributes: A) => TensorType;
  /** The derivative rule; built-in primitives keep theirs in one table instead. */
  readonly derivative?: Derivative<A>;
  /** What the operation means, in ordinary ops: used by backends that do not implement it. */
  readonly fallback?: (inputs: readonly Tensor[], attributes: A) => Tensor;
  /** What it brings along for backends, by their names: see `PrimitiveDefinition`. */
  readonly kernels?: Kernels;
}

/** Implementations of one primitive by the names of the backends that understand them. */
export type Kernels = Readonly<Record<string, NonNullable<unknown>>>;

/** Whether an operand is a literal. */
export function isLiteral(operand: Operand): operand is Literal {
  return 'literal' in operand;
}
