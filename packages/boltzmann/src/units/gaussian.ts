import { add, div, exp, mul, normal, square, sub, sumEvent, tensor, zeros } from '@ebmkit/tensor';
import { checkMeans, checkWhole } from './check-units.js';
import type { Units } from './units.js';

/** Settings of `gaussian`. */
export interface GaussianOptions<L extends boolean = boolean> {
  /** Whether every unit has a variance to learn, as the parameter `logVariance`, 0 at first. Else all variances are 1. */
  readonly learnVariance?: L;
}

/** Half the log of 2π: the log-partition of a standard normal unit. */
const halfLogTwoPi = Math.log(2 * Math.PI) / 2;

/**
 * A layer of real units. With bias $`b`$, variance $`s`$ and input $`a`$: $`U(x) = \sum_i (x_i - b_i)^2 / (2 s_i)`$, the statistic is
 * $`x / s`$, and $`x_i`$ given $`a`$ is normal with mean $`b_i + a_i`$ and variance $`s_i`$. States are float32; draws carry the noise.
 * Scale data to mean 0 and variance 1 when the variances are fixed.
 *
 * A machine of two real layers has a normaliser only when its weights are small: for two Gaussian layers with statistics scaled to
 * unit variance, when the largest singular value of the weights is below 1. Nothing checks that.
 *
 * @param size - How many units.
 * @param options - Whether to learn variances.
 * @returns The layer, as a value for `rbm`.
 * @throws EbmError when `size` is not a whole number above 0.
 *
 * @example
 * ```ts
 * const machine = rbm({ visible: gaussian(64, { learnVariance: true }), hidden: bernoulli(100) });
 * const { visibleLogVariance } = machine.init(key(1)); // [64]
 * ```
 * @see Cho, Ilin and Raiko, "Improved learning of Gaussian-Bernoulli restricted Boltzmann machines", 2011, https://doi.org/10.1007/978-3-642-21735-7_2
 */
export function gaussian(size: number, options?: GaussianOptions<false>): Units<'bias', 'continuous'>;
export function gaussian(size: number, options: GaussianOptions): Units<'bias' | 'logVariance', 'continuous'>;
export function gaussian(
  size: number,
  { learnVariance = false }: GaussianOptions = {},
): Units<'bias', 'continuous'> | Units<'bias' | 'logVariance', 'continuous'> {
  checkWhole('gaussian', 'size', size);
  const biasOf = (means?: ArrayLike<number>) => {
    if (means === undefined) return zeros([size]);
    checkMeans('gaussian', size, means, { what: 'that are finite', fits: Number.isFinite });
    return tensor(Float32Array.from(means));
  };
  return learnVariance ? ofAnyVariance(size, biasOf) : ofUnitVariance(size, biasOf);
}

type BiasOf = (means?: ArrayLike<number>) => ReturnType<typeof zeros>;

function ofUnitVariance(size: number, biasOf: BiasOf): Units<'bias', 'continuous'> {
  return {
    kind: 'gaussian',
    size,
    support: 'continuous',
    parameters: ['bias'],
    init: (means) => ({ bias: biasOf(means) }),
    statistic: (_, states) => states,
    energy: ({ bias }, states) => mul(sumEvent(square(sub(states, bias))), 0.5),
    logPartition: ({ bias }, input) => add(sumEvent(mul(input, add(mul(input, 0.5), bias))), size * halfLogTwoPi),
    mean: ({ bias }, input) => add(input, bias),
    sample: (key, { bias }, input) => add(add(input, bias), normal(key, input.shape)),
  };
}

function ofAnyVariance(size: number, biasOf: BiasOf): Units<'bias' | 'logVariance', 'continuous'> {
  return {
    kind: 'gaussian',
    size,
    support: 'continuous',
    parameters: ['bias', 'logVariance'],
    init: (means) => ({ bias: biasOf(means), logVariance: zeros([size]) }),
    statistic: ({ logVariance }, states) => div(states, exp(logVariance)),
    energy: ({ bias, logVariance }, states) => mul(sumEvent(div(square(sub(states, bias)), exp(logVariance))), 0.5),
    logPartition: ({ bias, logVariance }, input) => {
      const squares = div(mul(input, add(mul(input, 0.5), bias)), exp(logVariance));
      return sumEvent(add(squares, add(mul(logVariance, 0.5), halfLogTwoPi)));
    },
    mean: ({ bias }, input) => add(input, bias),
    sample: (key, { bias, logVariance }, input) =>
      add(add(input, bias), mul(normal(key, input.shape), exp(mul(logVariance, 0.5)))),
  };
}
