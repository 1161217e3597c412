import {
  add,
  bernoulli as drawBernoulli,
  EbmError,
  matMul,
  neg,
  reshape,
  ShapeError,
  sigmoid,
  softplus,
  sumEvent,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { checkWhole } from './check-units.js';
import type { Site, Units } from './units.js';

/** Settings of `visibleBiasFrom`. */
export interface BiasOptions {
  /** Means are brought into [floor, 1 − floor], so that a pixel that is never on gets a finite bias; 0.01 unless given. */
  readonly floor?: number;
}

/**
 * The biases at which independent 0/1 units have given means: the log-odds $`\log(p_i / (1 - p_i))`$. Visible biases that
 * start there spare a machine the work of learning the mean image.
 *
 * @param means - The mean of each unit over the data, in [0, 1].
 * @param options - How close to 0 and 1 a mean may come.
 * @returns One bias per unit.
 * @throws EbmError when a mean lies outside [0, 1] or the floor outside (0, 0.5).
 *
 * @example
 * ```ts
 * const start = { ...machine.init(key(1)), visibleBias: tensor(visibleBiasFrom(means)) };
 * ```
 * @see Hinton, "A practical guide to training restricted Boltzmann machines", 2012, §8.1, https://doi.org/10.1007/978-3-642-35289-8_32
 */
export function visibleBiasFrom(means: ArrayLike<number>, options: BiasOptions = {}): Float32Array {
  const { floor = 0.01 } = options;
  if (!(floor > 0 && floor < 0.5))
    throw new EbmError('argument', `visibleBiasFrom: floor must be above 0 and below 0.5, got ${floor}.`);
  return Float32Array.from(means, (mean, unit) => {
    if (!(mean >= 0 && mean <= 1))
      throw new EbmError(
        'argument',
        `visibleBiasFrom: expected means in [0, 1], got ${mean} at unit ${unit}. Scale pixels to [0, 1] first.`,
      );
    const p = Math.min(Math.max(mean, floor), 1 - floor);
    return Math.log(p / (1 - p));
  });
}

const bit: Site = [[0], [1]];

/**
 * A layer of units that are 0 or 1. With bias $`b`$ and input $`a`$: $`U(x) = -b \cdot x`$,
 * $`p(x_i = 1) = \sigma(b_i + a_i)`$ and $`A(a) = \sum_i \log(1 + e^{b_i + a_i})`$. States are bool tensors; float32
 * states between 0 and 1 stand for probabilities.
 *
 * @param size - How many units.
 * @returns The layer, as a value for `rbm`.
 * @throws EbmError when `size` is not a whole number above 0.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: bernoulli(784), hidden: bernoulli(500) });
 * const params = machine.init(key(1), { visibleMeans: means });
 * ```
 */
export function bernoulli(size: number): Units<'bias', 'discrete'> {
  checkWhole('bernoulli', 'size', size);
  return {
    kind: 'bernoulli',
    size,
    support: 'discrete',
    sites: Array.from({ length: size }, () => bit),
    parameters: ['bias'],
    init: (means) => {
      if (means !== undefined && means.length !== size)
        throw new ShapeError(`bernoulli: expected ${size} means, got ${means.length}.`);
      return { bias: means === undefined ? zeros([size]) : tensor(visibleBiasFrom(means)) };
    },
    statistic: (_, states) => states,
    energy: ({ bias }, states) => neg(reshape(matMul(states, reshape(bias, [size, 1])), [-1])),
    logPartition: ({ bias }, input) => sumEvent(softplus(add(input, bias))),
    mean: ({ bias }, input) => sigmoid(add(input, bias)),
    sample: (key, { bias }, input) => drawBernoulli(key, sigmoid(add(input, bias))),
  };
}
