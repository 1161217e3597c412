import type { Backend, Handle } from './backend.js';
import type { DType } from './dtype.js';
import type { Interpreter } from './interpreter.js';
import type { Scope } from './scope.js';
import type { Shape } from './shape.js';

/** Marks a value as a tensor and holds what only this package may see. */
export const tensorTag: unique symbol = Symbol('ebmkit.tensor');

/**
 * An n-dimensional array on some backend: an opaque handle with a shape and a dtype. Operations are functions
 * (`add(x, y)`), values are read with `read` or `readSync`, and memory is managed by `scoped` and `retire`.
 */
export interface Tensor {
  /** Axis lengths, outermost first; empty for a scalar. */
  readonly shape: Shape;
  /** Element type. */
  readonly dtype: DType;
  /** Private to `@ebmkit/tensor`. */
  readonly [tensorTag]: Payload;
}

/** A tensor whose numbers exist on a backend. */
export interface Concrete {
  /** Tells the two payloads apart. */
  readonly kind: 'concrete';
  /** Where the numbers are. */
  readonly backend: Backend;
  /** The backend's own reference; undefined once freed. */
  handle: Handle | undefined;
  /** The scope whose closing frees the tensor. */
  scope: Scope | undefined;
  /** Where the tensor stands in that scope. */
  place: number;
  /** The last call of `retire` that kept it. */
  keptAt: number;
}

/** A tensor that an interpreter (a tape or a trace) watches; `detail` is the interpreter's own. */
interface Watched {
  /** Tells the two payloads apart. */
  readonly kind: 'watched';
  /** Who watches. */
  readonly interpreter: Interpreter;
  /** What the watcher knows of it. */
  readonly detail: unknown;
}

/** What a tensor really is. */
export type Payload = Concrete | Watched;

/** Makes a tensor. */
export function makeTensor(shape: Shape, dtype: DType, payload: Payload): Tensor {
  return { shape, dtype, [tensorTag]: payload };
}

/** Makes a tensor whose numbers exist; `register` it, so that a scope can end it. */
export function makeConcrete(shape: Shape, dtype: DType, backend: Backend, handle: Handle): Tensor {
  return makeTensor(shape, dtype, { kind: 'concrete', backend, handle, scope: undefined, place: -1, keptAt: 0 });
}

/** Whether a value is a tensor. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && tensorTag in value;
}
