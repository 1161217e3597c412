import { bind, type EnergyModel } from '@ebmkit/energy';
import { defineKernel, type Kernel, langevin, type MoveInfo } from '@ebmkit/samplers';
import {
  add,
  div,
  exp,
  fold,
  full,
  grad,
  jit,
  type Key,
  key,
  mul,
  normal,
  ones,
  readSync,
  square,
  sumEvent,
  type Tensor,
  tensor,
  tensorsOf,
} from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import { binaryStates, type ExactRbm, gibbsStep, meanGradient, modelDistribution } from '../fixtures/exact-rbm.js';
import { type SmallRbmParameters, smallRbm } from '../fixtures/small-rbm.js';
import { contrastiveDivergence, type Objective, persistentContrastiveDivergence } from './index.js';

const machine = smallRbm(6, 4, 1);
const params = machine.init(key(11));
const numbers = (tree: unknown): number[] => tensorsOf(tree).flatMap((x) => [...readSync(x)]);
const exact: ExactRbm = {
  visible: 6,
  hidden: 4,
  weights: numbers(params.weights),
  visibleBias: numbers(params.visibleBias),
  hiddenBias: numbers(params.hiddenBias),
};

/** Data that the machine does not model yet: six states, repeated. */
const rows = [1, 2, 7, 56, 63, 21].map((code) => binaryStates(6)[code] as number[]);
const data = tensor(Array.from({ length: 120 }, (_, i) => rows[i % rows.length] as number[]));
const dataDistribution = binaryStates(6).map((v) => rows.filter((row) => row.join() === v.join()).length / rows.length);

/** The exact expectation of the gradient of CD-k, by enumeration; `Infinity` gives that of the log-likelihood. */
function expectedGradient(k: number): number[] {
  let negatives = dataDistribution;
  if (k === Number.POSITIVE_INFINITY) negatives = modelDistribution(exact);
  else for (let i = 0; i < k; i++) negatives = gibbsStep(exact, negatives);
  const model = meanGradient(exact, negatives);
  return meanGradient(exact, dataDistribution).map((value, i) => value - (model[i] as number));
}

/** The mean over keys of an objective's gradient, with the standard error of each entry. */
function sampledGradient<P extends SmallRbmParameters | Tensor>(
  objective: Objective<P, Tensor, null>,
  at: P,
  batch: Tensor,
  draws: number,
): { readonly mean: number[]; readonly error: number[] } {
  const gradient = jit((forLoss: Key, p: P) => grad((q: P) => objective.loss(forLoss, q, batch, null).loss)(p));
  const all = Array.from({ length: draws }, (_, i) => numbers(gradient(fold(key(5), i), at)));
  const mean = (all[0] as number[]).map((_, i) => all.reduce((sum, g) => sum + (g[i] as number), 0) / draws);
  const error = mean.map((m, i) =>
    Math.sqrt(all.reduce((sum, g) => sum + ((g[i] as number) - m) ** 2, 0) / (draws - 1) / draws),
  );
  return { mean, error };
}

function expectWithin5Sigma({ mean, error }: { mean: number[]; error: number[] }, truth: readonly number[]): void {
  mean.forEach((value, i) => {
    expect(Math.abs(value - (truth[i] as number))).toBeLessThan(5 * (error[i] as number) + 1e-6);
  });
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((value, i) => value - (b[i] as number)));

describe('contrastive divergence on a 6-4 machine', () => {
  it.each([1, 2, 5])('CD-%i has the gradient of the enumerated kernel in expectation', (k) => {
    const objective = contrastiveDivergence(machine, { k, kernel: machine.kernel });
    const sampled = sampledGradient(objective, params, data, 150);
    expectWithin5Sigma(sampled, expectedGradient(k));
    expect(Math.hypot(...sampled.error)).toBeGreaterThan(0);
  });

  it('tends to the exact gradient of the log-likelihood as k grows', () => {
    const truth = expectedGradient(Number.POSITIVE_INFINITY);
    const bias = [1, 2, 5, 20, 40].map((k) => distance(expectedGradient(k), truth));
    expect(bias).toEqual(bias.toSorted((a, b) => b - a));
    expect(bias[4]).toBeLessThan(2e-3);
    const objective = contrastiveDivergence(machine, { k: 40, kernel: machine.kernel });
    const sampled = sampledGradient(objective, params, data, 40);
    expectWithin5Sigma(sampled, truth);
    const noise = Math.hypot(...sampled.error);
    expect(distance(sampled.mean, truth)).toBeLessThan(5 * noise);
    expect(bias[0]).toBeGreaterThan(5 * noise);
  });

  it('says what it measures', () => {
    const objective = contrastiveDivergence(machine, { kernel: machine.kernel });
    const { loss, metrics, state } = objective.loss(key(1), params, data, null);
    expect(state).toBeNull();
    expect(Object.keys(metrics).sort()).toEqual([
      'acceptance',
      'dataEnergy',
      'energyGap',
      'modelEnergy',
      'reconstruction',
    ]);
    const value = Object.fromEntries(Object.entries(metrics).map(([name, x]) => [name, readSync(x)[0] as number]));
    expect(value.energyGap).toBe(readSync(loss)[0]);
    expect(value.energyGap).toBeCloseTo((value.dataEnergy as number) - (value.modelEnergy as number), 5);
    const energies = rows.map((row) => readSync(machine.energy(params, tensor([row])))[0] as number);
    expect(value.dataEnergy).toBeCloseTo(energies.reduce((a, b) => a + b) / rows.length, 4);
    expect(value.acceptance).toBe(1);
    expect(value.reconstruction).toBeGreaterThan(0);
    expect(value.reconstruction).toBeLessThan(1);
  });

  it('checks k', () => {
    expect(() => contrastiveDivergence(machine, { k: 0, kernel: machine.kernel })).toThrow('k must be a whole number');
    expect(() =>
      persistentContrastiveDivergence(machine, { k: 1.5, kernel: machine.kernel, start: () => data }),
    ).toThrow('persistentContrastiveDivergence: k');
  });
});

