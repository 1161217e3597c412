import type { BlockConditional } from '@ebmkit/energy';
import {
  broadcastTo,
  cast,
  EbmError,
  type Key,
  logicalAnd,
  logicalNot,
  perRow,
  split,
  type Tensor,
  where,
} from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import { everyChainMoved, type MoveInfo } from '../kernel/move-info.js';
import { chainsOf, finiteChains } from '../kernel/position.js';

/** The states of all blocks. */
export type Blocks<B extends string> = Readonly<Record<B, Tensor>>;

/** The state of a Gibbs sampler. */
export type GibbsState<P> = {
  /** Where the chains are. */
  readonly position: P;
};

type SomeBlocks<B extends string> = Readonly<Partial<Record<B, Tensor>>>;

/** Throws unless the model names blocks, each once. */
export function checkBlocks<B extends string>(caller: string, model: BlockConditional<B>): void {
  if (model.blocks.length === 0 || new Set(model.blocks).size !== model.blocks.length)
    throw new EbmError(
      'argument',
      `${caller}: expected a model with blocks, each named once, got [${model.blocks.join(', ')}].`,
    );
}

/** Draws the named blocks one after the other, each given the newest states of the others. */
function sweep<B extends string>(key: Key, model: BlockConditional<B>, names: readonly B[], start: SomeBlocks<B>) {
  const keys = split(key, names.length);
  const x: Partial<Record<B, Tensor>> = { ...start };
  for (const [i, name] of names.entries()) x[name] = model.sampleBlock(keys[i] as Key, name, x);
  return x;
}

/** Which chains may keep what was drawn; undefined when nothing can have gone wrong. */
export function soundChains<B extends string>(
  model: BlockConditional<B>,
  drawn: SomeBlocks<B>,
  kept: SomeBlocks<B>,
  chains: number,
): Tensor | undefined {
  const conditionals = model.finite && broadcastTo(model.finite(drawn), [chains]);
  const states = finiteChains(kept);
  return conditionals && states ? logicalAnd(conditionals, states) : (conditionals ?? states);
}

/** What was drawn where that is sound, else what there was, in the dtype of what was drawn. */
export function keepSound(sound: Tensor | undefined, drawn: Tensor, before: Tensor): Tensor {
  return sound ? where(perRow(sound, drawn.shape), drawn, cast(before, drawn.dtype)) : drawn;
}

/** The report of a step that moves the chains that are sound: all of them unless given. */
export function report(sound: Tensor | undefined, chains: number): MoveInfo {
  if (!sound) return everyChainMoved(chains);
  return { accepted: sound, acceptanceProbability: cast(sound, 'float32'), diverged: logicalNot(sound) };
}

/**
 * Block Gibbs sampling: one step draws every block of the model from its conditional given the newest states of the others, in
 * the order of `model.blocks`. Exact, without a step size; every move is accepted. Each step costs one draw of every block. To
 * see only one block of a two-layer machine use `alternatingGibbs`. A sweep in which the model's conditionals are not finite
 * (`model.finite`) or a real block is not finite is refused and reported in `info.diverged`.
 *
 * @param model - A model whose blocks can be drawn given the others.
 * @returns A kernel over positions with one tensor `[chains, ...]` for each block.
 * @throws EbmError when the model names no block, or one twice.
 *
 * @example
 * ```ts
 * const kernel = gibbs(machine.conditional(params)); // positions { visible, hidden }
 * ```
 * @see Geman and Geman, "Stochastic relaxation, Gibbs distributions, and the Bayesian restoration of images", 1984,
 * https://doi.org/10.1109/TPAMI.1984.4767596
 */
export function gibbs<B extends string>(
  model: BlockConditional<B>,
): Kernel<Blocks<B>, GibbsState<Blocks<B>>, MoveInfo> {
  checkBlocks('gibbs', model);
  return defineKernel<Blocks<B>, GibbsState<Blocks<B>>, MoveInfo>({
    init: (position) => {
      chainsOf('gibbs', position);
      return { position };
    },
    step: (key, { position }) => {
      const chains = chainsOf('gibbs', position);
      const drawn = sweep(key, model, model.blocks, position) as Blocks<B>;
      const sound = soundChains(model, drawn, drawn, chains);
      const kept = model.blocks.map((name) => [name, keepSound(sound, drawn[name], position[name])] as const);
      return { state: { position: Object.fromEntries(kept) as Blocks<B> }, info: report(sound, chains) };
    },
  });
}

/**
 * Block Gibbs sampling seen from one block: a step draws the other blocks given it, then it given those, so that the position is
 * that block alone. This is the chain of contrastive divergence on a restricted Boltzmann machine, whose invariant distribution is
 * the marginal of the block. Exact for a model of two blocks, and for more when the others are independent of each other
 * given `block`. Each step costs one draw of every block. A step in which the conditionals or the block are not finite is refused
 * and reported in `info.diverged`.
 *
 * @param model - A model whose blocks can be drawn given the others.
 * @param block - The block that is the position.
 * @returns A kernel over positions `[chains, ...]` of that block.
 * @throws EbmError when the model has no such block, or no other one.
 *
 * @example
 * ```ts
 * const kernel = alternatingGibbs(machine.conditional(params), 'visible');
 * const { state } = kernel.step(key(1), kernel.init(images, key(0)));
 * ```
 * @see Hinton, "Training products of experts by minimizing contrastive divergence", 2002, https://doi.org/10.1162/089976602760128018
 */
export function alternatingGibbs<B extends string>(
  model: BlockConditional<B>,
  block: NoInfer<B>,
): Kernel<Tensor, GibbsState<Tensor>, MoveInfo> {
  checkBlocks('alternatingGibbs', model);
  const others = model.blocks.filter((name) => name !== block);
  if (others.length === 0 || others.length === model.blocks.length)
    throw new EbmError(
      'argument',
      `alternatingGibbs: expected one of several blocks of the model, which has ${model.blocks.join(', ')}, got ${String(block)}.`,
    );
  return defineKernel<Tensor, GibbsState<Tensor>, MoveInfo>({
    init: (position) => {
      chainsOf('alternatingGibbs', position);
      return { position };
    },
    step: (key, { position }) => {
      const chains = chainsOf('alternatingGibbs', position);
      const drawn = sweep(key, model, [...others, block], { [block]: position } as SomeBlocks<B>) as Blocks<B>;
      const sound = soundChains(model, drawn, { [block]: drawn[block] } as SomeBlocks<B>, chains);
      return { state: { position: keepSound(sound, drawn[block], position) }, info: report(sound, chains) };
    },
  });
}
