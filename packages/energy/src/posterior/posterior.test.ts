import { readFileSync } from 'node:fs';
import {
  add,
  div,
  exp,
  grad,
  hvp,
  jit,
  type Key,
  key,
  matMul,
  mul,
  normal,
  readSync,
  reference,
  reshape,
  split,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ContinuousEnergy,
  clamp,
  controlVariate,
  gaussian,
  logisticLikelihood,
  minimise,
  posterior,
  type StochasticEnergy,
  stochasticEnergy,
} from '../index.js';

interface Fixtures {
  readonly scale: number;
  readonly inputs: number[][];
  readonly outcomes: number[];
  readonly map: number[];
  readonly mapEnergy: number;
  readonly scikitLearn: number[];
  readonly laplaceCovariance: number[][];
  readonly points: number[][];
  readonly energies: number[];
  readonly gradients: number[][];
  readonly mean: number[];
  readonly meanError: number[];
  readonly sd: number[];
  readonly sdError: number[];
}
const path = new URL('../../fixtures/logistic-posterior.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(path, 'utf8')) as Fixtures;
const size = fixtures.map.length;
const numbers = (x: Tensor): number[] => Array.from(readSync(x));
const prior = gaussian({ mean: fixtures.map.map(() => 0), scale: fixtures.scale });
const iris = (beta = 1) =>
  posterior({
    prior,
    logLikelihood: logisticLikelihood,
    data: { inputs: tensor(fixtures.inputs), outcomes: tensor(fixtures.outcomes.map((y) => y === 1)) },
    beta,
  });
const gradientOf = (e: ContinuousEnergy, x: Tensor): number[] => numbers(grad((y: Tensor) => sum(e.energy(y)))(x));
const expectClose = (found: readonly number[], wanted: readonly number[], tolerance: number): void => {
  expect(found.length).toBe(wanted.length);
  found.forEach((v, i) => {
    expect(Math.abs(v - (wanted[i] as number))).toBeLessThan(tolerance * Math.max(1, Math.abs(wanted[i] as number)));
  });
};

describe('Bayesian logistic regression of two irises', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  test('energies and gradients are those of NumPy', () => {
    const x = tensor(fixtures.points);
    expectClose(numbers(iris().energy(x)), fixtures.energies, 1e-10);
    expectClose(gradientOf(iris(), x), fixtures.gradients.flat(), 1e-10);
  });

  test('its minimum is the MAP of SciPy and of scikit-learn', async () => {
    const found = await minimise(iris(), normal(key(1), [3, size]), { gradientTolerance: 1e-9 });
    expect(found.status).toEqual(['converged', 'converged', 'converged']);
    for (let i = 0; i < 3; i++) {
      const position = Array.from(found.positions.data).slice(i * size, (i + 1) * size);
      expectClose(position, fixtures.map, 1e-7);
      expectClose(position, fixtures.scikitLearn, 1e-6);
    }
    expect(found.energies[0]).toBeCloseTo(fixtures.mapEnergy, 9);
  });

  test('its Hessian there gives the Laplace approximation of NumPy', () => {
    const at = tensor(fixtures.map.map(() => fixtures.map));
    const unit = tensor(fixtures.map.map((_, i) => fixtures.map.map((_v, j) => (i === j ? 1 : 0))));
    const hessian = hvp((x: Tensor) => sum(iris().energy(x)), at, unit);
    expectClose(numbers(matMul(hessian, tensor(fixtures.laplaceCovariance))), numbers(unit), 1e-6);
  });

  test('mean and standard deviation, by importance sampling from a wider Laplace approximation, are those of NUTS', () => {
    const covariance = fixtures.laplaceCovariance.map((row) => row.map((v) => 1.8 * v));
    const proposal = gaussian({ mean: fixtures.map, covariance });
    const draws = proposal.draw(key(3), 20_000);
    const logWeights = numbers(sub(proposal.energy(draws), iris().energy(draws)));
    const top = logWeights.reduce((a, b) => Math.max(a, b));
    const weights = logWeights.map((w) => Math.exp(w - top));
    const total = weights.reduce((a, b) => a + b);
    const effective = total ** 2 / weights.reduce((a, b) => a + b * b, 0);
    expect(effective).toBeGreaterThan(3000);
    const data = numbers(draws);
    for (let j = 0; j < size; j++) {
      const moment = (power: number, center: number): number =>
        weights.reduce((a, w, i) => a + w * ((data[i * size + j] as number) - center) ** power, 0) / total;
      const mean = moment(1, 0);
      const sd = Math.sqrt(moment(2, mean));
      const kurtosis = moment(4, mean) / sd ** 4;
      const meanError = Math.hypot(sd / Math.sqrt(effective), fixtures.meanError[j] as number);
      const sdError = Math.hypot(
        (sd * Math.sqrt((kurtosis - 1) / 4)) / Math.sqrt(effective),
        fixtures.sdError[j] as number,
      );
      expect(Math.abs(mean - (fixtures.mean[j] as number))).toBeLessThan(5 * meanError);
      expect(Math.abs(sd - (fixtures.sd[j] as number))).toBeLessThan(5 * sdError);
    }
  });

  test('beta weighs the likelihood against the prior', () => {
    const x = tensor(fixtures.points);
    const [none, half, whole] = [0, 0.5, 1].map((beta) => numbers(iris(beta).energy(x))) as [
      number[],
      number[],
      number[],
    ];
    expectClose(none, numbers(prior.energy(x)), 1e-12);
    expectClose(
      half,
      none.map((v, i) => (v + (whole[i] as number)) / 2),
      1e-12,
    );
    const traced = jit((beta: Tensor) => posterior({ ...iris(), beta }).energy(x));
    expectClose(numbers(traced(tensor(0.5))), half, 1e-12);
  });
});

