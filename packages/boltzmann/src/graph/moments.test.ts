import { run, type SavedRun } from '@ebmkit/samplers';
import {
  fold,
  free,
  full,
  grad,
  key,
  logSumExp,
  mean,
  memory,
  mul,
  neg,
  type PlainTensor,
  readSync,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { expect, test } from 'vitest';
import {
  flatTables,
  jointStates,
  meansUnder,
  mixedGraph,
  type PlainMachine,
  plainDistribution,
  plainMachine,
  plainStatistics,
} from '../../fixtures/graph-oracle.js';
import { type BoltzmannMachine, boltzmannMachine, type GraphParameters, gatherMoments, moments } from '../index.js';

const plain = plainMachine(mixedGraph);
/** Nodes 0 to 3 are visible: 24 states of them, and 6 of the hidden ones. */
const machine = boltzmannMachine({ graph: mixedGraph, hidden: [4, 5] });
const [visibleStates, hiddenStates] = [24, 6];

function paramsOf({ bias, weight }: PlainMachine, made: BoltzmannMachine): GraphParameters {
  const shapes = made.init(key(0));
  return { bias: tensor(flatTables(bias), shapes.bias.shape), weight: tensor(flatTables(weight), shapes.weight.shape) };
}

const numbers = ({ bias, weight }: GraphParameters): number[] => [...readSync(bias), ...readSync(weight)];
const plainNumbers = ({ bias, weight }: Readonly<Record<'bias' | 'weight', PlainTensor>>): number[] => [
  ...bias.data,
  ...weight.data,
];

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value), `number ${i}`).toBeLessThanOrEqual(tolerance);
  });
}

/** The mean of several estimates and its standard error, number by number. */
function summary(estimates: readonly (readonly number[])[]) {
  const count = estimates.length;
  const means = (estimates[0] as readonly number[]).map(
    (_, i) => estimates.reduce((total, one) => total + (one[i] as number), 0) / count,
  );
  const errors = means.map((m, i) =>
    Math.sqrt(estimates.reduce((total, one) => total + ((one[i] as number) - m) ** 2, 0) / (count - 1) / count),
  );
  return { means, errors };
}

const states = jointStates(mixedGraph.nodes);
const { probabilities } = plainDistribution(plain, states);
const ofModel = meansUnder(
  probabilities,
  states.map((x) => plainStatistics(plain, x)),
);

/** How often each visible state is in the data, and the rows that have it so. */
const counts = Array.from({ length: visibleStates }, (_, v) => (v * 7) % 5);
const rows = counts.flatMap((count, v) =>
  Array.from({ length: count }, () => (states[v * hiddenStates] as number[]).slice(0, 4)),
);
const dataProbabilities = counts.map((count) => count / rows.length);
/** The probability of each joint state when the visible nodes are the data's and the hidden ones follow them. */
const completed = probabilities.map((p, i) => {
  const v = Math.floor(i / hiddenStates);
  const marginal = probabilities.slice(v * hiddenStates, (v + 1) * hiddenStates).reduce((a, b) => a + b);
  return ((dataProbabilities[v] as number) * p) / marginal;
});
const ofData = meansUnder(
  completed,
  states.map((x) => plainStatistics(plain, x)),
);

