import { type DriveOptions, isAbortedRun, run, type SavedRun } from '@ebmkit/samplers';
import { EbmError, free, type PlainTensor, split, type Tensor } from '@ebmkit/tensor';
import { checkCount } from '../chains/visible-chains.js';
import type { BoltzmannMachine } from './boltzmann-machine.js';
import { gatherMoments, type MomentState } from './gather-moments.js';
import type { GraphKernelOptions } from './graph-kernel.js';
import type { GraphParameters } from './graph-parameters.js';

/** How to estimate moments by sampling. */
export interface MomentsOptions extends GraphKernelOptions, Pick<DriveOptions, 'key' | 'onProgress' | 'signal'> {
  /** Steps that count, each of `sweeps` sweeps. */
  readonly steps: number;
  /** Steps before those; 0 unless given. */
  readonly warmup?: number;
  /** How many chains begin at random states; may be left out when `start` is given. */
  readonly chains?: number;
  /** Where the chains begin, joint states `[chains, nodes]`, which stay yours. */
  readonly start?: Tensor;
}

/** Estimated moments as plain data; `fromPlain` makes tensors of them. */
export interface Moments {
  /** The mean of each bias's statistic, of the shape of the biases: the value of a bool or spin node, the indicator of each category. */
  readonly bias: PlainTensor;
  /** The mean of each weight's statistic, of the shape of the weights: the product of the values, the indicator of each table entry. */
  readonly weight: PlainTensor;
  /** The last states of the chains, to go on from. */
  readonly states: PlainTensor;
  /** How many chains met parameters that are NaN, and so did not move. */
  readonly diverged: number;
}

/**
 * Estimates the moments of a machine by block Gibbs sampling: the means of its nodes and of all its interactions, which are what a
 * gradient needs. The mean log-likelihood has the gradient "moments with the visible nodes at the data" minus "moments of the model";
 * the first are those of `free: machine.hidden` from `start: machine.complete(…)`, or `machine.statistics(rows)` where nothing is hidden.
 * Unbiased up to the warm-up, with the error of a Markov chain; memory does not grow with the number of steps.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param options - Chains, steps, key, which nodes move, at which inverse temperature, progress, abort.
 * @returns The moments as plain data.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { bias, weight } = await moments(machine, params, { chains: 64, warmup: 100, steps: 1000, key: key(1) });
 * ```
 */
export async function moments(
  machine: BoltzmannMachine,
  params: GraphParameters,
  options: MomentsOptions,
): Promise<Moments> {
  const { steps, warmup = 0, chains, start, sweeps, free: moving, beta, onProgress, signal } = options;
  checkCount('moments', 'steps', steps, 1);
  checkCount('moments', 'warmup', warmup, 0);
  const count = start?.shape[0] ?? chains;
  if (count === undefined)
    throw new EbmError('argument', 'moments: expected chains or start, got neither. Say how many chains to run.');
  checkCount('moments', 'chains', chains ?? count, 1);
  if (chains !== undefined && chains !== count)
    throw new EbmError('argument', `moments: chains is ${chains}, but start has ${count} rows. Leave one out.`);
  const [forStart, forChains] = split(options.key, 2);
  const kernel = machine.kernel(params, {
    ...(sweeps !== undefined && { sweeps }),
    ...(moving && { free: moving }),
    ...(beta !== undefined && { beta }),
  });
  const first = start ?? machine.randomStates(forStart, count);
  let end: Readonly<Record<keyof MomentState, unknown>> | undefined;
  try {
    await run(gatherMoments(machine, kernel, { warmup }), first, {
      steps: warmup + steps,
      key: forChains,
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
      saveEvery: warmup + steps,
      onSave: ({ state }: SavedRun) => {
        end = state as typeof end;
      },
    });
  } catch (error) {
    if (!isAbortedRun(error)) throw error;
    const message = `moments: aborted after ${error.saved.step} of ${warmup + steps} steps.`;
    throw new EbmError('aborted', message, { cause: error.cause });
  } finally {
    if (!start) free(first);
  }
  const {
    moments: means,
    position,
    diverged,
  } = end as {
    readonly moments: Readonly<Record<'bias' | 'weight', PlainTensor>>;
    readonly position: PlainTensor;
    readonly diverged: PlainTensor;
  };
  return { ...means, states: position, diverged: Array.from(diverged.data).filter(Boolean).length };
}
