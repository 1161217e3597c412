import { EbmError, jit, read, retire, type Tensor } from '@ebmkit/tensor';
import { averageLess, type LogLikelihood, type LogZ } from '../likelihood/log-likelihood.js';
import { openRows, type Rows } from '../likelihood/rows.js';
import type { DeepBoltzmannMachine } from './deep-boltzmann-machine.js';
import type { DeepBoltzmannParameters } from './deep-boltzmann-parameters.js';
import type { DeepMeanField } from './mean-field.js';

/** How far to go for the mean field of every row. */
export interface MeanFieldBoundOptions {
  /** Sweeps at most, in tens; 200 unless given. A batch stops earlier when all of its rows have converged. */
  readonly steps?: number;
  /** A row has converged when its means moved by less than this in the last sweep; 0.0001 unless given. */
  readonly tolerance?: number;
  /** Rows a batch; 500 unless given. */
  readonly batchSize?: number;
}

/** A lower bound on the average log-likelihood of data, and how its mean fields converged. */
export interface MeanFieldBound extends LogLikelihood {
  /** `converged` when the mean field of every row is. The bound holds in any case. */
  readonly status: 'converged' | 'unconverged';
  /** How many rows have not converged. */
  readonly unconverged: number;
}

/** Sweeps between two looks at what has converged. */
const burst = 10;

/**
 * A lower bound on the average log-likelihood of data under a deep Boltzmann machine,
 * $`\log p(v) \ge -E(v, \mu) + H(q) - \log Z`$ with the mean field $`q`$ of each row. A true lower bound where $`\log Z`$ is exact; with
 * an estimate of it, as good as that.
 *
 * @param machine - The machine.
 * @param params - Its parameters.
 * @param data - The rows.
 * @param logZ - The log normaliser: a number that is exact, or an estimate with its error, as from `estimateDeepLogZ`.
 * @param options - Sweeps, tolerance, batch size.
 * @returns The mean over rows in nats, its error from the rows and from `logZ`, and the status of the mean fields.
 * @throws EbmError when an option is wrong; ShapeError when the rows do not fit the visible layer.
 *
 * @example
 * ```ts
 * const logZ = await estimateDeepLogZ(machine, params, { visibleMeans, betas: denseNearTarget(20_000), chains: 100, key: key(1) });
 * const { mean, standardError, status } = await meanFieldBound(machine, params, testImages, logZ);
 * ```
 * @see Salakhutdinov and Hinton, "Deep Boltzmann machines", 2009, §4, https://proceedings.mlr.press/v5/salakhutdinov09a.html
 */
export async function meanFieldBound<V extends string>(
  machine: DeepBoltzmannMachine<V>,
  params: DeepBoltzmannParameters<V>,
  data: Rows,
  logZ: number | LogZ,
  options: MeanFieldBoundOptions = {},
): Promise<MeanFieldBound> {
  const { steps = 200, tolerance = 1e-4, batchSize = 500 } = options;
  for (const [name, count] of Object.entries({ steps, batchSize }))
    if (!Number.isInteger(count) || count < 1)
      throw new EbmError('argument', `meanFieldBound: ${name} must be a whole number of at least 1, got ${count}.`);
  const rows = openRows('meanFieldBound', machine.visible, data);
  const sweeps = Math.min(burst, steps);
  const begin = jit((p: typeof params, v: Tensor) => machine.meanField(p, v, { steps: sweeps, tolerance }));
  const goOn = jit((p: typeof params, { state }: Pick<DeepMeanField, 'state'>) =>
    machine.meanField(p, state.visible, { steps: sweeps, tolerance, start: state }),
  );
  const bounds = new Float64Array(rows.count);
  let unconverged = 0;
  try {
    for (let first = 0; first < rows.count; first += batchSize) {
      const batch = rows.batch(first, Math.min(batchSize, rows.count - first));
      let field = begin(params, batch);
      let left = (await read(field.converged)).filter((done) => !done).length;
      for (let done = sweeps; left > 0 && done + sweeps <= steps; done += sweeps) {
        const next = goOn(params, field);
        retire(field, [next, data]);
        field = next;
        left = (await read(field.converged)).filter((converged) => !converged).length;
      }
      unconverged += left;
      bounds.set(
        (await read(field.freeEnergy)).map((energy) => -energy),
        first,
      );
      retire([batch, field], data);
    }
  } finally {
    begin.clear();
    goOn.clear();
  }
  return { ...averageLess(bounds, logZ), status: unconverged === 0 ? 'converged' : 'unconverged', unconverged };
}
