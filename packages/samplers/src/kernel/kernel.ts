import { type Key, scoped, type Tree } from '@ebmkit/tensor';

/** What a kernel returns: the next state, and what is worth knowing about the move. */
export interface Transition<S, I> {
  /** Only what the next step needs. */
  readonly state: S;
  /** What one may want to know. */
  readonly info: I;
}

/**
 * A Markov kernel: two pure synchronous functions. Same inputs give same outputs; nothing is kept between calls.
 * Functions borrow their arguments and give their results. State is plain data.
 *
 * @typeParam P - The position: a tree of tensors `[chains, ...event]`.
 * @typeParam S - The state, which holds the position and may cache energies and gradients.
 * @typeParam I - What a step reports.
 */
export interface Kernel<P extends Tree, S extends { readonly position: P }, I> {
  /** The state at a position. */
  readonly init: (position: P, key: Key) => S;
  /** One transition of every chain. */
  readonly step: (key: Key, state: S) => Transition<S, I>;
  /**
   * Said by kernels whose step reads numbers to see how long it must go on, such as a slice that shrinks until it holds a point.
   * Such a step cannot be traced as a whole; it compiles its own parts. Kernels made from one such kernel say it too.
   */
  readonly eager?: true;
  /** Frees what an eager kernel has compiled for its parts; the kernel stays usable. Drivers call it when they end. */
  readonly clear?: () => void;
}

/** The position type of a kernel. */
export type PositionOf<K> = K extends { readonly init: (position: infer P, key: never) => unknown } ? P : never;
/** The state type of a kernel. */
export type StateOf<K> = K extends { readonly init: (...args: never) => infer S } ? S : never;
/** The info type of a kernel. */
export type InfoOf<K> = K extends { readonly step: (...args: never) => { readonly info: infer I } } ? I : never;

/** Whether a step was made by `jit` or `jitWhile`: its results are all that it makes, so that it needs no scope. */
export function isCompiled(step: (...args: never) => unknown): boolean {
  return 'clear' in step;
}

/**
 * Wraps the two functions of a kernel in memory scopes, so that authors of samplers write plain ops and free nothing.
 *
 * @param kernel - `init` and `step`, and `eager` where the step reads numbers.
 * @returns A kernel of the same type.
 */
export function defineKernel<P extends Tree, S extends { readonly position: P }, I>(
  kernel: Kernel<P, S, I>,
): Kernel<P, S, I> {
  return {
    ...kernel,
    init: (position, key) => scoped<S>((() => kernel.init(position, key)) as never),
    step: isCompiled(kernel.step)
      ? kernel.step
      : (key, state) => scoped<Transition<S, I>>(() => kernel.step(key, state)),
  };
}

/** What a kernel made from others must say when one of them is eager. */
export function eagerness(kernels: readonly { readonly eager?: true; readonly clear?: () => void }[]): {
  readonly eager?: true;
  readonly clear?: () => void;
} {
  const eager = kernels.filter((kernel) => kernel.eager);
  if (eager.length === 0) return {};
  return {
    eager: true,
    clear: () => {
      for (const { clear } of eager) clear?.();
    },
  };
}
