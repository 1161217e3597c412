import { EbmError, isTensor, type Key, type Tensor, type TensorLike, where } from '@ebmkit/tensor';
import { type Composed, compose } from './composed.js';
import type { BlockConditional, Energy } from './energy.js';
import { scopedTree } from './scoped-tree.js';

/** An energy part of whose states is fixed. */
export type Clamped<E extends Energy> = Composed<E> & {
  /** Puts the fixed values into states: the argument where the mask is false, the values where it is true. */
  readonly constrain: (x: Tensor) => Tensor;
};

/**
 * Fixes part of the states, for inpainting and for conditioning on what was observed: the distribution of the rest given
 * the fixed part, $`p(x_{free} \mid x_{fixed})`$. Exact, for any sampler. Where the mask is true the energy reads `values` and ignores
 * what the state holds there, its gradient is 0, and `constrain` puts the values in; samplers call it on the start and on
 * every proposal, so fixed entries never move. To fix part of a block for Gibbs sampling use `clampBlock`.
 *
 * @param e - An energy over tensors `[n, ...event]`.
 * @param mask - A bool tensor that broadcasts to `[n, ...event]`: true where the value is fixed.
 * @param values - The fixed values: a number, or a tensor that broadcasts to `[n, ...event]`.
 * @returns An energy over the same states. The mask and the values are borrowed: keep them alive as long as it is used.
 * @throws EbmError when the mask is not a bool tensor.
 *
 * @example
 * ```ts
 * const given = clamp(gaussian({ mean: [0, 0], covariance: [[1, 0.8], [0.8, 1]] }), tensor([true, false]), 2);
 * // the second coordinate is now distributed as N(1.6, 0.36)
 * ```
 */
export function clamp<E extends Energy>(e: E, mask: Tensor, values: TensorLike): Clamped<E> {
  checkMask('clamp', mask);
  const { energy, gradient } = e;
  const inner = e.constrain ?? ((x: Tensor) => x);
  const put = (x: Tensor): Tensor => where(mask, values, inner(x));
  const made = compose([e], {
    energy: (x: Tensor) => scopedTree(() => energy(put(x))),
    gradient: gradient && ((x: Tensor) => scopedTree(() => where(mask, 0, gradient(put(x))))),
    constrain: (x: Tensor) => scopedTree(() => put(x)),
  } as unknown as Parameters<typeof compose<E>>[1]);
  return made as Clamped<E>;
}

/**
 * Fixes part of one block of a block-conditional model, for inpainting by Gibbs sampling: draws of that block come with
 * the values in place, and the other blocks are drawn given a block that holds them. Exact: the free part is still drawn
 * from its conditional, because the units of a block are independent given the other blocks.
 *
 * @param model - The model; it is not changed.
 * @param block - Which block.
 * @param mask - A bool tensor that broadcasts to the block's states: true where the value is fixed.
 * @param values - The fixed values: a number, or a tensor that broadcasts. Give a bool tensor for a block of bool states, or
 * the block becomes float32.
 * @returns A model of the same blocks. The mask and the values are borrowed: keep them alive as long as it is used.
 * @throws EbmError when the mask is not a bool tensor or the model has no such block.
 *
 * @example
 * ```ts
 * const upperHalfKnown = clampBlock(machine.conditional(params), 'visible', mask, digits);
 * const kernel = alternatingGibbs(upperHalfKnown, 'visible');
 * ```
 */
export function clampBlock<B extends string>(
  model: BlockConditional<B>,
  block: NoInfer<B>,
  mask: Tensor,
  values: TensorLike,
): BlockConditional<B> {
  checkMask('clampBlock', mask);
  if (!model.blocks.includes(block))
    throw new EbmError(
      'argument',
      `clampBlock: the model has the blocks ${model.blocks.join(', ')}, got ${String(block)}. Name one of them.`,
    );
  type States = Readonly<Partial<Record<B, Tensor>>>;
  const put = (states: Tensor): Tensor => where(mask, values, states);
  const putIn = (x: States): States => {
    const given = x[block];
    return given === undefined ? x : { ...x, [block]: put(given) };
  };
  const { finite } = model;
  return {
    blocks: model.blocks,
    sampleBlock: (key: Key, name: B, x: States) =>
      scopedTree(() =>
        name === block ? put(model.sampleBlock(key, name, x)) : model.sampleBlock(key, name, putIn(x)),
      ),
    ...(finite && { finite: (x: States) => scopedTree(() => finite(putIn(x))) }),
  };
}

function checkMask(where: string, mask: Tensor): void {
  if (!isTensor(mask) || mask.dtype !== 'bool')
    throw new EbmError(
      'argument',
      `${where}: the mask must be a bool tensor, got ${isTensor(mask) ? mask.dtype : typeof mask}. Make one with tensor([true, false, …]) or cast(mask, "bool").`,
    );
}
