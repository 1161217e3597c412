import { describe, expect, test } from 'vitest';
import { type Key, key, split } from '../key.js';
import { threefry } from '../random/threefry.js';
import { erf } from '../reference/special-functions.js';
import type { Tensor } from '../tensor.js';
import { readSync, tensor } from './creation.js';
import {
  bernoulli,
  beta,
  categorical,
  exponential,
  gamma,
  gumbel,
  normal,
  permutation,
  rademacher,
  randomBits,
  truncatedNormal,
  uniform,
} from './random.js';

const n = 40_000;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const phi = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** The largest Kolmogorov-Smirnov statistic, times √n, that 5 sigma allow: 2 exp(−2 K²) = 5.7e-7. */
const limit = 2.75;

function kolmogorovSmirnov(draws: readonly number[], cdf: (x: number) => number): number {
  const sorted = draws.toSorted((a, b) => a - b);
  const distances = sorted.map((x, i) => {
    const p = cdf(x);
    return Math.max(p - i / sorted.length, (i + 1) / sorted.length - p);
  });
  return Math.max(...distances.map((d) => d)) * Math.sqrt(sorted.length);
}

/** How far mean and variance are from the right ones, in standard errors. */
function momentErrors(draws: readonly number[], mean: number, variance: number, kurtosis: number): number[] {
  const centred = draws.map((x) => x - mean);
  const first = centred.reduce((t, x) => t + x, 0) / draws.length;
  const second = centred.reduce((t, x) => t + x * x, 0) / draws.length;
  return [
    first / Math.sqrt(variance / draws.length),
    (second - variance) / (variance * Math.sqrt((kurtosis - 1) / draws.length)),
  ].map(Math.abs);
}

const continuous: readonly [string, (k: Key) => Tensor, (x: number) => number, readonly [number, number, number]][] = [
  ['uniform', (k) => uniform(k, [n]), (x) => x, [1 / 2, 1 / 12, 1.8]],
  ['normal', (k) => normal(k, [n]), phi, [0, 1, 3]],
  ['exponential', (k) => exponential(k, [n]), (x) => 1 - Math.exp(-x), [1, 1, 9]],
  ['gumbel', (k) => gumbel(k, [n]), (x) => Math.exp(-Math.exp(-x)), [0.5772156649, Math.PI ** 2 / 6, 5.4]],
  ['gamma of 0.5', (k) => gamma(k, 0.5, [n]), (x) => erf(Math.sqrt(x)), [0.5, 0.5, 15]],
  ['gamma of 1', (k) => gamma(k, 1, [n]), (x) => 1 - Math.exp(-x), [1, 1, 9]],
  ['gamma of 3', (k) => gamma(k, 3, [n]), (x) => 1 - Math.exp(-x) * (1 + x + (x * x) / 2), [3, 3, 5]],
  ['beta of 2 and 1', (k) => beta(k, 2, 1, [n]), (x) => x * x, [2 / 3, 1 / 18, 2.4]],
  [
    'truncatedNormal on [-1, 2]',
    (k) => truncatedNormal(k, -1, 2, [n]),
    (x) => (phi(x) - phi(-1)) / (phi(2) - phi(-1)),
    [0.2296, 0.5203, 2.4],
  ],
  [
    'truncatedNormal above 1',
    (k) => truncatedNormal(k, 1, Number.POSITIVE_INFINITY, [n]),
    (x) => (phi(x) - phi(1)) / (1 - phi(1)),
    [1.5251, 0.1991, 6.2],
  ],
];

describe('continuous draws', () => {
  test.each(continuous)('%s follows its distribution function', (_, draw, cdf) => {
    for (const seed of [1, 2, 3]) expect(kolmogorovSmirnov(numbers(draw(key(seed))), cdf)).toBeLessThan(limit);
  });

  test.each(continuous)('%s has its mean and variance', (_, draw, __, [mean, variance, kurtosis]) => {
    const errors = momentErrors(numbers(draw(key(4))), mean, variance, kurtosis);
    expect(Math.max(...errors)).toBeLessThan(5);
  });

  test('a wrong distribution is noticed', () => {
    expect(kolmogorovSmirnov(numbers(normal(key(1), [n])), (x) => phi(x * 1.05))).toBeGreaterThan(limit);
    expect(kolmogorovSmirnov(numbers(gamma(key(1), 1, [n])), (x) => erf(Math.sqrt(x)))).toBeGreaterThan(limit);
  });

  test('neighbours are uncorrelated at lags that the layout has: 1, 4, 8 and a chunk', () => {
    const draws = numbers(normal(key(9), [n]));
    for (const lag of [1, 2, 4, 8, 4096]) {
      const products = draws.slice(lag).map((x, i) => x * (draws[i] as number));
      const mean = products.reduce((t, x) => t + x, 0) / products.length;
      expect(Math.abs(mean) * Math.sqrt(products.length)).toBeLessThan(5);
    }
  });

  test('normal is bounded by what 24 bits give, and never NaN', () => {
    const draws = numbers(normal(key(11), [200_000]));
    expect(Math.max(...draws.map(Math.abs).slice(0, 1e5))).toBeLessThan(5.77);
    expect(draws.every(Number.isFinite)).toBe(true);
  });
});

