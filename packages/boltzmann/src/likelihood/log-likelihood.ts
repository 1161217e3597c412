import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { averageOf, type DataAverage } from './data-average.js';
import { exactLogZ } from './exact-log-z.js';
import { freeEnergies } from './free-energies.js';
import type { Rows } from './rows.js';

/** A log normaliser with what is known of its error. */
export interface LogZ {
  /** $`\log Z`$ in nats. */
  readonly logZ: number;
  /** The standard error of `logZ`; 0 when it is exact. */
  readonly standardError: number;
  /** A number that `logZ` is not below, up to chance. */
  readonly lower?: number;
  /** A number that `logZ` is not above, up to chance. */
  readonly upper?: number;
  /** The effective number of independent draws or chains behind it, when it is an estimate by them. */
  readonly ess?: number;
}

/** An average log-likelihood of data. */
export interface LogLikelihood extends DataAverage {
  /** The standard error of the mean that comes from the data and from `logZ` together. */
  readonly standardError: number;
  /** The part of the error that comes from `logZ`: common to all rows. */
  readonly logZError: number;
  /** The mean with the upper end of `logZ`, when it has one. */
  readonly lower?: number;
  /** The mean with the lower end of `logZ`, when it has one. */
  readonly upper?: number;
  /** The effective number of draws or chains behind `logZ`, when it has one. With a handful, neither mean nor bracket is to be trusted. */
  readonly ess?: number;
}

/** The average over rows of log-likelihoods, or of bounds on them, from what each is without the normaliser. */
export function averageLess(unnormalised: Float64Array, logZ: number | LogZ): LogLikelihood {
  const known: LogZ = typeof logZ === 'number' ? { logZ, standardError: 0 } : logZ;
  const { mean, standardError } = averageOf(unnormalised);
  const { lower, upper, ess } = known;
  return {
    mean: mean - known.logZ,
    standardError: Math.hypot(standardError, known.standardError),
    logZError: known.standardError,
    ...(upper === undefined ? {} : { lower: mean - upper }),
    ...(lower === undefined ? {} : { upper: mean - lower }),
    ...(ess === undefined ? {} : { ess }),
  };
}

/**
 * The average log-likelihood $`\frac1n \sum_i (-F(v_i)) - \log Z`$ of data. As good as `logZ` is: an AIS estimate of $`Z`$
 * is unbiased, so that its log is low on average and the log-likelihood is high.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param data - The rows.
 * @param logZ - The log normaliser: a number that is exact, or an estimate with its error.
 * @returns The mean over rows in nats, its error, and what is known of `logZ` carried over: bracket, effective number of chains.
 *
 * @example
 * ```ts
 * const logZ = await estimateLogZ(machine, params, { visibleMeans, betas: denseNearTarget(1000), chains: 100, key: key(1) });
 * const { mean, standardError, lower, upper, ess } = await logLikelihood(machine, params, testImages, logZ);
 * ```
 * @see Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks", 2008, https://doi.org/10.1145/1390156.1390266
 */
export async function logLikelihood<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
  logZ: number | LogZ,
): Promise<LogLikelihood> {
  const energies = await freeEnergies(machine, params, data);
  return averageLess(
    energies.map((energy) => -energy),
    logZ,
  );
}

/**
 * The average log-likelihood of data under a machine with a layer of at most 24 binary units, by `exactLogZ`.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param data - The rows.
 * @returns The mean over rows in nats, and its standard error over rows.
 * @throws EbmError when neither layer is small enough.
 */
export async function exactLogLikelihood<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
): Promise<LogLikelihood> {
  return logLikelihood(machine, params, data, await exactLogZ(machine, params));
}