describe('estimates from batches', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  const x = (): Tensor => tensor(fixtures.points.slice(1));

  /** The mean of energies and gradients over many keys, and its standard errors. */
  function averages(e: StochasticEnergy, position: Tensor, count: number) {
    const one = jit((k: Key, at: Tensor) => [e.estimate(k, at), grad((y: Tensor) => sum(e.estimate(k, y)))(at)]);
    const all = split(key(9), count).map((k) => one(k, position).flatMap(numbers));
    const width = all[0]?.length as number;
    return Array.from({ length: width }, (_, j) => {
      const values = all.map((row) => row[j] as number);
      const mean = values.reduce((a, b) => a + b) / count;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (count - 1);
      return { mean, error: Math.sqrt(variance / count), sd: Math.sqrt(variance) };
    });
  }
  const exactly = (position: Tensor): number[] => [
    ...numbers(iris().energy(position)),
    ...gradientOf(iris(), position),
  ];
  const center = (): Tensor => tensor([fixtures.map]);

  test.each([
    ['without replacement', () => stochasticEnergy(iris(), { batchSize: 7 })],
    ['with replacement', () => stochasticEnergy(iris(), { batchSize: 7, replacement: true })],
    [
      'with a control variate',
      () => stochasticEnergy(iris(), { batchSize: 7, controlVariate: controlVariate(iris(), center()) }),
    ],
  ])('energies and gradients are right on average %s', (_, make) => {
    const position = x();
    const wanted = exactly(position);
    averages(make(), position, 1500).forEach(({ mean, error }, i) => {
      expect(error).toBeGreaterThan(0);
      expect(Math.abs(mean - (wanted[i] as number))).toBeLessThan(5 * error);
    });
  });

  test('drawing without replacement has the variance that sampling theory says', () => {
    const [few, rows, position] = [40, fixtures.inputs.length, x()];
    const own = numbers(logisticLikelihood(position, iris().data)).slice(0, rows);
    const mean = own.reduce((a, b) => a + b) / rows;
    const variance = own.reduce((a, b) => a + (b - mean) ** 2, 0) / rows;
    for (const replacement of [false, true]) {
      const found = averages(stochasticEnergy(iris(), { batchSize: few, replacement }), position, 1500)[0];
      const wanted = rows * Math.sqrt((variance / few) * (replacement ? 1 : (rows - few) / (rows - 1)));
      expect(Math.abs((found?.sd as number) / wanted - 1)).toBeLessThan(5 / Math.sqrt(2 * 1500));
    }
  });

  test('a batch of all data is exact, and so is the gradient at the control variate', () => {
    const whole = stochasticEnergy(iris(), { batchSize: fixtures.inputs.length });
    expectClose(numbers(whole.estimate(key(4), x())), numbers(iris().energy(x())), 1e-12);
    const known = controlVariate(iris(), center());
    const near = stochasticEnergy(iris(), { batchSize: 3, controlVariate: known });
    expectClose(numbers(near.estimate(key(5), center())), [fixtures.mapEnergy], 1e-10);
    expectClose(
      numbers(grad((y: Tensor) => sum(near.estimate(key(5), y)))(center())),
      gradientOf(iris(), center()),
      1e-9,
    );
    const close = tensor([fixtures.map.map((v) => v + 0.1)]);
    const spread = (e: StochasticEnergy): number => averages(e, close, 100)[0]?.sd as number;
    expect(spread(near)).toBeLessThan(0.2 * spread(stochasticEnergy(iris(), { batchSize: 3 })));
  });

  test('the same key gives the same batch to all chains, another key another', () => {
    const e = stochasticEnergy(iris(), { batchSize: 5 });
    const twice = tensor([fixtures.map, fixtures.map]);
    const [a, b] = numbers(e.estimate(key(1), twice));
    expect(a).toBe(b);
    expect(numbers(e.estimate(key(2), twice))[0]).not.toBe(a);
  });
});

