import type { BlockConditional } from '@ebmkit/energy';
import { cast, equal, floor, fold, type Key, mul, perRow, split, type Tensor, uniform, where } from '@ebmkit/tensor';
import { defineKernel, type Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';
import { type Blocks, checkBlocks, type GibbsState, keepSound, report, soundChains } from './gibbs.js';

/** The newest states, with the one block that each chain has chosen drawn anew given the others. */
function drawChosen<B extends string>(key: Key, model: BlockConditional<B>, x: Blocks<B>, chosen: Tensor): Blocks<B> {
  const drawn = model.blocks.map((name, i) => {
    const anew = model.sampleBlock(fold(key, i), name, x);
    return [name, where(perRow(equal(chosen, i), anew.shape), anew, cast(x[name], anew.dtype))] as const;
  });
  return Object.fromEntries(drawn) as Blocks<B>;
}

/**
 * Block Gibbs sampling in random order: in each step every chain draws one of the blocks at random and then that block from its
 * conditional given the others. Exact, and reversible, which `gibbs` with its fixed order is not: the choice for theory, and where a
 * kernel must satisfy detailed balance, as inside a Metropolis test. Each step costs one draw of every block, because chains
 * choose for themselves; `gibbs` moves all blocks at that cost. A step in which the model's conditionals are not finite
 * (`model.finite`) or a real block is not finite is refused and reported in `info.diverged`.
 *
 * @param model - A model whose blocks can be drawn given the others.
 * @returns A kernel over positions with one tensor `[chains, ...]` for each block.
 * @throws EbmError when the model names no block, or one twice.
 *
 * @example
 * ```ts
 * const kernel = randomBlockGibbs(machine.conditional(params)); // positions { visible, hidden }
 * ```
 * @see Liu, Wong and Kong, "Covariance structure and convergence rate of the Gibbs sampler with various scans", 1995,
 * https://doi.org/10.1111/j.2517-6161.1995.tb02021.x
 */
export function randomBlockGibbs<B extends string>(
  model: BlockConditional<B>,
): Kernel<Blocks<B>, GibbsState<Blocks<B>>, MoveInfo> {
  const caller = 'randomBlockGibbs';
  checkBlocks(caller, model);
  return defineKernel<Blocks<B>, GibbsState<Blocks<B>>, MoveInfo>({
    init: (position) => {
      chainsOf(caller, position);
      return { position };
    },
    step: (key, { position }) => {
      const [choiceKey, drawKey] = split(key, 2);
      const chains = chainsOf(caller, position);
      const chosen = cast(floor(mul(uniform(choiceKey, [chains]), model.blocks.length)), 'int32');
      const drawn = drawChosen(drawKey, model, position, chosen);
      const sound = soundChains(model, drawn, drawn, chains);
      const kept = model.blocks.map((name) => [name, keepSound(sound, drawn[name], position[name])] as const);
      return { state: { position: Object.fromEntries(kept) as Blocks<B> }, info: report(sound, chains) };
    },
  });
}
