import { EbmError, fold, jit, type Key, type Tensor } from '@ebmkit/tensor';
import { perRowOf } from '../likelihood/free-energies.js';
import { averageLess, type LogLikelihood, type LogZ } from '../likelihood/log-likelihood.js';
import { openRows, type Rows } from '../likelihood/rows.js';
import type { DeepBeliefParameters } from './belief-parameters.js';
import type { DeepBeliefNetwork } from './deep-belief-network.js';

/** How to estimate the bound. */
export interface RecognitionBoundOptions {
  /** The key of the draws. */
  readonly key: Key;
  /** Draws of the hidden layers for each row; 20 unless given. Fewer are as unbiased, with more error. */
  readonly samples?: number;
  /** Rows a batch; 500 unless given. */
  readonly batchSize?: number;
}

/**
 * A lower bound on the average log-likelihood of data under a deep belief network,
 * $`\log p(v) \ge \mathbb{E}_q[\log p^*(v, h) - \log q(h \mid v)] - \log Z`$ with the recognition distribution $`q`$ and the normaliser of
 * the top machine. The expectation is over draws, unbiased, and its noise is part of the standard error. Where recognition is
 * exact, every draw gives $`\log p(v)`$ itself.
 *
 * @param network - The network.
 * @param params - Its parameters.
 * @param data - The rows.
 * @param logZ - The log normaliser of the top machine: `await exactLogZ(network.top, params.top)`, or `estimateLogZ` of it.
 * @param options - Key, draws for each row, batch size.
 * @returns The mean over rows in nats, and its error from rows, draws and `logZ`.
 * @throws EbmError when an option is wrong; ShapeError when the rows do not fit the visible layer.
 *
 * @example
 * ```ts
 * const logZ = await exactLogZ(network.top, params.top);
 * const { mean, standardError } = await recognitionBound(network, params, testImages, logZ, { key: key(1) });
 * ```
 * @see Salakhutdinov and Murray, "On the quantitative analysis of deep belief networks", 2008, §3.4, https://doi.org/10.1145/1390156.1390266
 */
export async function recognitionBound<V extends string>(
  network: DeepBeliefNetwork<V>,
  params: DeepBeliefParameters<V>,
  data: Rows,
  logZ: number | LogZ,
  { key, samples = 20, batchSize = 500 }: RecognitionBoundOptions,
): Promise<LogLikelihood> {
  for (const [name, count] of Object.entries({ samples, batchSize }))
    if (!Number.isInteger(count) || count < 1)
      throw new EbmError('argument', `recognitionBound: ${name} must be a whole number of at least 1, got ${count}.`);
  const rows = openRows('recognitionBound', network.visible, data);
  const totals = new Float64Array(rows.count);
  const draw = jit((k: Key, p: typeof params, v: Tensor) => network.logWeight(p, network.recognise(k, p, v)));
  try {
    for (let sample = 0; sample < samples; sample++) {
      const forSample = fold(key, sample);
      const numbers = await perRowOf(rows, batchSize, data, (batch, index) =>
        draw(fold(forSample, index), params, batch),
      );
      numbers.forEach((x, row) => {
        totals[row] = (totals[row] as number) + x / samples;
      });
    }
  } finally {
    draw.clear();
  }
  return averageLess(totals, logZ);
}
