import {
  add,
  broadcastTo,
  cast,
  EbmError,
  expandDims,
  floor,
  fold,
  free,
  gather,
  jit,
  type Key,
  logSumExp,
  matMul,
  mul,
  neg,
  pad,
  reshape,
  scoped,
  slice,
  sub,
  sum,
  type Tensor,
  takeAlongAxis,
  uniform,
} from '@ebmkit/tensor';
import { hiddenInput } from '../rbm/layers.js';
import type { Rbm } from '../rbm/rbm.js';
import { ownOf, type RbmParameters } from '../rbm/rbm-parameters.js';
import type { Site, Units } from '../units/units.js';
import { averageOf, type DataAverage } from './data-average.js';
import { perRowOf } from './free-energies.js';
import { openStates, type Rows } from './rows.js';
import { changesOf, segmentsOf } from './site-changes.js';

/** Settings of `pseudoLikelihood`. */
export interface PseudoLikelihoodOptions {
  /** Called after each batch with the share that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Settings of `stochasticPseudoLikelihood`. */
export interface StochasticPseudoLikelihoodOptions {
  /** Chooses the site of each row. */
  readonly key: Key;
}

/** Numbers that one batch of changes may hold: 16 MB. */
const batchNumbers = 2 ** 22;
/** How many rows one batch takes when one site a row is changed. */
const batchRows = 1000;

/** Opens data whose every site holds one of its vectors, and cuts the sites into segments. */
async function openSites<V extends string>(where: string, units: Units<V>, data: Rows) {
  const { sites, kind } = units;
  if (sites === undefined)
    throw new EbmError(
      'argument',
      `${where}: expected visible units of few values each, such as bernoulli(784), got ${kind} units.`,
    );
  const rows = await openStates(where, units, data);
  return { rows, segments: segmentsOf(units) };
}

function biasOf<V extends string, H extends string>({ visible }: Rbm<V, H>, params: RbmParameters<V, H>): Tensor {
  return ownOf(visible, 'visible', params).bias;
}

/** Some sites of every row, and what leads from them to the hidden units. */
type SitesOfRows = {
  /** Input of the hidden units, `[n, H]`. */
  readonly input: Tensor;
  /** What the sites hold, `[n, sites, width]`. */
  readonly states: Tensor;
  /** Their biases, `[sites, width]`, or those of each row's own sites, `[n, sites, width]`. */
  readonly bias: Tensor;
  /** Their weights, `[sites, width, H]` or `[n, sites, width, H]`. */
  readonly weights: Tensor;
};

/**
 * $`\log p(x_i \mid x_{-i})`$ of sites, `[n, sites]`, from the free energies with each of their other vectors: the hidden input moves by the
 * change times the site's rows of weights, so that no product with the whole matrix is needed.
 */
function siteLogProbabilities<V extends string, H extends string>(
  { hidden }: Rbm<V, H>,
  params: RbmParameters<V, H>,
  site: Site,
  { input, states, bias, weights }: SitesOfRows,
): Tensor {
  const own = ownOf(hidden, 'hidden', params);
  const changes = changesOf(site, cast(states, 'float32'));
  const width = changes.shape[3] as number;
  const steps = width === 1 ? mul(changes, weights) : matMul(changes, weights);
  const moved = add(expandDims(expandDims(input, 1), 1), steps);
  const after = reshape(hidden.logPartition(own, reshape(moved, [-1, hidden.size])), moved.shape.slice(0, -1));
  const before = reshape(hidden.logPartition(own, input), [-1, 1, 1]);
  const gains = add(sub(after, before), sum(mul(changes, expandDims(bias, -2)), -1));
  return neg(logSumExp(pad(gains, [0, 0, 1], [0, 0, 0]), -1));
}

/**
 * The average log pseudo-likelihood $`\sum_i \log p(v_i \mid v_{-i})`$ of data: every site of every row takes each of its other values once. A
 * site is a bit, a spin, or a group of softmax units. Exact (it needs no $`Z`$), at about the cost of as many free energies as there are
 * other values in all. Its maximum is where the likelihood's is when the model is right, but its value is no likelihood.
 * `stochasticPseudoLikelihood` estimates it at the cost of one free energy.
 *
 * @param machine - A machine with visible units that can be listed.
 * @param params - Its parameters.
 * @param data - Rows of states, not of probabilities.
 * @param options - Progress, abort.
 * @returns The mean over rows in nats a row (not a unit), and its standard error.
 * @throws EbmError when the visible units have no sites (real units, counts) or the data holds other values.
 *
 * @example
 * ```ts
 * const { mean, standardError } = await pseudoLikelihood(machine, params, testImages);
 * const perPixel = mean / machine.visible.size;
 * ```
 * @see Besag, "Statistical analysis of non-lattice data", 1975, https://doi.org/10.2307/2987782
 */
export async function pseudoLikelihood<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
  options: PseudoLikelihoodOptions = {},
): Promise<DataAverage> {
  const { onProgress, signal } = options;
  const { visible, hidden } = machine;
  const { rows, segments } = await openSites('pseudoLikelihood', visible, data);
  // What one site of one row needs, so that a batch of rows and a block of sites fit into memory together.
  const numbersOfSite = hidden.size * Math.max(...segments.map(({ site, width }) => (site.length - 1) * width));
  const most = Math.max(1, Math.floor(batchNumbers / numbersOfSite));
  const height = Math.max(1, Math.min(rows.count, 100, most));
  const sitesAtOnce = Math.max(1, Math.floor(most / height));
  const inputOf = jit((p: RbmParameters<V, H>, states: Tensor) => hiddenInput(machine, p, states));
  const blocks = segments.map((segment) => ({
    ...segment,
    logProbability: jit((p: RbmParameters<V, H>, sites: SitesOfRows) =>
      sum(siteLogProbabilities(machine, p, segment.site, sites), 1),
    ),
  }));
  const ofBatch = (states: Tensor): Tensor =>
    scoped(() => {
      const rowCount = states.shape[0] as number;
      const input = inputOf(params, states);
      let total: Tensor | undefined;
      for (const { logProbability, count, width, column } of blocks)
        for (let first = 0; first < count; first += sitesAtOnce) {
          const sites = Math.min(sitesAtOnce, count - first);
          const [begin, columns] = [column + first * width, sites * width];
          const part = scoped(() =>
            logProbability(params, {
              input,
              states: reshape(slice(states, [0, begin], [rowCount, columns]), [rowCount, sites, width]),
              weights: reshape(slice(params.weight, [begin, 0], [columns, hidden.size]), [sites, width, hidden.size]),
              bias: reshape(slice(biasOf(machine, params), [begin], [columns]), [sites, width]),
            }),
          );
          const next: Tensor = total === undefined ? part : add(total, part);
          if (total !== undefined) free([total, part]);
          total = next;
        }
      return total as Tensor;
    });
  try {
    const numbers = await perRowOf(rows, height, data, (batch, index) => {
      if (signal?.aborted)
        throw new EbmError('aborted', `pseudoLikelihood: aborted at row ${index * height} of ${rows.count}.`);
      if (index > 0) onProgress?.((index * height) / rows.count);
      return ofBatch(batch);
    });
    onProgress?.(1);
    return averageOf(numbers);
  } finally {
    inputOf.clear();
    for (const { logProbability } of blocks) logProbability.clear();
  }
}

