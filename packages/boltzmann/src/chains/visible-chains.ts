import type { BlockConditional } from '@ebmkit/energy';
import { type DriveOptions, defineKernel, isAbortedRun, type Kernel, run, type SavedRun } from '@ebmkit/samplers';
import {
  add,
  cast,
  EbmError,
  greaterEqual,
  logicalAnd,
  logicalNot,
  ones,
  type PlainTensor,
  perRow,
  split,
  type Tensor,
  type TensorData,
  type Tree,
  tensorsOf,
  where,
  zeros,
} from '@ebmkit/tensor';
import { finiteChains } from '../rbm/exact-moves.js';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';

/** How long to run chains of visible states. */
export interface ChainOptions extends Pick<DriveOptions, 'key' | 'onProgress' | 'signal'> {
  /** Gibbs steps, each a draw of the hidden and then of the visible layer; for `inpaint`, those that the means are taken over. */
  readonly steps: number;
}

/** The ends of chains of visible states, as plain data, row by row. */
export interface VisibleChains {
  /** The last states, `[chains, V]`. */
  readonly states: TensorData;
  /** Means of the visible units, `[chains, V]`; NaN in chains that have diverged. */
  readonly means: TensorData;
  /** `[chains, V]`. */
  readonly shape: readonly [number, number];
  /** How many chains met parameters that are NaN or states that are not finite. They stay where they were from then on. */
  readonly diverged: number;
}

/** The states of chains, and the sum of the visible means since the warm-up. */
type TrackedState = {
  readonly position: Tensor;
  readonly total: Tensor;
  readonly step: Tensor;
  /** Which chains have met numbers that are not finite, bool `[chains]`. */
  readonly diverged: Tensor;
};

/** Gibbs sampling of the visible layer that sums up the means from which its states were drawn, and stops chains that are not finite. */
function trackedGibbs<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  { sampleBlock, finite }: BlockConditional<'visible' | 'hidden'>,
  warmup: number,
): Kernel<Tensor, TrackedState, null> {
  return defineKernel<Tensor, TrackedState, null>({
    init: (position) => ({
      position,
      total: zeros(position.shape),
      step: zeros([], 'int32'),
      diverged: unsoundStarts(position),
    }),
    step: (key, { position, total, step, diverged }) => {
      const [forHidden, forVisible] = split(key, 2);
      const hidden = sampleBlock(forHidden, 'hidden', { visible: position });
      const drawn = sampleBlock(forVisible, 'visible', { hidden, visible: position });
      const conditionals = finite ? finite({ hidden, visible: drawn }) : ones([], 'bool');
      const sound = finiteChains(logicalAnd(conditionals, logicalNot(diverged)), drawn);
      const isSound = perRow(sound, drawn.shape);
      const mean = where(isSound, machine.visibleMean(params, hidden, position), Number.NaN);
      return {
        state: {
          position: where(isSound, drawn, cast(position, drawn.dtype)),
          total: add(total, where(greaterEqual(step, warmup), mean, 0)),
          step: add(step, 1),
          diverged: logicalNot(sound),
        },
        info: null,
      };
    },
  });
}

/** Which chains begin at numbers that are not finite, bool `[chains]`: bits drawn from them would not show it. */
export function unsoundStarts(start: Tree): Tensor {
  const chains = tensorsOf(start)[0]?.shape[0] as number;
  return logicalNot(finiteChains(ones([chains], 'bool'), start));
}

/** How many of some flags are set. */
export const countTrue = ({ data }: PlainTensor): number => Array.from(data).filter(Boolean).length;

/** Throws unless a count is a whole number of at least `least`. */
export function checkCount(where: string, name: string, count: number, least: number): void {
  if (!Number.isInteger(count) || count < least)
    throw new EbmError('argument', `${where}: ${name} must be a whole number of at least ${least}, got ${count}.`);
}

/**
 * Runs chains of visible states and averages the visible means over the steps after the warm-up.
 *
 * @param start - The first states, which stay the caller's.
 * @param conditional - The machine's conditionals, or those with a part clamped.
 */
export async function runVisibleChains<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  start: Tensor,
  conditional: BlockConditional<'visible' | 'hidden'>,
  options: ChainOptions & { readonly caller: string; readonly warmup: number },
): Promise<VisibleChains> {
  const { caller, steps, warmup, key, onProgress, signal } = options;
  let end: Readonly<Record<'position' | 'total' | 'diverged', PlainTensor>> | undefined;
  await run(trackedGibbs(machine, params, conditional, warmup), start, {
    steps: warmup + steps,
    key,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    saveEvery: warmup + steps,
    onSave: ({ state }: SavedRun) => {
      end = state as typeof end;
    },
  }).catch((error: unknown) => {
    if (!isAbortedRun(error)) throw error;
    const message = `${caller}: aborted after ${error.saved.step} of ${warmup + steps} steps.`;
    throw new EbmError('aborted', message, { cause: error.cause });
  });
  const { position, total, diverged } = end as NonNullable<typeof end>;
  return {
    states: position.data,
    means: total.data.map((x) => x / steps),
    shape: [start.shape[0] as number, machine.visible.size],
    diverged: countTrue(diverged),
  };
}
