import {
  cast,
  expandDims,
  jit,
  logSumExp,
  matMul,
  type Plain,
  type PlainTensor,
  read,
  reshape,
  retire,
  softmax,
  type Tensor,
  toPlain,
  valueGradAux,
} from '@ebmkit/tensor';
import type { Rbm } from '../rbm/rbm.js';
import type { RbmParameters } from '../rbm/rbm-parameters.js';
import { chooseSide, type ExactLogZOptions, minusEnergy, visitStates } from './listed-states.js';
import { logSum } from './log-sum.js';

/** The exact moments of a machine, as plain data. */
export interface RbmMoments<V extends string = 'bias', H extends string = 'bias'> {
  /** $`\log Z`$ in nats. */
  readonly logZ: number;
  /** The mean of each visible unit, `[V]`: of a bit the probability of 1. */
  readonly visible: PlainTensor;
  /** The mean of each hidden unit, `[H]`. */
  readonly hidden: PlainTensor;
  /**
   * $`\nabla \log Z`$ in the parameters, with their names and shapes: the expected statistics, $`\mathbb{E}[s(v) s(h)^T]`$ under `weight`
   * and for discrete units $`\mathbb{E}[s(v)]`$ and $`\mathbb{E}[s(h)]`$ under the biases. `fromPlain` makes tensors of it.
   */
  readonly gradient: Plain<RbmParameters<V, H>>;
}

/** Numbers that one batch of states may hold in the other layer: 4 MB, of which a gradient needs several. */
const batchNumbers = 2 ** 20;

/** The states of one batch as a distribution of their own: its log normaliser with the gradient, and the means of both layers. */
function batchMoments<V extends string, H extends string>(machine: Rbm<V, H>, side: 'visible' | 'hidden') {
  return valueGradAux((params: RbmParameters<V, H>, states: Tensor) => {
    const logWeights = minusEnergy(machine, side, params, states);
    const shares = expandDims(softmax(logWeights), 0);
    const meanOf = (x: Tensor): Tensor => reshape(matMul(shares, cast(x, 'float32')), [-1]);
    const [visible, hidden] =
      side === 'hidden' ? [machine.visibleMean(params, states), states] : [states, machine.hiddenMean(params, states)];
    return [logSumExp(logWeights), { visible: meanOf(visible), hidden: meanOf(hidden) }] as const;
  });
}

/**
 * The log normaliser, the means of all units and the gradient $`\nabla \log Z`$ by listing the states of the smaller layer and summing the
 * other one out: what chains estimate, for checks and for exact training of small machines. Data term minus model term is the gradient of
 * the mean log-likelihood, $`-\frac1n \sum_i \nabla F(v_i) - \nabla \log Z`$.
 *
 * Exact to the rounding of the backend; `exactLogZ` is cheaper, and more precise for two-valued units. Costs a free energy and its gradient for each of
 * at most 2^24 states, in batches, so that memory stays bounded. `exactInference` of `rbmFactorGraph` also gives the joint tables of pairs, but
 * lists the states of both layers together.
 *
 * @param machine - A machine with a layer of at most 24 binary units, or choices, spins and mixtures with as few states.
 * @param params - Its parameters.
 * @param options - Which side, progress, abort.
 * @returns $`\log Z`$ in nats, means and gradient as plain data. NaN where a parameter is NaN.
 * @throws EbmError when neither layer is small enough, or with code `aborted` when the signal fires.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(12) });
 * const { logZ, visible, gradient } = await exactRbmMoments(machine, params);
 * ```
 * @see Hinton, "Training products of experts by minimizing contrastive divergence", 2002, https://doi.org/10.1162/089976602760128018
 */
export async function exactRbmMoments<V extends string, H extends string>(
  machine: Rbm<V, H>,
  params: RbmParameters<V, H>,
  options: ExactLogZOptions = {},
): Promise<RbmMoments<V, H>> {
  const side = chooseSide('exactRbmMoments', machine, options.side);
  const ofBatch = jit(batchMoments(machine, side));
  const total = logSum();
  type Means = Omit<RbmMoments<V, H>, 'logZ'>;
  const leavesOf = ({ visible, hidden, gradient }: Means): readonly PlainTensor[] => [
    visible,
    hidden,
    ...(Object.values(gradient) as PlainTensor[]),
  ];
  let result: Means | undefined;
  let means: readonly Float64Array[] = [];
  try {
    await visitStates('exactRbmMoments', machine, side, batchNumbers, options, async (states) => {
      const batch = ofBatch(params, states);
      const logBatch = (await read(batch.value))[0] as number;
      const part = (await toPlain({ ...batch.aux, gradient: batch.grad })) as Means;
      retire(batch, [params, states]);
      total.add([logBatch]);
      // The batch's share of all probability so far: the means move by it towards those of the batch.
      const share = Math.exp(logBatch - total.value());
      const leaves = leavesOf(part);
      if (result === undefined) means = leaves.map(({ data }) => new Float64Array(data.length));
      result ??= part;
      for (const [k, { data }] of leaves.entries()) {
        const mean = means[k] as Float64Array;
        for (let i = 0; i < mean.length; i++)
          mean[i] = (mean[i] as number) + share * ((data[i] as number) - (mean[i] as number));
      }
    });
  } finally {
    ofBatch.clear();
  }
  const found = result as unknown as Means;
  for (const [k, { data }] of leavesOf(found).entries()) data.set(means[k] as Float64Array);
  return { logZ: total.value(), ...found };
}
