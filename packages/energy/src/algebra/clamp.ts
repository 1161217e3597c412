import { EbmError, isTensor, type Key, type Tensor, type TensorLike, type Tree, where } from '@ebmkit/tensor';
import type { BlockConditional } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import { type AnyEnergy, type Composed, compose, relaxationsOf, type StatesOf, typed } from './composed.js';

/** An energy part of whose states is fixed. */
export type Clamped<E extends AnyEnergy> = Composed<E> & {
  /** Puts the fixed values into states: the argument where the mask is false, the values where it is true. */
  readonly constrain: (x: StatesOf<E>) => StatesOf<E>;
};

/** Which parts of states are fixed: a bool tensor for a tensor, the same tree for a tree; branches left out are free. */
export type ClampMask<X> = X extends Tensor ? Tensor : { readonly [K in keyof X]?: ClampMask<X[K]> | undefined };

/** The values of fixed parts: a number or a tensor for each tensor, or one number for all. */
export type FixedValues<X> = X extends Tensor
  ? TensorLike
  : number | { readonly [K in keyof X]?: FixedValues<X[K]> | undefined };

/**
 * Fixes part of the states, for inpainting and for conditioning on what was observed: the distribution of the rest given
 * the fixed part, $`p(x_{free} \mid x_{fixed})`$. Exact, for any sampler. Where the mask is true the energy reads `values` and ignores
 * what the state holds there, its gradient is 0, and `constrain` puts the values in; samplers call it on the start and on
 * every proposal, so fixed entries never move. To fix part of a block for Gibbs sampling use `clampBlock`.
 *
 * @param e - An energy over tensors `[n, ...event]`, or over trees of them.
 * @param mask - A bool tensor that broadcasts to `[n, ...event]`: true where the value is fixed. For states that are trees, a tree of
 * such masks, from which free branches may be left out.
 * @param values - The fixed values: a number, or a tensor that broadcasts to `[n, ...event]`, or a tree of them.
 * @returns An energy over the same states. The mask and the values are borrowed: keep them alive as long as it is used.
 * @throws EbmError when a mask is not a bool tensor or has no values.
 *
 * @example
 * ```ts
 * const given = clamp(gaussian({ mean: [0, 0], covariance: [[1, 0.8], [0.8, 1]] }), tensor([true, false]), 2);
 * // the second coordinate is now distributed as N(1.6, 0.36)
 * const half = clamp(joint, { y: mask }, { y: known }); // of an energy over { x, y }, part of y
 * ```
 */
export function clamp<E extends AnyEnergy>(
  e: E,
  mask: ClampMask<StatesOf<E>>,
  values: FixedValues<StatesOf<E>>,
): Clamped<E> {
  checkMasks(mask, values);
  type X = StatesOf<E>;
  const [{ energy, gradient, constrain }] = typed([e]) as readonly [ReturnType<typeof typed<E>>[number]];
  const put = (x: X): X => fix(constrain ? constrain(x) : x, mask, values);
  const made = compose([e], {
    energy: (x: X) => scopedTree(() => energy(put(x))),
    gradient: gradient && ((x: X) => scopedTree(() => fix(gradient(put(x)), mask, 0))),
    constrain: (x: X) => scopedTree(() => put(x)),
    // Read only where `constrain` has put the fixed values in already.
    relaxed: relaxationsOf(typed([e]))?.[0],
  });
  return made as Clamped<E>;
}

/** Puts values into a tree where the masks are true. */
function fix<X extends Tree>(x: X, mask: unknown, values: unknown): X {
  if (mask === undefined) return x;
  if (isTensor(x)) return where(mask as Tensor, values as TensorLike, x) as Tensor & X;
  const child = ([name, branch]: readonly [string, Tree]): readonly [string, Tree] => [
    name,
    fix(branch, (mask as Readonly<Record<string, unknown>>)[name], valuesOf(values, name)),
  ];
  const children = Object.entries(x as Readonly<Record<string, Tree>>).map(child);
  return (Array.isArray(x) ? children.map(([, branch]) => branch) : Object.fromEntries(children)) as X;
}

const valuesOf = (values: unknown, name: string): unknown =>
  typeof values === 'number' ? values : (values as Readonly<Record<string, unknown>> | undefined)?.[name];

/** Every leaf of the masks is a bool tensor that has values. */
function checkMasks(mask: unknown, values: unknown): void {
  if (typeof mask === 'object' && mask !== null && !isTensor(mask)) {
    for (const [name, branch] of Object.entries(mask))
      if (branch !== undefined) checkMasks(branch, valuesOf(values, name));
    return;
  }
  checkMask('clamp', mask);
  if (values === undefined)
    throw new EbmError(
      'argument',
      'clamp: every mask needs values, got a mask without any. Give a number or a tensor.',
    );
}

/**
 * Fixes part of one block of a block-conditional model, for inpainting by Gibbs sampling: draws of that block come with
 * the values in place, and the other blocks are drawn given a block that holds them. Exact where the free numbers of the block are
 * independent of the fixed ones given the other blocks, as bits, spins and real units are. It is wrong for a mask that cuts what the
 * model draws together: the group of a softmax unit, the counts of a document, a block of pooling units. Fix all numbers of such a group or none.
 * Nothing here checks it, because a model does not say what it draws together; `inpaint` of `@ebmkit/boltzmann` does, and refuses such masks.
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

function checkMask(where: string, mask: unknown): void {
  if (!isTensor(mask) || mask.dtype !== 'bool')
    throw new EbmError(
      'argument',
      `${where}: the mask must be a bool tensor, got ${isTensor(mask) ? mask.dtype : typeof mask}. Make one with tensor([true, false, …]) or cast(mask, "bool").`,
    );
}
