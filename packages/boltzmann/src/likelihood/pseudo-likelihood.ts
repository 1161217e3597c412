import {
  add,
  cast,
  EbmError,
  expandDims,
  floor,
  fold,
  free,
  gather,
  jit,
  type Key,
  logSigmoid,
  mul,
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
import { averageOf, type DataAverage } from './data-average.js';
import { perRowOf } from './free-energies.js';
import { openStates, type Rows } from './rows.js';

/** Settings of `pseudoLikelihood`. */
export interface PseudoLikelihoodOptions {
  /** Called after each batch with the share that is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void;
  /** Stops with an `EbmError` of code `aborted`. */
  readonly signal?: AbortSignal;
}

/** Settings of `stochasticPseudoLikelihood`. */
export interface StochasticPseudoLikelihoodOptions {
  /** Chooses the unit of each row. */
  readonly key: Key;
}

/** Numbers that one batch of flips may hold: 16 MB. */
const batchNumbers = 2 ** 22;
/** How many rows one batch takes when one unit a row is flipped. */
const batchRows = 1000;

function checkBinary(
  where: string,
  { values, kind }: { readonly values?: readonly number[]; readonly kind: string },
): number {
  if (values?.length !== 2)
    throw new EbmError(
      'argument',
      `${where}: expected visible units of two values, such as bernoulli(784), got ${kind}.`,
    );
  return (values[0] as number) + (values[1] as number);
}

/**
 * $`F(v') - F(v)`$ where `v'` has one unit changed by `change`: the hidden input moves by that much along the unit's row of
 * weights, so a flip costs no matrix product.
 */
function flipCost<V extends string, H extends string>(
  { hidden }: Rbm<V, H>,
  params: RbmParameters<V, H>,
  flips: { readonly input: Tensor; readonly change: Tensor; readonly bias: Tensor; readonly weights: Tensor },
): Tensor {
  const { input, change, bias, weights } = flips;
  const own = ownOf(hidden, 'hidden', params);
  const moved = add(input, mul(expandDims(change, -1), weights));
  const flat = reshape(moved, [-1, hidden.size]);
  const after = reshape(hidden.logPartition(own, flat), change.shape);
  const before = reshape(hidden.logPartition(own, reshape(input, [-1, hidden.size])), input.shape.slice(0, -1));
  return sub(sub(before, after), mul(change, bias));
}

function biasOf<V extends string, H extends string>({ visible }: Rbm<V, H>, params: RbmParameters<V, H>): Tensor {
  return (ownOf(visible, 'visible', params) as Readonly<Record<string, Tensor>>).bias as Tensor;
}

/**
 * The average log pseudo-likelihood $`\sum_i \log p(v_i \mid v_{-i})`$ of data: every unit of every row is flipped once. Exact
 * (it needs no $`Z`$), at $`V H`$ softplus a row: about the cost of $`V`$ free energies. Its maximum is where the likelihood's is when the
 * model is right, but its value is no likelihood. `stochasticPseudoLikelihood` estimates it at the cost of one free energy.
 *
 * @param machine - A machine with visible units of two values.
 * @param params - Its parameters.
 * @param data - Rows of states, not of probabilities.
 * @param options - Progress, abort.
 * @returns The mean over rows in nats a row (not a unit), and its standard error.
 * @throws EbmError when the visible units are not binary or the data holds other values.
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
  const total = checkBinary('pseudoLikelihood', visible);
  const rows = await openStates('pseudoLikelihood', visible, data);
  const height = Math.max(1, Math.min(rows.count, 100, Math.floor(batchNumbers / hidden.size)));
  const width = Math.max(1, Math.min(visible.size, Math.floor(batchNumbers / hidden.size / height)));
  const inputOf = jit((p: RbmParameters<V, H>, states: Tensor) => hiddenInput(machine, p, states));
  const flipBlock = jit(
    (p: RbmParameters<V, H>, input: Tensor, block: { states: Tensor; weights: Tensor; bias: Tensor }): Tensor => {
      const change = sub(total, mul(block.states, 2));
      return sum(
        logSigmoid(
          flipCost(machine, p, { input: expandDims(input, 1), change, bias: block.bias, weights: block.weights }),
        ),
        1,
      );
    },
  );
  const ofBatch = (states: Tensor): Tensor =>
    scoped(() => {
      const count = states.shape[0] as number;
      const input = inputOf(params, states);
      let logLikelihood: Tensor | undefined;
      for (let first = 0; first < visible.size; first += width) {
        const units = Math.min(width, visible.size - first);
        const part = scoped(() =>
          flipBlock(params, input, {
            states: slice(states, [0, first], [count, units]),
            weights: slice(params.weight, [first, 0], [units, hidden.size]),
            bias: slice(biasOf(machine, params), [first], [units]),
          }),
        );
        const next: Tensor = logLikelihood === undefined ? part : add(logLikelihood, part);
        if (logLikelihood !== undefined) free([logLikelihood, part]);
        logLikelihood = next;
      }
      return logLikelihood as Tensor;
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
    flipBlock.clear();
  }
}

/**
 * An unbiased estimate of the average log pseudo-likelihood of data: one unit of each row is flipped, chosen at random, and its
 * log conditional counts $`V`$ times. As scikit-learn's `BernoulliRBM.score_samples` does, at the cost of two free energies a row;
 * `pseudoLikelihood` is exact.
 *
 * @param machine - A machine with visible units of two values.
 * @param params - Its parameters.
 * @param data - Rows of states, not of probabilities.
 * @param options - The key that chooses units.
 * @returns The mean over rows in nats a row, and its standard error, which counts the choice of units too.
 * @throws EbmError when the visible units are not binary or the data holds other values.
 */
export async function stochasticPseudoLikelihood<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  data: Rows,
  options: StochasticPseudoLikelihoodOptions,
): Promise<DataAverage> {
  const { visible } = machine;
  const total = checkBinary('stochasticPseudoLikelihood', visible);
  const rows = await openStates('stochasticPseudoLikelihood', visible, data);
  const evaluate = jit((p: RbmParameters<V, H>, states: Tensor, key: Key): Tensor => {
    const count = states.shape[0] as number;
    const unit = cast(floor(mul(uniform(key, [count]), visible.size)), 'int32');
    const chosen = reshape(takeAlongAxis(cast(states, 'float32'), expandDims(unit, 1)), [count]);
    const cost = flipCost(machine, p, {
      input: hiddenInput(machine, p, states),
      change: sub(total, mul(chosen, 2)),
      bias: gather(biasOf(machine, p), unit),
      weights: gather(p.weight, unit),
    });
    return mul(logSigmoid(cost), visible.size);
  });
  try {
    return averageOf(
      await perRowOf(rows, batchRows, data, (batch, index) => evaluate(params, batch, fold(options.key, index))),
    );
  } finally {
    evaluate.clear();
  }
}
