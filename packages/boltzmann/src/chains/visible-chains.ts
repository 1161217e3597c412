import type { BlockConditional } from '@ebmkit/energy';
import { type DriveOptions, defineKernel, isAbortedRun, type Kernel, run, type SavedRun } from '@ebmkit/samplers';
import {
  add,
  EbmError,
  greaterEqual,
  type PlainTensor,
  split,
  type Tensor,
  type TensorData,
  where,
  zeros,
} from '@ebmkit/tensor';
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
  /** Means of the visible units, `[chains, V]`. */
  readonly means: TensorData;
  /** `[chains, V]`. */
  readonly shape: readonly [number, number];
}

/** The states of chains, and the sum of the visible means since the warm-up. */
type TrackedState = {
  readonly position: Tensor;
  readonly total: Tensor;
  readonly step: Tensor;
};

/** Gibbs sampling of the visible layer that sums up the means from which its states were drawn. */
function trackedGibbs<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  { sampleBlock }: BlockConditional<'visible' | 'hidden'>,
  warmup: number,
): Kernel<Tensor, TrackedState, null> {
  return defineKernel<Tensor, TrackedState, null>({
    init: (position) => ({ position, total: zeros(position.shape), step: zeros([], 'int32') }),
    step: (key, { position, total, step }) => {
      const [forHidden, forVisible] = split(key, 2);
      const hidden = sampleBlock(forHidden, 'hidden', { visible: position });
      const mean = machine.visibleMean(params, hidden, position);
      const next = add(total, where(greaterEqual(step, warmup), mean, 0));
      const visible = sampleBlock(forVisible, 'visible', { hidden, visible: position });
      return { state: { position: visible, total: next, step: add(step, 1) }, info: null };
    },
  });
}

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
  let end: { readonly position: PlainTensor; readonly total: PlainTensor } | undefined;
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
  const { position, total } = end as NonNullable<typeof end>;
  return {
    states: position.data,
    means: total.data.map((x) => x / steps),
    shape: [start.shape[0] as number, machine.visible.size],
  };
}
