import { fold, type Key, readSync, retire, type Tensor, type Tree } from '@ebmkit/tensor';
import type { StepSettings } from '../../adaptation/adaptable.js';
import type { GradientState } from '../../kernel/evaluate.js';
import type { Transition } from '../../kernel/kernel.js';
import { blockDepth, type Grown, type NutsParts, openingDoublings, type Stretch } from './compiled-parts.js';
import type { NutsInfo } from './nuts-info.js';
import type { PackedSubtree } from './packing.js';

/** Whether any chain goes on. */
function goesOn({ going }: { readonly going: Tensor }): boolean {
  return readSync(going).some(Boolean);
}

/** How many ones a whole number ends in, in binary: how many stretches the block of that number completes. */
function trailingOnes(n: number): number {
  return 31 - Math.clz32(~n & (n + 1));
}

/**
 * Builds the stretch of a doubling block by block, as the recursion would: the stretches that wait for their second half are a stack
 * of at most one for each level, so memory grows with the depth and not with the number of leaves. When no chain goes on it
 * ends early, with what there is.
 */
function walkDoubling<X extends Tree>(
  parts: NutsParts<X>,
  nextKey: () => Key,
  grown: Grown<X>,
  blocks: number,
  settings: StepSettings,
): PackedSubtree<X> {
  const waiting: PackedSubtree<X>[] = [];
  const mergeLast = (later: Stretch<X>): Stretch<X> => {
    const earlier = waiting.pop() as PackedSubtree<X>;
    const merged = parts.merge(nextKey(), earlier, later);
    retire([earlier, later], [merged, grown]);
    return merged;
  };
  let from = grown.trajectory.frontier;
  let { going } = grown;
  for (let block = 0; ; block++) {
    let stretch = parts.walk(nextKey(), grown.trajectory.numbers, from, going, settings);
    for (let level = trailingOnes(block); level > 0; level--) stretch = mergeLast(stretch);
    if (block + 1 === blocks || !goesOn(stretch)) {
      while (waiting.length > 0) stretch = mergeLast(stretch);
      return stretch.subtree;
    }
    waiting.push(stretch.subtree);
    from = stretch.subtree.last;
    going = stretch.going;
  }
}

/**
 * One transition of every chain: the trajectory is doubled until it turns, diverges or has `maxTreeDepth` doublings in every chain.
 * Chains that have ended wait for the others.
 */
export function transit<X extends Tree>(
  parts: NutsParts<X>,
  maxTreeDepth: number,
  key: Key,
  state: GradientState<X>,
  settings: StepSettings,
): Transition<GradientState<X>, NutsInfo> {
  let count = 0;
  const nextKey = (): Key => fold(key, count++);
  let grown = parts.open(nextKey(), state, settings);
  for (let depth = openingDoublings; depth < maxTreeDepth && goesOn(grown); depth++) {
    const subtree = walkDoubling(parts, nextKey, grown, 2 ** (depth - blockDepth), settings);
    const next = parts.close(nextKey(), grown.trajectory, subtree);
    retire([grown, subtree], [next, state]);
    grown = next;
  }
  return parts.report(grown.trajectory);
}
