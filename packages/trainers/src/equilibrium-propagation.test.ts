import { sgd } from '@ebmkit/optim';
import {
  add,
  clip,
  grad,
  key,
  matMul,
  mul,
  readSync,
  reference,
  squaredNorm,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeObjective, expectCloseTo } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { equilibriumPropagation, fit, type SettlingModel } from './index.js';

type Weights = { readonly weight: Tensor };
type States = { readonly input: Tensor; readonly output: Tensor };
type Batch = { readonly input: Tensor; readonly target: Tensor };

/**
 * A linear map that settles: $`E(s) = \frac12 |s|^2 - s^T W^T x`$ with the minimum $`s_0 = W^T x`$, and $`C = \frac12 |s - y|^2`$, so that the nudged minima are
 * $`s_{\pm\beta} = (s_0 \pm \beta y) / (1 \pm \beta)`$.
 */
const linear: SettlingModel<Weights, States, Batch> = {
  energy: ({ weight }, { input, output }) =>
    sub(mul(squaredNorm(output), 0.5), sumEvent(mul(output, matMul(input, weight)))),
  start: ({ weight }, { input }) => ({
    input,
    output: zeros([input.shape[0] as number, weight.shape[1] as number]),
  }),
  relax: ({ weight }, { input, output }, { target }, { steps, stepSize, nudge }) => {
    let s = output;
    for (let step = 0; step < steps; step++) {
      const slope = add(sub(s, matMul(input, weight)), mul(sub(s, target), nudge));
      s = clip(sub(s, mul(slope, stepSize)), -9, 9);
    }
    return { input, output: s };
  },
  cost: ({ output }, { target }) => mul(squaredNorm(sub(output, target)), 0.5),
};

const inputs = [
  [1, 0.5],
  [-0.3, 2],
  [0.7, -1],
];
const targets = [
  [0.2, 1, -1],
  [0.4, 0, 0.3],
  [-0.6, 0.1, 0.9],
];
const weights = [
  [0.3, -0.2, 0.5],
  [0.1, 0.8, -0.4],
];
const params = (): Weights => ({ weight: tensor(weights) });
const batch = (): Batch => ({ input: tensor(inputs), target: tensor(targets) });

/** $`x^T (s_0 - y) / n`$: the gradient of the mean cost. */
const exact = weights.flatMap((_, i) =>
  targets.map((__, j) => {
    const answers = inputs.map((x) =>
      x.reduce((total, v, k) => total + v * ((weights[k] as number[])[j] as number), 0),
    );
    const terms = inputs.map(
      (x, n) => (x[i] as number) * ((answers[n] as number) - ((targets[n] as number[])[j] as number)),
    );
    return terms.reduce((a, b) => a + b, 0) / inputs.length;
  }),
);

const phases = { freeSteps: 60, nudgedSteps: 120, stepSize: 0.5 };

describe('equilibrium propagation', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it.each([0.5, 0.1])('has the gradient that its minima give, with nudge %d', (nudge) => {
    const gradientOf = (symmetric: boolean): ArrayLike<number> => {
      const objective = equilibriumPropagation(linear, { ...phases, nudge, symmetric });
      return readSync(grad((p: Weights) => objective.loss(key(1), p, batch(), null).loss)(params()).weight);
    };
    expectCloseTo(
      gradientOf(false),
      exact.map((g) => g / (1 + nudge)),
      { absolute: 1e-9 },
    );
    expectCloseTo(
      gradientOf(true),
      exact.map((g) => g / (1 - nudge ** 2)),
      { absolute: 1e-9 },
    );
  });

  it('reports the cost of the answer, and how far it is from settled', () => {
    const metricsAfter = (freeSteps: number) => {
      const { metrics } = equilibriumPropagation(linear, { ...phases, nudge: 0.1, freeSteps }).loss(
        key(1),
        params(),
        batch(),
        null,
      );
      return {
        cost: readSync(metrics.cost as Tensor)[0] as number,
        residual: readSync(metrics.residual as Tensor)[0] as number,
      };
    };
    const answers = inputs.flatMap((x) =>
      [0, 1, 2].map((j) => x.reduce((total, v, k) => total + v * ((weights[k] as number[])[j] as number), 0)),
    );
    const wanted = targets.flat().reduce((total, y, i) => total + ((answers[i] as number) - y) ** 2 / 2, 0) / 3;
    expect(metricsAfter(60).cost).toBeCloseTo(wanted, 9);
    expect(metricsAfter(60).residual).toBeLessThan(1e-12);
    // After one step of a half from 0 every unit is half way, and another step takes it half of the rest.
    const quarter = answers.reduce((most, s) => Math.max(most, Math.abs(s) / 4), 0);
    expect(metricsAfter(1).residual).toBeCloseTo(quarter, 9);
  });

  it('trains through fit', async () => {
    const rows = Array.from({ length: 12 }, (_, n) => [Math.cos(n), Math.sin(2 * n)]);
    const data = {
      batchesPerEpoch: 1,
      batch: (): Batch => ({
        input: tensor(rows),
        target: matMul(tensor(rows), tensor(weights)),
      }),
    };
    const objective = equilibriumPropagation(linear, { nudge: 0.5, freeSteps: 12, nudgedSteps: 12, stepSize: 0.7 });
    const { params: learned } = await fit(
      { init: () => ({ weight: zeros([2, 3]) }) },
      { objective, optimiser: sgd({ learningRate: 0.5 }), data, epochs: 60, key: key(2) },
    );
    expectCloseTo(learned.weight.data, weights.flat(), { absolute: 1e-3 });
  });

  it('says what is wrong with its settings', () => {
    const make = (options: object) => () => equilibriumPropagation(linear, { ...phases, nudge: 0.5, ...options });
    expect(make({ nudge: 0 })).toThrow(/equilibriumPropagation: nudge must be a positive number, got 0/);
    expect(make({ freeSteps: 0 })).toThrow(/freeSteps must be a whole number of at least 1, got 0/);
    expect(make({ stepSize: Number.NaN })).toThrow(/stepSize must be a positive number, got NaN/);
  });
});

describeObjective('equilibriumPropagation', {
  make: () => equilibriumPropagation(linear, { nudge: 0.3, freeSteps: 4, nudgedSteps: 2, stepSize: 0.5 }),
  params,
  batch,
  backends: [
    { name: 'reference', make: () => reference() },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
  ],
});