describe('trees, clamps and other backends', () => {
  afterAll(() => useBackend(reference()));
  type Params = { readonly mean: Tensor; readonly logSd: Tensor };
  const prior: ContinuousEnergy<Params> = {
    energy: ({ mean, logSd }) => mul(add(square(mean), square(logSd)), 0.5),
  };
  /** Normal data with both parameters unknown. */
  const logLikelihood = ({ mean, logSd }: Params, data: Tensor): Tensor => {
    const n = mean.shape[0] as number;
    const z = div(sub(data, reshape(mean, [n, 1])), exp(reshape(logSd, [n, 1])));
    return sub(mul(square(z), -0.5), reshape(logSd, [n, 1]));
  };
  const data = [1, 2.5, 0.5, 3];

  test.each([
    ['reference', reference],
    ['wasm', () => wasm({ threads: 1 })],
    ['tfjs wasm', () => tfjs('wasm')],
  ])('a tree of parameters, on %s', async (_, make) => {
    await useBackend(await make());
    const target = posterior({ prior, logLikelihood, data: tensor(data) });
    const at = { mean: tensor([0, 1]), logSd: tensor([0, 0.5]) };
    const by = (m: number, s: number): number =>
      0.5 * (m * m + s * s) + data.reduce((a, v) => a + 0.5 * ((v - m) / Math.exp(s)) ** 2 + s, 0);
    expectClose(numbers(target.energy(at)), [by(0, 0), by(1, 0.5)], 1e-5);
    const batch = stochasticEnergy(target, {
      batchSize: 4,
      controlVariate: controlVariate(target, { mean: zeros([1]), logSd: zeros([1]) }),
    });
    expectClose(numbers(jit(batch.estimate)(key(1), at)), [by(0, 0), by(1, 0.5)], 1e-4);
    const { positions, status } = await minimise(target, at);
    expect(status).toEqual(['converged', 'converged']);
    expect(positions.mean.data[0]).toBeCloseTo(positions.mean.data[1] as number, 3);
  });

  test('what the prior holds fixed stays fixed', () => {
    const target = posterior({
      prior: clamp(gaussian({ mean: [0, 0] }), tensor([false, true]), 3),
      logLikelihood: logisticLikelihood,
      data: { inputs: tensor([[1, 2]]), outcomes: tensor([1]) },
    });
    const fixed = (target.constrain as (x: Tensor) => Tensor)(zeros([1, 2]));
    expect(numbers(fixed)).toEqual([0, 3]);
    const noisy = stochasticEnergy(target, { batchSize: 1 });
    expect(numbers((noisy.constrain as (x: Tensor) => Tensor)(zeros([1, 2])))).toEqual([0, 3]);
  });

  test.each([
    [
      () => posterior({ prior, logLikelihood, data: tensor(data), beta: -1 }),
      /posterior: beta must be a finite number of at least 0/,
    ],
    [() => posterior({ prior, logLikelihood, data: tensor(1) }), /posterior: expected data \[rows, ...\]/],
    [
      () =>
        posterior({ prior, logLikelihood: ({ mean }) => mean, data: tensor(data) }).energy({
          mean: zeros([2]),
          logSd: zeros([2]),
        }),
      /expected logLikelihood to give \[chains, rows\], here \[2, 4\], got \[2\]/,
    ],
    [
      () => stochasticEnergy(posterior({ prior, logLikelihood, data: tensor(data) }), { batchSize: 5 }),
      /batchSize must be at most the 4 data, got 5/,
    ],
    [
      () => stochasticEnergy(posterior({ prior, logLikelihood, data: tensor(data) }), { batchSize: 0 }),
      /batchSize must be a whole number of at least 1/,
    ],
    [
      () => logisticLikelihood(zeros([2, 3]), { inputs: zeros([4, 2]), outcomes: zeros([4]) }),
      /expected coefficients \[chains, features\]/,
    ],
  ])('wrong arguments say what is right: %#', (make, message) => {
    expect(make).toThrow(message);
  });
});