/**
 * An unbiased estimate of the average log pseudo-likelihood of data: one site of each row, chosen at random, takes its other values,
 * and its log conditional counts as many times as there are sites. As scikit-learn's `BernoulliRBM.score_samples` does, for bits at the cost
 * of two free energies a row; `pseudoLikelihood` is exact.
 *
 * @param machine - A machine whose visible units are of one kind and can be listed.
 * @param params - Its parameters.
 * @param data - Rows of states, not of probabilities.
 * @param options - The key that chooses sites.
 * @returns The mean over rows in nats a row, and its standard error, which counts the choice of sites too.
 * @throws EbmError when the visible units have no sites or sites of several kinds, or the data holds other values.
 *
 * @example
 * ```ts
 * const { mean } = await stochasticPseudoLikelihood(machine, params, testImages, { key: fold(key(1), epoch) });
 * ```
 * @see Pedregosa et al., "Scikit-learn: machine learning in Python", 2011, https://jmlr.org/papers/v12/pedregosa11a.html
 */
export async function stochasticPseudoLikelihood<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
  options: StochasticPseudoLikelihoodOptions,
): Promise<DataAverage> {
  const { visible, hidden } = machine;
  const { rows, segments } = await openSites('stochasticPseudoLikelihood', visible, data);
  const [segment, another] = segments;
  if (segment === undefined || another !== undefined)
    throw new EbmError(
      'argument',
      `stochasticPseudoLikelihood: expected visible units of one kind, got ${segments.length} kinds. Use pseudoLikelihood.`,
    );
  const { site, count, width } = segment;
  const evaluate = jit((p: RbmParameters<V, H>, states: Tensor, key: Key): Tensor => {
    const rowCount = states.shape[0] as number;
    const chosen = cast(floor(mul(uniform(key, [rowCount]), count)), 'int32');
    const index = broadcastTo(reshape(chosen, [rowCount, 1, 1]), [rowCount, 1, width]);
    const logProbability = siteLogProbabilities(machine, p, site, {
      input: hiddenInput(machine, p, states),
      states: takeAlongAxis(reshape(cast(states, 'float32'), [rowCount, count, width]), index, 1),
      weights: expandDims(gather(reshape(p.weight, [count, width, hidden.size]), chosen), 1),
      bias: expandDims(gather(reshape(biasOf(machine, p), [count, width]), chosen), 1),
    });
    return mul(reshape(logProbability, [rowCount]), count);
  });
  try {
    return averageOf(
      await perRowOf(rows, batchRows, data, (batch, index) => evaluate(params, batch, fold(options.key, index))),
    );
  } finally {
    evaluate.clear();
  }
}
