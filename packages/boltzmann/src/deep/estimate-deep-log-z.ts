import {
  type AnnealedEstimate,
  type AnnealedImportanceSamplingOptions,
  annealedImportanceSampling,
} from '@ebmkit/samplers';
import { add, EbmError, read, retire, scoped, type Tensor, zeros } from '@ebmkit/tensor';
import type { OwnParameters } from '../units/units.js';
import { annealedDeepMachine, baseRate } from './annealed-deep-machine.js';
import type { DeepBoltzmannMachine } from './deep-boltzmann-machine.js';
import { type DeepBoltzmannParameters, stackOf } from './deep-boltzmann-parameters.js';
import { checkedLayers, type DeepState, drawLayers } from './deep-layers.js';

/** How to estimate the normaliser of a deep Boltzmann machine. */
export interface EstimateDeepLogZOptions
  extends Pick<
    AnnealedImportanceSamplingOptions<DeepState, never>,
    'betas' | 'chains' | 'key' | 'onProgress' | 'signal' | 'targetDraws'
  > {
  /** The means of the data, where the base-rate machine begins. Without them it begins at fair coins, which takes more steps. */
  readonly visibleMeans?: ArrayLike<number>;
  /**
   * The means of each hidden layer under the machine, from below, such as those over `deepFantasies`. Without them hidden units begin at fair coins. Where the machine
   * leaves most of them off, that is too far away: on a machine of 784, 500 and 1,000 units, forward and reverse chains of 4,000 steps were 127 nats apart
   * without, and 0.6 with them.
   */
  readonly hiddenMeans?: readonly ArrayLike<number>[];
}

/**
 * Estimates the log normaliser of a deep Boltzmann machine by annealed importance sampling from a machine without weights that has the
 * means of the data and, where they are given, of the hidden layers. Of the layers, those of even or those of odd number are summed out exactly at every beta, whichever have more units.
 * The mean of the weights is an unbiased estimate of $`Z`$, so its log is low on average, and a likelihood made with it high; draws from
 * the machine give an upper bound too. Costs two products with every weight matrix of every chain for each beta.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param options - Means of the layers, ladder, chains, key; joint states of the machine as target draws.
 * @returns The estimate in nats with its standard error, bracket and effective number of chains; pass it to `meanFieldBound`.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const logZ = await estimateDeepLogZ(machine, params, { visibleMeans, betas: denseNearTarget(20_000), chains: 100, key: key(1) });
 * const { mean, standardError } = await meanFieldBound(machine, params, testImages, logZ);
 * ```
 * @see Salakhutdinov and Hinton, "Deep Boltzmann machines", 2009, §4, https://proceedings.mlr.press/v5/salakhutdinov09a.html
 */
export async function estimateDeepLogZ<V extends string>(
  machine: DeepBoltzmannMachine<V>,
  params: DeepBoltzmannParameters<V>,
  options: EstimateDeepLogZOptions,
): Promise<AnnealedEstimate> {
  const { visibleMeans, hiddenMeans = [], ...rest } = options;
  const units = checkedLayers('estimateDeepLogZ', machine.layers);
  if (hiddenMeans.length > 0 && hiddenMeans.length !== units.length - 1)
    throw new EbmError(
      'argument',
      `estimateDeepLogZ: expected hiddenMeans of ${units.length - 1} hidden layers, got ${hiddenMeans.length}. Leave them out to begin at fair coins.`,
    );
  const stack = stackOf(params);
  const base = scoped<readonly OwnParameters<string>[]>(() =>
    baseRate(units, stack.own, [visibleMeans, ...hiddenMeans]),
  );
  const zero = scoped<Tensor>(() =>
    units
      .map((layer, k) => layer.logPartition(base[k] as OwnParameters<string>, zeros([1, layer.size])))
      .reduce((total, part) => add(total, part)),
  );
  try {
    return await annealedImportanceSampling({
      ...rest,
      path: annealedDeepMachine(units, stack, base),
      base: {
        logZ: (await read(zero))[0] as number,
        draw: (key, count): DeepState => drawLayers(units, base, key, count),
      },
    });
  } finally {
    retire([base, zero], params);
  }
}