describe('discrete draws', () => {
  test('uniform is the upper 24 bits of randomBits', () => {
    const bits = numbers(randomBits(key(5), [100]));
    expect(numbers(uniform(key(5), [100]))).toEqual(bits.map((word) => (word >>> 8) / 2 ** 24));
  });

  test('the same key gives the same numbers, another key others', () => {
    expect(numbers(normal(key(5), [4, 3]))).toEqual(numbers(normal(key(5), [12])));
    expect(numbers(normal(key(5), [4]))).not.toEqual(numbers(normal(key(6), [4])));
  });

  test.each([0.1, 0.5, 0.93])('bernoulli of %d has its frequency', (p) => {
    const ones = numbers(bernoulli(key(2), p, [n])).reduce((t, x) => t + x, 0);
    expect(Math.abs(ones - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p)));
  });

  test('bernoulli takes probabilities per element; 0 is never, 1 always, NaN never', () => {
    const x = bernoulli(key(2), tensor([0, 1, Number.NaN, 2, -1]));
    expect([x.dtype, ...numbers(x)]).toEqual(['bool', 0, 1, 0, 1, 0]);
    expect(bernoulli(key(2), tensor([0.5, 0.5]), [3, 2]).shape).toEqual([3, 2]);
  });

  test('rademacher is −1 or 1, each half of the time', () => {
    const draws = numbers(rademacher(key(3), [n]));
    expect(new Set(draws)).toEqual(new Set([-1, 1]));
    expect(Math.abs(draws.reduce((t, x) => t + x, 0))).toBeLessThan(5 * Math.sqrt(n));
  });

  test('categorical has probabilities proportional to the exponentials of the logits', () => {
    const weights = [1, 2, 0, 5];
    const logits = tensor(Array.from({ length: n }, () => weights.map((w) => Math.log(w))));
    const draws = numbers(categorical(key(7), logits));
    weights.forEach((w, i) => {
      const count = draws.filter((d) => d === i).length;
      const p = w / 8;
      expect(Math.abs(count - n * p)).toBeLessThanOrEqual(5 * Math.sqrt(n * p * (1 - p)));
    });
  });

  test('permutation holds every number once, and every order equally often', () => {
    expect(numbers(permutation(key(1), 100)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect(numbers(permutation(key(1), 0))).toEqual([]);
    const counts = new Map<string, number>();
    const trials = 6000;
    for (const k of split(key(8), trials)) {
      const order = numbers(permutation(k, 3)).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values())
      expect(Math.abs(count - trials / 6)).toBeLessThan(5 * Math.sqrt((trials / 6) * (5 / 6)));
  });

  test('gamma takes one shape parameter per element, and a value does not depend on its neighbours', () => {
    const alphas = tensor([0.5, 3, 100]);
    const together = numbers(gamma(key(1), alphas));
    expect(numbers(gamma(key(1), tensor([0.5, 7, 100])))).toEqual([together[0], expect.any(Number), together[2]]);
    expect(gamma(key(1), alphas, [4, 3]).shape).toEqual([4, 3]);
    expect(numbers(gamma(key(1), tensor([-1, 0, Number.NaN])))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test('truncatedNormal stays inside, also where float32 cannot tell the ends from ±1', () => {
    const inside = (low: number, high: number) =>
      numbers(truncatedNormal(key(4), low, high, [2000])).every((x) => x >= low && x <= high && Number.isFinite(x));
    expect([inside(-0.1, 0.1), inside(4, 9), inside(-30, -7), inside(6, Number.POSITIVE_INFINITY)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(inside(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)).toBe(true);
    expect(numbers(truncatedNormal(key(4), tensor([0, Number.NaN]), 1))[1]).toBeNaN();
  });

  test('truncatedNormal without a lower end is finite for every word that the generator can give', () => {
    const zeroUniform = Array.from({ length: 400 }, (_, seed) => key(seed));
    const smallest = Math.min(
      ...zeroUniform.map((k) => Math.min(...numbers(truncatedNormal(k, Number.NEGATIVE_INFINITY, 0, [512])))),
    );
    expect(smallest).toBeGreaterThan(-5.5);
  });
});

test('keys are derived by Threefry with one tag for split and one for fold', () => {
  const [first, second] = split(key(3), 2);
  expect([first.words, second.words]).toEqual([threefry([0, 3], 0, 0xfeed), threefry([0, 3], 1, 0xfeed)]);
});
