import { EbmError, full, jit, type Key, readSync, split, type Tensor, type Tree, uniform } from '@ebmkit/tensor';
import { defineKernel, type Kernel, type Transition } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';

/** The state of a mixture of kernels. */
export type MixState<P extends Tree> = {
  /** Where the chains are. */
  readonly position: P;
  /** Which kernel made the last move, from 0. */
  readonly last: number;
  /** The state of that kernel. */
  readonly inner: { readonly position: P };
};

/** What a mixture of kernels reports. */
export type MixInfo = MoveInfo & {
  /** Which kernel made the move, from 0, float32 `[chains]`. */
  readonly kernel: Tensor;
};

/** What a mixture may be told besides its kernels. */
export interface MixOptions {
  /** How often each kernel is used, in any unit; equally often unless given. */
  readonly weights?: readonly number[];
}

/** A kernel over given positions, whatever its state. */
export interface SomeKernel<P extends Tree> {
  /** The state at a position. */
  readonly init: (position: P, key: Key) => { readonly position: P };
  /** One transition of every chain, from a state that the same kernel made. */
  readonly step: (key: Key, state: never) => Transition<{ readonly position: P }, MoveInfo>;
  /** Said by kernels whose step reads numbers. */
  readonly eager?: true;
  /** Frees what an eager kernel has compiled. */
  readonly clear?: () => void;
}

// Each kernel is only ever given its own states.
type AnyKernel<P extends Tree> = Kernel<P, { readonly position: P }, MoveInfo>;

/**
 * A kernel that makes each move with one of several others, chosen at random: a large step now and then, or a jump between modes
 * among local moves. All chains use the same kernel in a move, and the choice looks at nothing but the key, so what every kernel
 * leaves invariant the mixture leaves invariant. Costs what the chosen kernel costs, and one evaluation more when it is another
 * than the last.
 *
 * @param kernels - At least two kernels over the same positions.
 * @param options - Their weights.
 * @returns A kernel over these positions, which is `eager`: it compiles the steps of the kernels one by one.
 * @throws EbmError when there are fewer than two kernels, or the weights are not as many positive numbers.
 *
 * @example
 * ```ts
 * const kernel = mix([mala(target, { stepSize: 0.1 }), mala(target, { stepSize: 1 })], { weights: [4, 1] });
 * ```
 * @see Tierney, "Markov chains for exploring posterior distributions", 1994, https://doi.org/10.1214/aos/1176325750
 */
export function mix<P extends Tree>(
  kernels: readonly SomeKernel<P>[],
  { weights = kernels.map(() => 1) }: MixOptions = {},
): Kernel<P, MixState<P>, MixInfo> {
  const isWeighted = weights.length === kernels.length && weights.every((w) => w > 0 && Number.isFinite(w));
  if (kernels.length < 2 || !isWeighted)
    throw new EbmError(
      'argument',
      `mix: expected at least two kernels and a positive weight for each, got ${kernels.length} kernels and the weights [${weights.join(', ')}].`,
    );
  const parts = (kernels as readonly AnyKernel<P>[]).map((kernel) =>
    kernel.eager ? { init: kernel.init, step: kernel.step, clear: () => kernel.clear?.() } : compileParts(kernel),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  const choose = (key: Key): number => {
    let rest = (readSync(uniform(key, []))[0] as number) * total;
    const found = weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    return found < 0 ? kernels.length - 1 : found;
  };
  return defineKernel<P, MixState<P>, MixInfo>({
    init: (position, key) => {
      const inner = (parts[0] as AnyKernel<P>).init(position, key);
      return { position: inner.position, last: 0, inner };
    },
    step: (key, { position, last, inner }) => {
      const [choiceKey, initKey, stepKey] = split(key, 3);
      const chosen = choose(choiceKey);
      const part = parts[chosen] as AnyKernel<P>;
      const { state, info } = part.step(stepKey, chosen === last ? inner : part.init(position, initKey));
      const { accepted, acceptanceProbability, diverged } = info;
      const kernel = full([chainsOf('mix', state.position)], chosen);
      return {
        state: { position: state.position, last: chosen, inner: state },
        info: { accepted, acceptanceProbability, diverged, kernel },
      };
    },
    eager: true,
    clear: () => {
      for (const part of parts) part.clear();
    },
  });
}

/** A kernel with its functions compiled. */
function compileParts<P extends Tree>(kernel: AnyKernel<P>) {
  const init = jit((position: P, key: Key) => kernel.init(position, key));
  const step = jit((key: Key, state: { readonly position: P }) => kernel.step(key, state));
  return {
    init,
    step,
    clear: () => {
      init.clear();
      step.clear();
    },
  };
}