onEach('moments of a machine on a graph', [{ name: 'wasm', make: () => wasm({ threads: 1 }) }], () => {
  test('of the data less those of the model are the gradient of the mean log-likelihood', () => {
    const x = tensor(states, undefined, 'int32');
    const weights = tensor(dataProbabilities);
    const logLikelihood = (params: GraphParameters): Tensor => {
      const logs = neg(machine.energy(params, x));
      const visible = logSumExp(reshape(logs, [visibleStates, hiddenStates]), 1);
      return sub(sum(mul(visible, weights)), logSumExp(logs));
    };
    const slope = numbers(grad(logLikelihood)(paramsOf(plain, machine)));
    expectClose(
      slope,
      ofData.map((value, i) => value - (ofModel[i] as number)),
      3e-6,
    );
  });

  test('are the statistics whose difference is the gradient of the contrast of energies', () => {
    const params = paramsOf(plain, machine);
    const [positive, negative] = [machine.randomStates(key(1), 40), machine.randomStates(key(2), 70)];
    const contrast = (p: GraphParameters): Tensor =>
      sub(mean(machine.energy(p, positive)), mean(machine.energy(p, negative)));
    const [data, model] = [numbers(machine.statistics(positive)), numbers(machine.statistics(negative))];
    expectClose(
      numbers(grad(contrast)(params)),
      data.map((value, i) => (model[i] as number) - value),
      1e-5,
    );
  });

  test('are gathered along the chains as running means, and the chains move as without it', async () => {
    const params = paramsOf(plain, machine);
    const kernel = machine.kernel(params);
    const start = machine.randomStates(key(3), 16);
    const [warmup, steps] = [3, 9];
    const seen = await run(kernel, start, {
      steps,
      key: key(4),
      observe: ({ state }) => ({
        statistics: numbers(machine.statistics(state.position)),
        position: Array.from(readSync(state.position)),
      }),
    });
    let end: { readonly moments: Record<'bias' | 'weight', PlainTensor>; readonly position: PlainTensor } | undefined;
    await run(gatherMoments(machine, kernel, { warmup }), start, {
      steps,
      key: key(4),
      saveEvery: steps,
      onSave: ({ state }: SavedRun) => {
        end = state as typeof end;
      },
    });
    const counted = seen.slice(warmup).map(({ statistics }) => statistics);
    expect(Array.from(end?.position.data ?? [])).toEqual(seen.at(-1)?.position);
    expectClose(plainNumbers(end?.moments as Record<'bias' | 'weight', PlainTensor>), summary(counted).means, 1e-6);
  });

  test('of the model and with the visible nodes at the data agree with enumeration', async () => {
    const params = paramsOf(plain, machine);
    const batch = tensor(rows, undefined, 'int32');
    const estimates: { model: number[]; data: number[] }[] = [];
    for (let i = 0; i < 16; i++) {
      const own = fold(key(5), i);
      const model = await moments(machine, params, { chains: 100, warmup: 15, steps: 30, key: own });
      const start = machine.complete(own, params, batch);
      const free = machine.hidden;
      const data = await moments(machine, params, { start, free, warmup: 5, steps: 30, key: own });
      expect([model.diverged, data.diverged]).toEqual([0, 0]);
      estimates.push({ model: plainNumbers(model), data: plainNumbers(data) });
    }
    for (const [name, exact] of [
      ['model', ofModel],
      ['data', ofData],
    ] as const) {
      const { means, errors } = summary(estimates.map((one) => one[name]));
      exact.forEach((value, i) => {
        expect(Math.abs((means[i] as number) - value), `${name} ${i}`).toBeLessThanOrEqual(
          5 * (errors[i] as number) + 1e-5,
        );
      });
      expect(Math.hypot(...errors)).toBeLessThan(0.02);
      expect(Math.max(...errors)).toBeGreaterThan(1e-4);
    }
  });

  test('leak nothing, and count the chains that parameters without numbers hold', async () => {
    const params = paramsOf(plain, machine);
    const broken = { ...params, bias: full(params.bias.shape, Number.NaN) };
    const before = memory().tensors;
    const { diverged, states: last } = await moments(machine, broken, { chains: 4, steps: 3, key: key(6) });
    expect(diverged).toBe(4);
    expect(last.shape).toEqual([4, 6]);
    await expect(moments(machine, params, { steps: 1, key: key(6) })).rejects.toThrow(/expected chains or start/);
    await expect(moments(machine, params, { chains: 2, steps: 0, key: key(6) })).rejects.toThrow(/steps must be/);
    for (const chains of [0, 1.5])
      await expect(moments(machine, params, { chains, steps: 1, key: key(6) })).rejects.toThrow(
        `moments: chains must be a whole number of at least 1, got ${chains}`,
      );
    const start = machine.randomStates(key(7), 3);
    await expect(moments(machine, params, { chains: 2, start, steps: 1, key: key(6) })).rejects.toThrow(
      'moments: chains is 2, but start has 3 rows',
    );
    free(start);
    expect(() => gatherMoments(machine, machine.kernel(params), { warmup: -1 })).toThrow(/warmup must be/);
    const controller = new AbortController();
    controller.abort();
    const { signal } = controller;
    await expect(moments(machine, params, { chains: 2, steps: 5, key: key(6), signal })).rejects.toThrow(
      'moments: aborted after 0 of 5 steps.',
    );
    expect(memory().tensors).toBe(before);
  });
});
