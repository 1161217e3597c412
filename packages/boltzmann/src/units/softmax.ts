import {
  add,
  categorical,
  logSumExp,
  matMul,
  neg,
  softmax as normalise,
  oneHot,
  reshape,
  sumEvent,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { checkMeans, checkWhole } from './check-units.js';
import type { Site, Units } from './units.js';

/** Settings of `softmax`. */
export interface SoftmaxOptions {
  /** How many units, side by side; 1 unless given. */
  readonly units?: number;
}

/** Means are taken to be at least this, so that a state that never comes gets a finite bias. */
const leastMean = 1e-4;

/** The log of a mean, of a floor where it is smaller. */
export function logMean(mean: number): number {
  return Math.log(Math.max(mean, leastMean));
}

/**
 * A layer of units of which each is in one of a few states. A unit is a group of as many numbers as it has states, of which one
 * is 1 and the others are 0. With bias $`b`$ and input $`a`$: $`U(x) = -b \cdot x`$, a unit is in state $`k`$ with probability
 * $`\mathrm{softmax}(b + a)_k`$ over its group, and $`A(a)`$ is the sum over groups of $`\log \sum_k e^{b_k + a_k}`$. States are
 * bool tensors `[n, units * states]`; float32 states between 0 and 1 stand for probabilities.
 *
 * @param states - How many states a unit has, at least 2.
 * @param options - How many units.
 * @returns The layer, as a value for `rbm`; its size is `units * states`.
 * @throws EbmError when a count is not a whole number in its range.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: softmax(5, { units: 100 }), hidden: bernoulli(30) }); // 100 ratings of 1 to 5
 * const ratings = reshape(oneHot(stars, 5), [-1, 500]); // of int32 stars [n, 100] from 0 to 4
 * ```
 * @see Salakhutdinov, Mnih and Hinton, "Restricted Boltzmann machines for collaborative filtering", 2007, https://doi.org/10.1145/1273496.1273596
 */
export function softmax(states: number, { units = 1 }: SoftmaxOptions = {}): Units<'bias', 'discrete'> {
  checkWhole('softmax', 'states', states, 2);
  checkWhole('softmax', 'units', units);
  const size = units * states;
  const choice: Site = Array.from({ length: states }, (_, k) =>
    Array.from({ length: states }, (__, i) => Number(i === k)),
  );
  const grouped = (x: Tensor): Tensor => reshape(x, [-1, units, states]);
  return {
    kind: 'softmax',
    size,
    support: 'discrete',
    sites: Array.from({ length: units }, () => choice),
    parameters: ['bias'],
    init: (means) => {
      if (means === undefined) return { bias: zeros([size]) };
      checkMeans('softmax', size, means, { what: 'in [0, 1]', fits: (m) => m >= 0 && m <= 1 });
      return { bias: tensor(Float32Array.from(means, logMean)) };
    },
    statistic: (_, x) => x,
    energy: ({ bias }, x) => neg(reshape(matMul(x, reshape(bias, [size, 1])), [-1])),
    logPartition: ({ bias }, input) => sumEvent(logSumExp(grouped(add(input, bias)), -1)),
    mean: ({ bias }, input) => reshape(normalise(grouped(add(input, bias))), [-1, size]),
    sample: (key, { bias }, input) => reshape(oneHot(categorical(key, grouped(add(input, bias))), states), [-1, size]),
  };
}