/** The normal distribution of scale exp(s), as a neural energy would be: only its energy is known. */
const scaleModel = {
  init: () => tensor(0),
  energy: (s, x) => div(sumEvent(square(x)), mul(exp(mul(s, 2)), 2)),
  support: 'continuous',
} as const satisfies EnergyModel<Tensor>;

describe('contrastive divergence with Langevin negatives', () => {
  const stepSize = 0.1;
  const objective = contrastiveDivergence(scaleModel, {
    kernel: (s) => langevin(bind(scaleModel, s), { stepSize }),
  });

  it.each([
    ['too narrow', 0, -1],
    ['too wide', 1.5, 1],
  ])('a model that is %s has the exact gradient in expectation', (_, s, sign) => {
    const batch = mul(normal(key(2), [200, 1]), 2);
    const second = numbers(batch).reduce((sum, x) => sum + x * x, 0) / 200;
    const variance = Math.exp(2 * s);
    const moved = (1 - stepSize / variance) ** 2 * second + 2 * stepSize;
    const truth = -(second - moved) / variance;
    expect(Math.sign(truth)).toBe(sign);
    const sampled = sampledGradient(objective, tensor(s), batch, 200);
    expectWithin5Sigma(sampled, [truth]);
    expect(Math.sign(sampled.mean[0] as number)).toBe(sign);
  });
});

/** A kernel without chance: every step adds 1 to its own chain. */
const counting: Kernel<Tensor, { readonly position: Tensor }, MoveInfo> = defineKernel({
  init: (position) => ({ position }),
  step: (_, { position }) => ({
    state: { position: add(position, 1) },
    info: {
      accepted: full([3], 1, 'bool'),
      acceptanceProbability: mul(ones([3]), 0.25),
      diverged: full([3], 0, 'bool'),
    },
  }),
});

describe('persistent chains', () => {
  const linear: EnergyModel<Tensor> = { init: () => tensor(1), energy: (a, x) => mul(sumEvent(x), a) };

  it('go on slot by slot, whatever the batch is', () => {
    const objective = persistentContrastiveDivergence(linear, {
      k: 2,
      kernel: () => counting,
      start: () => tensor([[0], [10], [20]]),
    });
    let state = objective.init(tensor(1), key(1));
    for (let batch = 1; batch <= 4; batch++) {
      const result = objective.loss(key(batch), tensor(1), tensor([[5], [7]]), state);
      state = result.state;
      expect(numbers(state.chains)).toEqual([2 * batch, 10 + 2 * batch, 20 + 2 * batch]);
      expect(numbers(result.loss)).toEqual([6 - (10 + 2 * batch)]);
      expect(numbers(result.metrics.acceptance)).toEqual([0.25]);
    }
  });

  it('follow the enumerated kernel: after n batches of CD-1 the gradient is that of CD-n', () => {
    const objective = persistentContrastiveDivergence(machine, { kernel: machine.kernel, start: () => data });
    const after = jit((forRun: Key) => {
      let chains = { chains: data } as { readonly chains: Tensor };
      for (let i = 0; i < 2; i++) chains = objective.loss(fold(forRun, i), params, data, chains).state;
      return grad((p: SmallRbmParameters) => objective.loss(fold(forRun, 2), p, data, chains).loss)(params);
    });
    const draws = Array.from({ length: 120 }, (_, i) => numbers(after(fold(key(6), i))));
    const mean = (draws[0] as number[]).map(
      (_, i) => draws.reduce((sum, g) => sum + (g[i] as number), 0) / draws.length,
    );
    const error = mean.map((m, i) =>
      Math.sqrt(draws.reduce((sum, g) => sum + ((g[i] as number) - m) ** 2, 0) / draws.length ** 2),
    );
    expectWithin5Sigma({ mean, error }, expectedGradient(3));
  });
});
