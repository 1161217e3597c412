import type { DType, TensorData, TensorType } from './dtype.js';
import type { Graph } from './graph.js';
import type { Attributes } from './primitive.js';
import type { Shape } from './shape.js';

/** A backend's own reference to stored numbers. Opaque to everyone else, never null or undefined. */
export type Handle = NonNullable<unknown>;

/** An operand as a backend sees it: stored numbers, a literal, or the two words of a key. */
export type BackendInput =
  | { readonly kind: 'tensor'; readonly handle: Handle; readonly shape: Shape; readonly dtype: DType }
  | { readonly kind: 'literal'; readonly value: number; readonly shape: Shape; readonly dtype: DType }
  | { readonly kind: 'key'; readonly words: readonly [number, number] };

/**
 * A graph made runnable by a backend: takes the values of the graph's inputs, in order, and then those of its constants, in
 * order; gives a new handle, owned by the caller, for each output. Where `results` of an earlier call are given, none of them among
 * the inputs, their numbers are overwritten and they are given back: for loops that own what they hand on.
 */
export type Executable = (inputs: readonly BackendInput[], results?: readonly Handle[]) => readonly Handle[];

/**
 * What a backend must do. Anything that passes `describeBackend` of the test kit is a backend.
 *
 * Handles are immutable values. `run` and compiled programs return handles that the caller owns; `upload` copies.
 */
export interface Backend {
  /** A short name for messages: `reference`, `tfjs-wasm`. */
  readonly name: string;
  /** The precision of `float32` tensors; only the reference backend has `float64`. */
  readonly precision: 'float32' | 'float64';
  /** Whether this backend has its own implementation of a primitive; those that primitives bring along do not count. */
  readonly implements: (primitive: string) => boolean;
  /** Copies numbers to the backend. */
  readonly upload: (data: TensorData, type: TensorType) => Handle;
  /** Copies numbers back. */
  readonly read: (handle: Handle, type: TensorType) => Promise<TensorData>;
  /** Copies numbers back at once; throws `BackendError` where the device cannot. */
  readonly readSync: (handle: Handle, type: TensorType) => TensorData;
  /** Gives the memory back. The handle is not used afterwards. */
  readonly free: (handle: Handle) => void;
  /** Runs one primitive; `kernel` is what the primitive itself brings along for this backend, if anything. */
  readonly run: (
    primitive: string,
    inputs: readonly BackendInput[],
    attributes: Attributes,
    output: TensorType,
    kernel?: NonNullable<unknown>,
  ) => Handle;
  /** Turns a whole graph into one program. Backends without it have their graphs interpreted, op by op. */
  readonly compile?: (graph: Graph) => Executable;
  /** Tells in words how it compiles a graph: its steps, what is fused in each, and the memory that they take. */
  readonly explain?: (graph: Graph) => string;
  /** How many handles are alive on this backend, and their bytes. */
  readonly memory: () => { readonly handles: number; readonly bytes: number };
}
