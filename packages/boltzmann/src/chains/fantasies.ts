import { EbmError, free, isTensor, split } from '@ebmkit/tensor';
import { openRows, type Rows } from '../likelihood/rows.js';
import { drawFromBiases } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import { type ChainOptions, checkCount, runVisibleChains, type VisibleChains } from './visible-chains.js';

/** How to draw fantasies. */
export interface FantasiesOptions extends ChainOptions {
  /** How many chains; may be left out when `start` says it. */
  readonly chains?: number;
  /** Where the chains begin, one row each; unless given, states drawn from the visible biases alone. */
  readonly start?: Rows;
}

/**
 * Draws visible states from a machine by long Gibbs chains: what it dreams of. The chains run in parallel and each gives one
 * state. They tend to the model's distribution as `steps` grows; nothing here says when that is reached, and a
 * well-trained machine mixes slowly between modes.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param options - Number of chains and steps, key, where to begin, progress, abort.
 * @returns The last states, the means from which they were drawn (smoother pictures), and how many chains met numbers that are not finite.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const { means, diverged } = await fantasies(machine, params, { chains: 100, steps: 1000, key: key(1) });
 * const picture = imageGrid(means, { height: 28, width: 28, columns: 10 }); // of @ebmkit/plot
 * ```
 * @see Hinton, Osindero and Teh, "A fast learning algorithm for deep belief nets", 2006, §7, https://doi.org/10.1162/neco.2006.18.7.1527
 */
export async function fantasies<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: FantasiesOptions,
): Promise<VisibleChains> {
  return drawFantasies('fantasies', machine, params, options);
}

/** What `fantasies` does, under the name of the caller. */
export async function drawFantasies<V extends string, H extends string>(
  caller: string,
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: FantasiesOptions,
): Promise<VisibleChains> {
  const { chains, start, steps } = options;
  checkCount(caller, 'steps', steps, 1);
  const [forStart, forChains] = split(options.key, 2);
  const rows = start === undefined ? undefined : openRows(caller, machine.visible, start);
  const count = chains ?? rows?.count;
  if (count === undefined)
    throw new EbmError('argument', `${caller}: expected chains or start, got neither. Say how many chains to run.`);
  checkCount(caller, 'chains', count, 1);
  if (rows !== undefined && rows.count !== count)
    throw new EbmError('argument', `${caller}: chains is ${count}, but start has ${rows.count} rows. Leave one out.`);
  const first =
    rows?.batch(0, count) ??
    drawFromBiases(machine.visible, ownOf(machine.visible, 'visible', params), forStart, count);
  try {
    const conditional = machine.conditional(params);
    return await runVisibleChains(machine, params, first, conditional, {
      ...options,
      caller,
      key: forChains,
      steps: 1,
      warmup: steps - 1,
    });
  } finally {
    if (!isTensor(start)) free(first);
  }
}
