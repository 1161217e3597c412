import { type Key, scoped, split, type Tensor, type Tree } from '@ebmkit/tensor';

/**
 * A layer: a pure function of parameters and states, and how its parameters begin. It holds no numbers; the parameters are data
 * beside it, so that they can be differentiated, saved, averaged and compiled with whatever uses them.
 *
 * @typeParam P - The parameters: a tree of float32 tensors; null when there are none.
 * @typeParam A - What `apply` takes besides; nothing unless said.
 */
export interface Layer<P, A extends readonly unknown[] = []> {
  /** Draws initial parameters. */
  readonly init: (key: Key) => P;
  /** The outputs for a batch, `[n, ...event]` to `[n, ...event']`. Traces, and has derivatives of every order. */
  readonly apply: (params: P, x: Tensor, ...rest: A) => Tensor;
}

/** A layer with any parameters. */
export interface AnyLayer {
  /** Draws initial parameters. */
  readonly init: (key: Key) => Tree;
  /** The outputs for a batch. */
  readonly apply: (params: never, x: Tensor) => Tensor;
}

/** A function without parameters, such as an activation: `silu`, `relu` and `tanh` of `@ebmkit/tensor` are such. */
export type Activation = (x: Tensor) => Tensor;

/** What networks are put together from: layers, and functions without parameters. */
export type Stage = AnyLayer | Activation;

/** The parameters of a stage; null for a function. */
export type ParamsOf<S> = S extends { readonly init: (key: Key) => infer P } ? P : null;

/** `scoped` for a function whose type the compiler cannot tell from a promise. */
export function scopedTree<T>(f: () => T): T {
  return scoped<T>(f as () => T extends PromiseLike<unknown> ? never : T);
}

/**
 * Wraps the two functions of a layer in memory scopes, so that its author writes plain ops and frees nothing.
 *
 * @param layer - `init` and `apply`.
 * @returns A layer of the same type.
 *
 * @example
 * ```ts
 * const scale = defineLayer({ init: () => ({ factor: ones([]) }), apply: ({ factor }, x) => mul(x, factor) });
 * ```
 */
export function defineLayer<P, A extends readonly unknown[] = []>(layer: Layer<P, A>): Layer<P, A> {
  return {
    init: (key) => scopedTree(() => layer.init(key)),
    apply: (params, x, ...rest) => scopedTree(() => layer.apply(params, x, ...rest)),
  };
}

/** The parameters that a stage begins with. */
export function initStage<S extends Stage>(stage: S, key: Key): ParamsOf<S> {
  return (typeof stage === 'function' ? null : stage.init(key)) as ParamsOf<S>;
}

/** The outputs of a stage. */
export function applyStage<S extends Stage>(stage: S, params: ParamsOf<S>, x: Tensor): Tensor {
  return typeof stage === 'function' ? stage(x) : stage.apply(params as never, x);
}

/** Starts layers of one kind, each with a key of its own. */
export function initAll<P>(key: Key, layers: readonly Layer<P>[]): readonly P[] {
  const keys = split(key, layers.length);
  return layers.map((layer, i) => layer.init(keys[i] as Key));
}
