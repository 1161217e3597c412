import {
  add,
  cast,
  EbmError,
  floor,
  gather,
  isKey,
  type Key,
  mapTree,
  minimum,
  mul,
  ones,
  permutation,
  slice,
  sub,
  sumEvent,
  type Tensor,
  type Tree,
  tensorsOf,
  uniform,
  vjp,
} from '@ebmkit/tensor';
import { checkedCount } from '../analytic/arguments.js';
import type { StochasticEnergy } from '../energy.js';
import { scopedTree } from '../scoped-tree.js';
import { dataRows, type Posterior, summedLogLikelihood } from './posterior.js';

/** A point near which a posterior's log-likelihood is known to first order. Its tensors are yours to free. */
export type ControlVariate<X extends Tree> = {
  /** The point, `[1, ...event]`: one for all chains. */
  readonly center: X;
  /** The log-likelihood of all data there, `[1]`. */
  readonly logLikelihood: Tensor;
  /** Its gradient there, of the shape of `center`. */
  readonly gradient: X;
};

/** How an energy is estimated from a batch. */
export interface StochasticEnergyOptions<X extends Tree> {
  /** How many data each estimate looks at. */
  readonly batchSize: number;
  /**
   * Whether the same datum may come more than once in a batch. False unless given: the variance is then smaller by $`(N - B) / (N - 1)`$, but a random order of all
   * data is drawn for each batch, $`O(N \log N)`$. With replacement the draw costs $`O(B)`$.
   */
  readonly replacement?: boolean;
  /** From `controlVariate`: the estimate is then of the difference to that point, whose variance is small near it. */
  readonly controlVariate?: ControlVariate<X>;
}

/** The log-likelihood of data and its gradient at a point. */
function firstOrder<X extends Tree, D extends Tree>(target: Posterior<X, D>, center: X, data: D) {
  const { value, grad } = vjp((params: X) => summedLogLikelihood(target, params, data), center, ones([1]));
  return { value, gradient: grad };
}

/** The first-order change of a function from a center `[1, ...event]` to every chain: `[chains]`. */
function linearChange<X extends Tree>(gradient: X, center: X, params: X): Tensor {
  const changes = mapTree((g, c, p) => mul(g, sub(p, c)), gradient, center, params);
  return tensorsOf(changes)
    .map((x) => sumEvent(x))
    .reduce((a, b) => add(a, b));
}

/**
 * Computes the log-likelihood of all data and its gradient at one point, most usefully a mode, for the control variate of `stochasticEnergy`. Costs one pass over the data.
 *
 * @param target - The posterior.
 * @param center - The point, `[1, ...event]`, which is copied into the result as it is: keep it alive.
 * @returns The point with value and gradient, as tensors that you own.
 * @throws EbmError when the center is not one point.
 */
export function controlVariate<X extends Tree, D extends Tree>(target: Posterior<X, D>, center: X): ControlVariate<X> {
  if (tensorsOf(center).some(({ shape }) => shape[0] !== 1))
    throw new EbmError('argument', 'controlVariate: expected one point, [1, ...event]. Pass the best of your minima.');
  return scopedTree(() => {
    const { value, gradient } = firstOrder(target, center, target.data);
    return { center, logLikelihood: value, gradient };
  });
}

/** Which data a key draws: int32 `[batchSize]`. */
function drawRows(key: Key, rows: number, batchSize: number, replacement: boolean): Tensor {
  if (!replacement) return slice(permutation(key, rows), [0], [batchSize]);
  return cast(minimum(floor(mul(uniform(key, [batchSize]), rows)), rows - 1), 'int32');
}

/**
 * Estimates a posterior's energy from a random batch $`b`$ of $`B`$ of its $`N`$ data:
 *
 * ```math
 * \hat E(\theta) = E_0(\theta) - \beta \frac{N}{B} \sum_{i \in b} \log p(x_i \mid \theta).
 * ```
 *
 * Unbiased, and so is its gradient: each datum is in the batch with the same probability. All chains of a call look at the same batch, so their errors go together. With a control
 * variate $`\hat\theta`$ the sum is of $`\ell_i(\theta) - \ell_i(\hat\theta) - \nabla \ell_i(\hat\theta) \cdot (\theta - \hat\theta)`$, and the exact
 * $`\ell(\hat\theta) + \nabla \ell(\hat\theta) \cdot (\theta - \hat\theta)`$ is added: unbiased too, at three times the cost, with a gradient that is exact at $`\hat\theta`$.
 *
 * @param target - The posterior, whose data must be alive.
 * @param options - The size of batches, how they are drawn, and the control variate.
 * @returns The estimate: what stochastic-gradient samplers take. Without replacement and with a batch of all data it is the exact energy, up to rounding.
 * @throws EbmError when the batch is empty, or without replacement larger than the data.
 * @see Welling and Teh, "Bayesian learning via stochastic gradient Langevin dynamics", 2011, https://icml.cc/2011/papers/398_icmlpaper.pdf; Baker, Fearnhead, Fox and Nemeth, "Control variates for stochastic gradient MCMC", 2019, https://doi.org/10.1007/s11222-018-9826-2
 *
 * @example
 * ```ts
 * const noisy = stochasticEnergy(target, { batchSize: 32 });
 * const estimates = noisy.estimate(key(1), params); // [chains]
 * ```
 */
export function stochasticEnergy<X extends Tree, D extends Tree>(
  target: Posterior<X, D>,
  { batchSize, replacement = false, controlVariate: known }: StochasticEnergyOptions<X>,
): StochasticEnergy<X> {
  const { prior, data, beta, rows, constrain } = target;
  checkedCount('stochasticEnergy', 'batchSize', batchSize, 1);
  if (!replacement && batchSize > rows)
    throw new EbmError(
      'argument',
      `stochasticEnergy: batchSize must be at most the ${rows} data, got ${batchSize}. Draw with replacement, or smaller batches.`,
    );
  const scale = rows / batchSize;
  const logLikelihood = (params: X, batch: D): Tensor => {
    const own = summedLogLikelihood(target, params, batch);
    if (!known) return mul(own, scale);
    const { center } = known;
    const there = firstOrder(target, center, batch);
    const remainder = sub(sub(own, there.value), linearChange(there.gradient, center, params));
    return add(add(mul(remainder, scale), known.logLikelihood), linearChange(known.gradient, center, params));
  };
  return {
    estimate: (key, params) => {
      if (!isKey(key))
        throw new EbmError('argument', `stochasticEnergy: expected a key, got ${typeof key}. Make one with key(seed).`);
      return scopedTree(() => {
        const chosen = drawRows(key, dataRows('stochasticEnergy', data), batchSize, replacement);
        const batch = mapTree((x) => gather(x, chosen), data);
        return sub(prior.energy(params), mul(logLikelihood(params, batch), beta));
      });
    },
    ...(constrain && { constrain }),
  };
}
