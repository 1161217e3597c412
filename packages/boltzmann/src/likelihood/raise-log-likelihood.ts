import { reverseAnnealing } from '@ebmkit/samplers';
import {
  broadcastTo,
  EbmError,
  expandDims,
  fold,
  free,
  isTensor,
  type Key,
  reshape,
  retire,
  scoped,
  type Tensor,
} from '@ebmkit/tensor';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { annealedMachine, type BaseRateMeans, baseRate, baseRateLogZ } from './annealed-machine.js';
import { averageOf, type DataAverage } from './data-average.js';
import { freeEnergies } from './free-energies.js';
import { openRows, type Rows } from './rows.js';

/** How to bound the log-likelihood of data. */
export interface RaiseOptions extends BaseRateMeans {
  /** The number of equal steps from the base-rate machine to the machine, or the rising ladder itself, from 0 to 1. */
  readonly betas: number | readonly number[];
  /** How many chains go back from each row; 10 unless given. More chains, a tighter bound. */
  readonly chains?: number;
  /** The key of the whole. */
  readonly key: Key;
  /** Called about every 100 ms with the share that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** An average log-likelihood that is low on average: a stochastic lower bound. */
export interface RaiseLogLikelihood extends DataAverage {
  /** The standard error of the mean that comes from the chains, for these rows; part of `standardError`. NaN with one chain a row. */
  readonly annealingError: number;
  /** The mean less 3 times `annealingError`: up to chance it is below the log-likelihood of these rows where annealing arrives. */
  readonly lower: number;
  /** Infinity: chains that go back bound nothing from above. `logLikelihood` with an estimate of $`\log Z`$ errs to that side. */
  readonly upper: number;
  /** The effective number of chains of a row, out of `chains`, averaged over rows. Near 1, the bound hangs on single chains and is loose. */
  readonly ess: number;
  /** The estimate of each row, in nats. */
  readonly rows: Float64Array;
  /** How many moves met a number that is not finite and were refused. 0 in a sound run; else the estimate need not be low. */
  readonly diverged: number;
}

/** Throws unless the ladder is a number of steps or rises from 0 to 1. */
function checkLadder(betas: number | readonly number[]): void {
  const isLadder =
    typeof betas === 'number'
      ? Number.isInteger(betas) && betas >= 1
      : betas.length >= 2 &&
        betas[0] === 0 &&
        betas.at(-1) === 1 &&
        betas.every((beta, k) => k === 0 || beta > (betas[k - 1] as number));
  if (!isLadder)
    throw new EbmError(
      'argument',
      `raiseLogLikelihood: expected betas that rise from 0 to 1 or a number of steps of at least 1, got ${typeof betas === 'number' ? betas : `${betas.length} from ${betas[0]} to ${betas.at(-1)}`}.`,
    );
}

/** Chains that one batch may hold. */
const batchChains = 1000;

/** What the chains of one row say: the log of the mean of $`e^w`$, its squared standard error by the delta method, and their effective number. */
function logMean(weights: Float64Array) {
  const most = weights.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let [total, squares] = [0, 0];
  for (const w of weights) {
    const scaled = Math.exp(w - most);
    total += scaled;
    squares += scaled * scaled;
  }
  const chains = weights.length;
  const ess = total ** 2 / squares;
  return { value: most + Math.log(total / chains), variance: Math.max(0, chains / ess - 1) / (chains - 1), ess };
}

/**
 * A conservative estimate of the average log-likelihood of data: RAISE, the reverse annealed importance sampling estimator. It judges not the
 * machine but the distribution at which annealing with this ladder arrives, which has a normaliser of 1 and tends to the machine as
 * the ladder grows. On average the estimate is not above that distribution's log-likelihood, and so in practice not above the
 * machine's, where `estimateLogZ` and `logLikelihood` flatter: between the two lies the truth. Costs as much as `chains` chains of annealing
 * for each row, so judge some hundred rows.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param data - The rows to judge.
 * @param options - Ladder, chains, means of both layers, key.
 * @returns The mean over rows in nats with its standard error over rows, the part of it that chains make, the bound that this gives, the
 * effective number of chains, the rows, and how many moves failed.
 * @throws EbmError when an option is wrong, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const few = testImages.subarray(0, 100 * 784);
 * const { mean, lower, ess } = await raiseLogLikelihood(machine, params, few, { betas: denseNearTarget(5000), visibleMeans, key: key(1) });
 * ```
 * @see Burda, Grosse and Salakhutdinov, "Accurate and conservative estimates of MRF log-likelihood using reverse annealing", 2015,
 * https://arxiv.org/abs/1412.8566
 */
export async function raiseLogLikelihood<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
  options: RaiseOptions,
): Promise<RaiseLogLikelihood> {
  const { betas, chains = 10, key, signal, onProgress } = options;
  if (!Number.isInteger(chains) || chains < 1)
    throw new EbmError('argument', `raiseLogLikelihood: chains must be a whole number of at least 1, got ${chains}.`);
  checkLadder(betas);
  const source = openRows('raiseLogLikelihood', machine.visible, data);
  if (source.count === 0) throw new EbmError('argument', 'raiseLogLikelihood: expected at least one row, got none.');
  const base = baseRate(machine, params, options);
  const path = annealedMachine(machine, params, base);
  const rowsAtOnce = Math.max(1, Math.floor(batchChains / chains));
  const batches = Math.ceil(source.count / rowsAtOnce);
  const out = new Float64Array(source.count);
  let [diverged, variance, ess] = [0, 0, 0];
  try {
    const energies = await freeEnergies(machine, params, data);
    const baseLogZ = await baseRateLogZ(machine, base);
    for (let batch = 0; batch < batches; batch++) {
      const first = batch * rowsAtOnce;
      const count = Math.min(rowsAtOnce, source.count - first);
      const rows = source.batch(first, count);
      const start = copies(rows, chains);
      if (!isTensor(data) || rows !== data) free(rows);
      try {
        const annealed = await reverseAnnealing({
          path,
          betas,
          start,
          key: fold(key, batch),
          ...(signal && { signal }),
          ...(onProgress && { onProgress: ({ step, steps }) => onProgress((batch + step / steps) / batches) }),
        });
        diverged += annealed.diverged;
        for (let i = 0; i < count; i++) {
          const row = logMean(annealed.logWeights.subarray(i * chains, (i + 1) * chains));
          out[first + i] = row.value - baseLogZ - (energies[first + i] as number);
          variance += row.variance / out.length ** 2;
          ess += row.ess / out.length;
        }
      } finally {
        free(start);
      }
    }
    const average = averageOf(out);
    const annealingError = Math.sqrt(variance);
    const lower = average.mean - 3 * annealingError;
    return { ...average, annealingError, lower, upper: Number.POSITIVE_INFINITY, ess, rows: out, diverged };
  } finally {
    retire(base, params);
  }
}

/** Each row `times` times, one after the other. */
function copies(rows: Tensor, times: number): Tensor {
  const [count, width] = rows.shape as readonly [number, number];
  return scoped<Tensor>(() => reshape(broadcastTo(expandDims(rows, 1), [count, times, width]), [count * times, width]));
}
