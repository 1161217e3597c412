import {
  bernoulli,
  fold,
  grad,
  jit,
  key,
  mul,
  readSync,
  square,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { describeObjective } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import { smallRbm } from '../fixtures/small-rbm.js';
import {
  contrastiveDivergence,
  logLoss,
  type Objective,
  penalised,
  persistentContrastiveDivergence,
  perturbed,
  weightedSum,
} from './index.js';

const numberOf = (x: Tensor | undefined): number => readSync(x as Tensor)[0] as number;
const batch = () => tensor([[1], [2], [6]]);
/** log p of a normal distribution of variance 1, but for a constant. */
const normalLog = (centre: Tensor, x: Tensor): Tensor => mul(sumEvent(square(sub(x, centre))), -0.5);
const drawn: Objective<Tensor, Tensor, { readonly count: Tensor }> = {
  init: () => ({ count: tensor(0) }),
  loss: (forLoss, centre, _, { count }) => {
    const on = sum(mul(bernoulli(forLoss, 0.5, [64]), centre));
    return { loss: on, state: { count: sub(count, -1) }, metrics: { on } };
  },
};

describe('logLoss', () => {
  it('is minus the mean log-probability', () => {
    const { loss, metrics } = logLoss(normalLog).loss(key(1), tensor(2), batch(), null);
    expect(numberOf(loss)).toBeCloseTo((0.5 + 0 + 8) / 3, 6);
    expect(numberOf(metrics.logLikelihood)).toBe(-numberOf(loss));
    const slope = grad((centre: Tensor) => logLoss(normalLog).loss(key(1), centre, batch(), null).loss)(tensor(2));
    expect(numberOf(slope)).toBeCloseTo(2 - 3, 6);
  });
});

describe('weightedSum', () => {
  const both = weightedSum({
    fitted: { objective: logLoss(normalLog), weight: 2 },
    noisy: { objective: drawn, weight: -3 },
  });

  it('adds losses, and keeps states and metrics by name', () => {
    const state = both.init(tensor(1), key(4));
    const { loss, metrics, state: next } = both.loss(key(4), tensor(1), batch(), state);
    const noisy = drawn.loss(fold(key(4), 1), tensor(1), batch(), { count: tensor(0) });
    expect(numberOf(loss)).toBeCloseTo(2 * ((0 + 0.5 + 12.5) / 3) - 3 * numberOf(noisy.loss), 4);
    expect(next.fitted).toBeNull();
    expect(numberOf(next.noisy.count)).toBe(1);
    expect(Object.keys(metrics).sort()).toEqual(['fitted.logLikelihood', 'fitted.loss', 'noisy.loss', 'noisy.on']);
    expect(numberOf(metrics['noisy.on'])).toBe(numberOf(noisy.loss));
  });

  it('refuses what is no sum', () => {
    expect(() => weightedSum({})).toThrow('weightedSum: expected at least one objective, got none.');
    expect(() => weightedSum({ only: { objective: drawn, weight: Number.NaN } })).toThrow('the weight of only must be');
  });
});

describe('penalised', () => {
  it('adds the penalty to the loss and says how large it was', () => {
    const objective = penalised(logLoss(normalLog), (centre, x) => mul(square(centre), x.shape[0] as number));
    const { loss, metrics } = objective.loss(key(1), tensor(2), batch(), null);
    expect(numberOf(metrics.penalty)).toBe(12);
    expect(numberOf(loss)).toBeCloseTo(8.5 / 3 + 12, 5);
    const slope = grad((centre: Tensor) => objective.loss(key(1), centre, batch(), null).loss)(tensor(2));
    expect(numberOf(slope)).toBeCloseTo(2 - 3 + 12, 5);
  });
});

describe('perturbed', () => {
  const objective = perturbed(logLoss(normalLog), (forParams, centre: Tensor) =>
    mul(centre, bernoulli(forParams, 0.5, [])),
  );
  const slope = jit(grad((centre: Tensor) => objective.loss(key(1), centre, batch(), null).loss));

  it('moves the parameters before the loss looks at them, anew with each key, and lets gradients through', () => {
    const losses = Array.from({ length: 20 }, (_, i) =>
      numberOf(objective.loss(fold(key(7), i), tensor(2), batch(), null).loss),
    );
    const [kept, dropped] = [8.5 / 3, 41 / 6];
    for (const loss of losses) expect(Math.min(Math.abs(loss - kept), Math.abs(loss - dropped))).toBeLessThan(1e-5);
    expect(new Set(losses.map((loss) => loss.toFixed(3))).size).toBe(2);
    const isKept = Math.abs(numberOf(objective.loss(key(1), tensor(2), batch(), null).loss) - kept) < 1e-5;
    expect(numberOf(slope(tensor(2)))).toBeCloseTo(isKept ? -1 : 0, 5);
  });
});

const machine = smallRbm(6, 4, 1);
describeObjective('a perturbed, penalised weighted sum', {
  params: () => machine.init(key(11)),
  batch: () =>
    tensor([
      [0, 0, 0, 0, 0, 1],
      [1, 1, 1, 0, 0, 0],
    ]),
  make: () =>
    perturbed(
      penalised(
        weightedSum({
          contrastive: { objective: contrastiveDivergence(machine, { kernel: machine.kernel }), weight: 0.5 },
          persistent: {
            objective: persistentContrastiveDivergence(machine, {
              kernel: machine.kernel,
              start: (forStart) => bernoulli(forStart, 0.5, [5, 6]),
            }),
            weight: 0.5,
          },
        }),
        ({ weights }) => mul(sum(square(weights)), 0.01),
      ),
      (forParams, p) => ({ ...p, weights: mul(p.weights, bernoulli(forParams, 0.5, [6, 4])) }),
    ),
});
