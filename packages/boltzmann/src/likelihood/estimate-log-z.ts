import {
  type AnnealedEstimate,
  type AnnealedImportanceSamplingOptions,
  annealedImportanceSampling,
} from '@ebmkit/samplers';
import { free, isTensor, retire, type Tensor } from '@ebmkit/tensor';
import { drawFromBiases } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { annealedMachine, type BaseRateMeans, baseRate, baseRateLogZ } from './annealed-machine.js';
import { openRows, type Rows } from './rows.js';

/** How to estimate the normaliser of a machine. */
export interface EstimateLogZOptions
  extends BaseRateMeans,
    Pick<AnnealedImportanceSamplingOptions<Tensor, never>, 'betas' | 'chains' | 'key' | 'onProgress' | 'signal'> {
  /**
   * Visible states of the machine itself, from long chains (see `fantasies`), one row each: reverse chains start there and give the
   * upper bound. Where they have not mixed, `upper` and the combined `logZ` are wrong, and `forward` is not.
   */
  readonly targetDraws?: Rows;
}

/**
 * Estimates the log normaliser of a machine by annealed importance sampling from a machine without weights that has the means of
 * the data and, where they are given, of the hidden units. The mean of the weights is an unbiased estimate of $`Z`$, so its log is low on average; draws from the
 * machine give an upper bound too. Costs two matrix products of every chain for each beta. `exactLogZ` is exact where a
 * layer has at most 24 binary units.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param options - Means of both layers, ladder, chains, key, target draws.
 * @returns The estimate in nats with its standard error, bracket and effective number of chains; pass it to `logLikelihood`.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const logZ = await estimateLogZ(machine, params, { visibleMeans, betas: denseNearTarget(1000), chains: 100, key: key(1) });
 * const { mean, standardError } = await logLikelihood(machine, params, testImages, logZ);
 * ```
 * @see Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks", 2008, https://doi.org/10.1145/1390156.1390266
 */
export async function estimateLogZ<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: EstimateLogZOptions,
): Promise<AnnealedEstimate> {
  const { targetDraws, ...rest } = options;
  const rows = targetDraws === undefined ? undefined : openRows('estimateLogZ', machine.visible, targetDraws);
  const base = baseRate(machine, params, options);
  const draws = rows?.batch(0, rows.count);
  try {
    const logZ = await baseRateLogZ(machine, base);
    return await annealedImportanceSampling({
      ...rest,
      path: annealedMachine(machine, params, base),
      base: { logZ, draw: (key, count) => drawFromBiases(machine.visible, base.visible, key, count) },
      ...(draws && { targetDraws: draws }),
    });
  } finally {
    retire(base, params);
    if (!isTensor(targetDraws)) free(draws);
  }
}
