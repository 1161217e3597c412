import { add, less, mul, sub, sumEvent, tensor, where, zeros } from '@ebmkit/tensor';
import { checkMeans, checkWhole } from './check-units.js';
import { rectifiedLogPartition, rectifiedMean, rectifiedNormal } from './rectified-normal.js';
import type { Units } from './units.js';

const leastMean = 0.01;

/** The input at which a rectified unit has about a given mean, within 3 %. */
function biasAt(mean: number): number {
  const x = Math.max(mean, leastMean);
  return x - Math.exp(-0.7 * x * x) / x;
}

/**
 * A layer of rectified units: real numbers of at least 0. With bias $`b`$ and input $`a`$: $`U(x) = \sum_i x_i^2 / 2 - b_i x_i`$, and
 * $`x_i`$ given $`a`$ is normal with mean $`b_i + a_i`$ and variance 1, given that it is not negative. Conditional, mean and
 * log-partition are exact, unlike those of the noisy rectifier $`\max(0, a + \text{noise})`$. States are float32; the energy of a
 * negative one is infinite. For weights so large that two real layers have no normaliser see `gaussian`.
 *
 * @param size - How many units.
 * @returns The layer, as a value for `rbm`.
 * @throws EbmError when `size` is not a whole number above 0.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: gaussian(64), hidden: relu(100) }); // features that may be as large as they like
 * const features = machine.hiddenMean(params, patches);
 * ```
 * @see Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010, https://dl.acm.org/doi/10.5555/3104322.3104425
 * @see Su et al., "Unsupervised learning with truncated Gaussian graphical models", 2017, https://arxiv.org/abs/1611.04920
 */
export function relu(size: number): Units<'bias', 'continuous'> {
  checkWhole('relu', 'size', size);
  return {
    kind: 'relu',
    size,
    support: 'continuous',
    parameters: ['bias'],
    init: (means) => {
      if (means === undefined) return { bias: zeros([size]) };
      checkMeans('relu', size, means, { what: 'of at least 0', fits: (m) => m >= 0 && Number.isFinite(m) });
      return { bias: tensor(Float32Array.from(means, biasAt)) };
    },
    statistic: (_, states) => states,
    energy: ({ bias }, states) =>
      sumEvent(where(less(states, 0), Number.POSITIVE_INFINITY, mul(states, sub(mul(states, 0.5), bias)))),
    logPartition: ({ bias }, input) => sumEvent(rectifiedLogPartition(add(input, bias))),
    mean: ({ bias }, input) => rectifiedMean(add(input, bias)),
    sample: (key, { bias }, input) => rectifiedNormal(key, add(input, bias)),
  };
}
