import { type Blocks, gibbs } from '@ebmkit/samplers';
import {
  add,
  cast,
  fold,
  grad,
  jit,
  type Key,
  key,
  matMul,
  mul,
  neg,
  readSync,
  sigmoid,
  sumEvent,
  type Tensor,
  tensor,
  tensorsOf,
  zeros,
} from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import { binaryStates, type ExactRbm, gibbsStep, meanGradient } from '../fixtures/exact-rbm.js';
import { type SmallRbmParameters, smallRbm } from '../fixtures/small-rbm.js';
import { contrastiveDivergence, persistentContrastiveDivergence } from './index.js';

const [V, H] = [6, 4];
const machine = smallRbm(V, H, 1);
const params = machine.init(key(11));
const numbers = (tree: unknown): number[] => tensorsOf(tree).flatMap((x) => [...readSync(x)]);
const exact: ExactRbm = {
  visible: V,
  hidden: H,
  weights: numbers(params.weights),
  visibleBias: numbers(params.visibleBias),
  hiddenBias: numbers(params.hiddenBias),
};
const rows = [1, 2, 7, 56, 63, 21].map((code) => binaryStates(V)[code] as number[]);
const data = tensor(Array.from({ length: 120 }, (_, i) => rows[i % rows.length] as number[]));
const dataDistribution = binaryStates(V).map((v) => rows.filter((row) => row.join() === v.join()).length / rows.length);

type Layers = Blocks<'hidden' | 'visible'>;

/** The same machine with its hidden layer in sight: states are both layers. */
const joint = {
  energy: ({ weights, visibleBias, hiddenBias }: SmallRbmParameters, { hidden, visible }: Layers): Tensor => {
    const [h, v] = [cast(hidden, 'float32'), cast(visible, 'float32')];
    const met = mul(matMul(v, weights), h);
    return neg(add(add(sumEvent(mul(v, visibleBias)), sumEvent(mul(h, hiddenBias))), sumEvent(met)));
  },
};
const kernel = (p: SmallRbmParameters) => gibbs(machine.conditional(p));
const complete = (_: Key, p: SmallRbmParameters, visible: Tensor): Layers => ({
  hidden: sigmoid(add(matMul(visible, p.weights), p.hiddenBias)),
  visible,
});

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const weight = (i: number, j: number): number => exact.weights[i * H + j] as number;

/** The expected statistics (products, visible, hidden) of a hidden state drawn given `v` and a visible one drawn given that. */
function statisticsAfter(distribution: readonly number[]): number[] {
  const total = new Float64Array(V * H + V + H);
  for (const [n, v] of binaryStates(V).entries()) {
    const on = Array.from({ length: H }, (_, j) =>
      logistic((exact.hiddenBias[j] as number) + v.reduce((s, x, i) => s + x * weight(i, j), 0)),
    );
    for (const h of binaryStates(H)) {
      const p = h.reduce((q, x, j) => q * (x ? (on[j] as number) : 1 - (on[j] as number)), distribution[n] as number);
      const shown = v.map((_, i) =>
        logistic((exact.visibleBias[i] as number) + h.reduce((s, x, j) => s + x * weight(i, j), 0)),
      );
      for (let i = 0; i < V; i++) {
        total[V * H + i] = (total[V * H + i] as number) + p * (shown[i] as number);
        for (let j = 0; j < H; j++)
          total[i * H + j] = (total[i * H + j] as number) + p * (shown[i] as number) * (h[j] as number);
      }
      for (let j = 0; j < H; j++) total[V * H + V + j] = (total[V * H + V + j] as number) + p * (h[j] as number);
    }
  }
  return [...total];
}

function expectGradient(draws: readonly (readonly number[])[], truth: readonly number[]): void {
  truth.forEach((expected, i) => {
    const values = draws.map((draw) => draw[i] as number);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const error = Math.sqrt(values.reduce((s, x) => s + (x - mean) ** 2, 0) / values.length ** 2);
    expect(Math.abs(mean - expected), `parameter ${i}`).toBeLessThan(5 * error + 1e-6);
  });
}

describe('states that a batch shows only in part', () => {
  // The mean hidden layer gives the gradient of the free energy; the negatives' joint energy gives minus their statistics.
  const truth = (chain: readonly number[]): number[] => {
    const negative = statisticsAfter(chain);
    return meanGradient(exact, dataDistribution).map((value, i) => value + (negative[i] as number));
  };

  it('are completed before the chains start: CD-2 has the gradient of the enumerated sweeps', () => {
    const objective = contrastiveDivergence(joint, { k: 2, kernel, complete });
    const gradient = jit((forLoss: Key, p: SmallRbmParameters) =>
      grad((q: SmallRbmParameters) => objective.loss(forLoss, q, data, null).loss)(p),
    );
    const draws = Array.from({ length: 150 }, (_, i) => numbers(gradient(fold(key(5), i), params)));
    expectGradient(draws, truth(gibbsStep(exact, dataDistribution)));
  });

  it('serve persistent chains, which are trees', () => {
    const start = (): Layers => ({ hidden: zeros([120, H], 'bool'), visible: data });
    const objective = persistentContrastiveDivergence(joint, { kernel, complete, start });
    const gradient = jit((forRun: Key, p: SmallRbmParameters) => {
      const first = objective.loss(fold(forRun, 0), p, data, objective.init(p, forRun));
      return grad((q: SmallRbmParameters) => objective.loss(fold(forRun, 1), q, data, first.state).loss)(p);
    });
    const draws = Array.from({ length: 150 }, (_, i) => numbers(gradient(fold(key(6), i), params)));
    expectGradient(draws, truth(gibbsStep(exact, dataDistribution)));
  });

  it('count each number once in the reconstruction', () => {
    const shifted = { hidden: zeros([2, 1]), visible: zeros([2, 3]) };
    const objective = contrastiveDivergence(
      { energy: (a: Tensor, x: Layers) => mul(sumEvent(x.visible), a) },
      {
        kernel: () => ({
          init: (position: Layers) => ({ position }),
          step: (_: Key, { position }: { readonly position: Layers }) => ({
            state: { position: { hidden: add(position.hidden, 4), visible: position.visible } },
            info: {
              accepted: zeros([2], 'bool'),
              acceptanceProbability: zeros([2]),
              diverged: zeros([2], 'bool'),
            },
          }),
        }),
      },
    );
    const { metrics } = objective.loss(key(1), tensor(1), shifted, null);
    expect(numbers(metrics.reconstruction)).toEqual([16 / 4]);
  });
});
