import {
  type DriveOptions,
  defineKernel,
  isAbortedRun,
  type Kernel,
  type MoveInfo,
  run,
  type SavedRun,
} from '@ebmkit/samplers';
import {
  EbmError,
  fromPlain,
  logicalOr,
  type Plain,
  retire,
  scoped,
  split,
  type Tensor,
  type TensorData,
  toPlain,
} from '@ebmkit/tensor';
import { checkCount, countTrue, unsoundStarts, type VisibleChains } from '../chains/visible-chains.js';
import type { DeepBoltzmannMachine } from './deep-boltzmann-machine.js';
import type { DeepBoltzmannParameters } from './deep-boltzmann-parameters.js';
import type { DeepState } from './deep-layers.js';

/** How to draw from a deep Boltzmann machine. */
export interface DeepFantasiesOptions extends Pick<DriveOptions, 'key' | 'onProgress' | 'signal'> {
  /** Sweeps of block Gibbs sampling. */
  readonly steps: number;
  /** How many chains; may be left out when `start` is given. */
  readonly chains?: number;
  /** Where the chains begin: joint states, which stay yours; drawn from the biases alone unless given. */
  readonly start?: DeepState;
}

/** The ends of chains over all layers, as plain data. */
export interface DeepFantasies extends VisibleChains {
  /** The last states of all layers. `fromPlain` makes target draws for `estimateDeepLogZ` of them. */
  readonly layers: Plain<DeepState>;
}

/**
 * Draws joint states from a deep Boltzmann machine by long chains of block Gibbs sampling: what it dreams of. They tend to the machine's
 * distribution as `steps` grows; nothing here says when that is reached.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param options - Number of chains and steps, key, where to begin, progress, abort.
 * @returns The last visible states, the means from which such states are drawn, the states of all layers, and how many chains met numbers
 * that are not finite: those have means of NaN, and states from before.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 */
export async function deepFantasies<V extends string>(
  machine: DeepBoltzmannMachine<V>,
  params: DeepBoltzmannParameters<V>,
  { steps, chains, start, key, onProgress, signal }: DeepFantasiesOptions,
): Promise<DeepFantasies> {
  checkCount('deepFantasies', 'steps', steps, 1);
  const count = start?.visible.shape[0] ?? chains;
  if (count === undefined)
    throw new EbmError('argument', 'deepFantasies: expected chains or start, got neither. Say how many chains to run.');
  checkCount('deepFantasies', 'chains', chains ?? count, 1);
  if (chains !== undefined && chains !== count)
    throw new EbmError('argument', `deepFantasies: chains is ${chains}, but start has ${count} rows. Leave one out.`);
  const [forStart, forChains] = split(key, 2);
  const first = start ?? machine.drawFromBiases(forStart, params, count);
  let end: Plain<SeenState> | undefined;
  try {
    await run(rememberDiverged(machine.kernel(params)), first, {
      steps,
      key: forChains,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
      saveEvery: steps,
      onSave: ({ state }: SavedRun) => {
        end = state as typeof end;
      },
    });
  } catch (error) {
    if (!isAbortedRun(error)) throw error;
    const message = `deepFantasies: aborted after ${error.saved.step} of ${steps} steps.`;
    throw new EbmError('aborted', message, { cause: error.cause });
  } finally {
    retire(first, start);
  }
  const { position: layers, diverged } = end as NonNullable<typeof end>;
  const { size } = machine.visible;
  const means = await visibleMeans(machine, params, layers);
  return {
    layers,
    states: layers.visible.data,
    means: means.map((x, i) => (diverged.data[Math.floor(i / size)] ? Number.NaN : x)),
    shape: [count, size],
    diverged: countTrue(diverged),
  };
}

/** Chains, and which of them have met numbers that are not finite, bool `[chains]`. */
type SeenState = { readonly position: DeepState; readonly diverged: Tensor };

/** A kernel that remembers which chains were refused a move. */
function rememberDiverged<S extends { readonly position: DeepState }>(
  kernel: Kernel<DeepState, S, MoveInfo>,
): Kernel<DeepState, SeenState & { readonly inner: S }, MoveInfo> {
  return defineKernel<DeepState, SeenState & { readonly inner: S }, MoveInfo>({
    init: (position, key) => ({
      position,
      inner: kernel.init(position, key),
      diverged: unsoundStarts(position),
    }),
    step: (key, { inner, diverged }) => {
      const { state, info } = kernel.step(key, inner);
      return {
        state: { position: state.position, inner: state, diverged: logicalOr(diverged, info.diverged) },
        info,
      };
    },
  });
}

async function visibleMeans<V extends string>(
  machine: DeepBoltzmannMachine<V>,
  params: DeepBoltzmannParameters<V>,
  layers: Plain<DeepState>,
): Promise<TensorData> {
  const means = scoped<Tensor>(() => machine.visibleMean(params, fromPlain(layers).hidden1 as Tensor));
  const { data } = await toPlain(means);
  retire(means, undefined);
  return data;
}
