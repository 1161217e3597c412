import {
  EbmError,
  isTensor,
  type Key,
  normal,
  read,
  retire,
  scoped,
  split,
  type Tensor,
  type Tree,
} from '@ebmkit/tensor';
import { checkedCount } from '../kernel/checked-count.js';
import type { Kernel } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { chainsOf } from '../kernel/position.js';
import { isSavedRun, type SavedRun } from './saved-run.js';

/** What drivers may find in the thing that they sample. */
export interface Target {
  /** The energies of a batch. */
  readonly energy?: (x: never) => Tensor;
  /** The shape of one state. */
  readonly eventShape?: readonly number[];
}

/** A kernel whose types the signatures of `sample` have checked. */
export type Sampler = Kernel<Tree, InnerState, MoveInfo>;

/** The state of such a kernel, which may cache energies. */
export type InnerState = {
  /** Where the chains are. */
  readonly position: Tree;
  /** Their energies. */
  readonly energy?: Tree;
};

/** Where chains begin. */
interface Beginning {
  readonly start?: Tree | SavedRun;
  readonly chains?: number;
  readonly key: Key;
}

/** The start that was given or a standard normal one, and whether it is ours to free. */
export function startOf(caller: string, target: Target, { start, chains, key }: Beginning) {
  if (isSavedRun(start)) return [start, undefined] as const;
  if (start !== undefined) {
    const given = chainsOf(caller, start);
    if (chains !== undefined && chains !== given)
      throw new EbmError('argument', `${caller}: chains is ${chains}, but start has ${given} chains. Leave one out.`);
    return [start, undefined] as const;
  }
  const { eventShape } = target;
  if (!eventShape || chains === undefined)
    throw new EbmError(
      'argument',
      `${caller}: expected start, or chains and an energy that knows its eventShape. Pass start: a tensor [chains, ...event].`,
    );
  const owned = normal(split(key, 2)[1], [checkedCount(caller, 'chains', chains, 1), ...eventShape]);
  return [owned, owned] as const;
}

/** The energies of the chains: cached in the kernel's state, or computed for positions of one tensor, or unknown. */
export async function energiesOf(target: Target, state: InnerState) {
  if (isTensor(state.energy)) return read(state.energy);
  const { energy } = target;
  if (!energy || !isTensor(state.position)) return undefined;
  const computed = scoped<Tensor>(() => energy(state.position as never));
  try {
    return await read(computed);
  } finally {
    retire(computed, state);
  }
}
