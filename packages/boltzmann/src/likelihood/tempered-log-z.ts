import {
  bridgeSampling,
  isAbortedRun,
  type LogZEstimate,
  type SampleLadderOptions,
  sampleLadder,
} from '@ebmkit/samplers';
import { EbmError, retire, type Tensor } from '@ebmkit/tensor';
import { drawFromBiases } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { annealedMachine, type BaseRateMeans, baseRate, baseRateLogZ } from './annealed-machine.js';

/** How to estimate the normaliser of a machine from tempered chains. */
export interface TemperedLogZOptions
  extends BaseRateMeans,
    Pick<
      SampleLadderOptions<Tensor, never>,
      'betas' | 'chains' | 'steps' | 'warmup' | 'key' | 'onProgress' | 'signal'
    > {}

/**
 * Estimates the log normaliser of a machine from tempered chains: parallel tempering between the base-rate machine and the machine,
 * then bridge sampling between each pair of neighbours. Where the ladder mixes it is unbiased up to terms that vanish with the
 * number of draws, from both sides at once, and needs no draws of the machine in advance; `estimateLogZ` passes the ladder once and is
 * cheaper on easy machines. Costs `betas × (warmup + steps)` Gibbs steps of every chain.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param options - Ladder, chains (at least 8), steps, means of the data, key.
 * @returns The estimate in nats with its standard error and a bracket of 3 of them; pass it to `logLikelihood`.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const logZ = await temperedLogZ(machine, params, { visibleMeans, betas: 50, chains: 16, steps: 1000, key: key(1) });
 * ```
 * @see Meng and Wong, "Simulating ratios of normalizing constants via a simple identity", 1996,
 * https://www3.stat.sinica.edu.tw/statistica/oldpdf/A6n41.pdf
 */
export async function temperedLogZ<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: TemperedLogZOptions,
): Promise<LogZEstimate> {
  const base = baseRate(machine, params, options);
  try {
    const ladder = await sampleLadder({
      ...options,
      path: annealedMachine(machine, params, base),
      base: {
        logZ: await baseRateLogZ(machine, base),
        draw: (key, count) => drawFromBiases(machine.visible, base.visible, key, count),
      },
    });
    return bridgeSampling(ladder);
  } catch (error) {
    if (!isAbortedRun(error)) throw error;
    const { steps, warmup = Math.ceil(steps / 4) } = options;
    const message = `temperedLogZ: aborted after ${error.saved.step} of ${warmup + steps} steps.`;
    throw new EbmError('aborted', message, { cause: error.cause });
  } finally {
    retire(base, params);
  }
}
