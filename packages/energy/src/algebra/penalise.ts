import { EbmError, isTensor, type Tensor, type TensorLike, type Tree } from '@ebmkit/tensor';
import type { AnyEnergy, Composed, StatesOf } from './composed.js';
import { product } from './product.js';
import { rescaled } from './rescale.js';

/** A penalty with its gradient: an energy like any other, so an energy can serve as a penalty. */
export interface Penalty<X extends Tree = Tensor> {
  /** The penalty of each state of a batch, `[n, ...event]` to `[n]`: 0 where nothing is wrong. */
  readonly energy: (x: X) => Tensor;
  /** Its gradient, of the shape of `x`, where it is known. */
  readonly gradient?: (x: X) => X;
}

/** How much a penalty counts. */
export interface PenaliseOptions {
  /** The weight $`\lambda`$: a number of at least 0, or a scalar tensor, which may be traced; 1 unless given. */
  readonly weight?: TensorLike;
}

/**
 * Adds a penalty to an energy: $`E(x) + \lambda g(x)`$, so that states with a large $`g`$ become unlikely, for soft constraints and for minimisation.
 * Exact. Ready penalties are `softBox` and `squaredDistance`; a plain function of the states is one too. To fix part of the state hard
 * see `clamp`.
 *
 * @param e - An energy.
 * @param penalty - A function from a batch of states to `[n]`, or such a function with its gradient.
 * @param options - The weight.
 * @returns An energy over the same states, with a `gradient` where both have one.
 * @throws EbmError when the weight is negative or not finite.
 *
 * @example
 * ```ts
 * const inside = penalise(gaussian({ mean: [3] }), softBox({ high: 1 }), { weight: 50 });
 * ```
 */
export function penalise<E extends AnyEnergy>(
  e: E,
  penalty: Penalty<StatesOf<E>> | ((x: StatesOf<E>) => Tensor),
  options: PenaliseOptions = {},
): Composed<E> {
  const { weight = 1 } = options;
  const isScalar = isTensor(weight) ? weight.shape.length === 0 : Number.isFinite(weight) && weight >= 0;
  if (!isScalar)
    throw new EbmError(
      'argument',
      `penalise: weight must be a finite number of at least 0 or a scalar tensor, got ${isTensor(weight) ? `[${weight.shape.join(', ')}]` : weight}.`,
    );
  const cost: Penalty<StatesOf<E>> = typeof penalty === 'function' ? { energy: penalty } : penalty;
  const part: AnyEnergy = rescaled({ ...cost, ...(e.support && { support: e.support }) }, weight);
  return product([e, part as E]);
}
