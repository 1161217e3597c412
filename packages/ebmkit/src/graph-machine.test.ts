import { boltzmannMachine, type GraphParameters } from '@ebmkit/boltzmann';
import { adam } from '@ebmkit/optim';
import {
  fold,
  fromPlain,
  grad,
  jit,
  type Key,
  key,
  logSumExp,
  mul,
  neg,
  normal,
  read,
  readSync,
  reference,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
  useBackend,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { fit, type Objective, persistentContrastiveDivergence, rowBatches } from '@ebmkit/trainers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Five visible bits and two hidden spins that are joined to each other, with an interaction of order 3. */
const machine = boltzmannMachine({
  graph: {
    nodes: ['bool', 'bool', 'bool', 'bool', 'bool', 'spin', 'spin'],
    interactions: [
      ...[0, 1, 2, 3, 4].flatMap((v) => [
        [v, 5],
        [v, 6],
      ]),
      [5, 6],
      [0, 1, 2],
    ],
  },
  hidden: [5, 6],
});
const [visibleStates, hiddenStates] = [32, 4];

/** Every joint state, the hidden spins fastest. */
const jointStates = Array.from({ length: visibleStates * hiddenStates }, (_, i) => [
  ...[6, 5, 4, 3, 2].map((bit) => (i >> bit) & 1),
  ...[1, 0].map((bit) => 2 * ((i >> bit) & 1) - 1),
]);

/** 512 rows in which every visible state is about as frequent as under a machine with these parameters. */
const teacher = {
  bias: [-0.4, 0.3, -0.2, 0.5, -0.6, 0.2, -0.1],
  weight: [1.2, -0.9, -1.4, 0.8, 1, 1.1, 0.7, 1.3, -1.1, -0.6, 0.5, 1.5],
};
const rows = await (async () => {
  const params = { bias: tensor(teacher.bias), weight: tensor(teacher.weight) };
  const energies = await read(machine.energy(params, tensor(jointStates, undefined, 'int32')));
  const weights = Array.from(energies, (energy) => Math.exp(-energy));
  const z = weights.reduce((a, b) => a + b);
  return Array.from({ length: visibleStates }, (_, v) => {
    const p = weights.slice(v * hiddenStates, (v + 1) * hiddenStates).reduce((a, b) => a + b) / z;
    const row = (jointStates[v * hiddenStates] as number[]).slice(0, 5);
    return Array.from({ length: Math.round(512 * p) }, () => row);
  }).flat();
})();
const frequencies = Array.from({ length: visibleStates }, (_, v) => {
  const pattern = (jointStates[v * hiddenStates] as number[]).slice(0, 5).join();
  return rows.filter((row) => row.join() === pattern).length / rows.length;
});
const entropy = -frequencies.reduce((total, p) => total + (p > 0 ? p * Math.log(p) : 0), 0);

/** The mean negative log-likelihood of the rows, by adding up all joint states; differentiable. */
function exactLoss(params: GraphParameters): Tensor {
  const logs = neg(machine.energy(params, tensor(jointStates, undefined, 'int32')));
  const visible = logSumExp(reshape(logs, [visibleStates, hiddenStates]), 1);
  return sub(logSumExp(logs), sum(mul(visible, tensor(frequencies))));
}

const numbers = (tree: unknown): number[] => tensorsOf(tree).flatMap((x) => [...readSync(x)]);

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});
afterAll(async () => {
  await useBackend(reference());
});

describe('a machine on a graph with hidden nodes', () => {
  test('has a gradient by persistent chains that agrees with the exact one', () => {
    const chains = 64;
    const scale = (k: Key, like: Tensor): Tensor => mul(normal(k, like.shape), 0.5);
    const initial = machine.init(key(1));
    const params = { bias: scale(key(2), initial.bias), weight: scale(key(3), initial.weight) };
    const objective = persistentContrastiveDivergence(machine, {
      k: 12,
      kernel: machine.kernel,
      start: (k) => machine.randomStates(k, chains),
      complete: machine.complete,
    });
    const batch = tensor(rows, undefined, 'bool');
    const gradient = jit((k: Key, p: GraphParameters) =>
      grad((q: GraphParameters) => objective.loss(k, q, batch, objective.init(q, fold(k, 9))).loss)(p),
    );
    const draws = Array.from({ length: 120 }, (_, i) => numbers(gradient(fold(key(4), i), params)));
    const exact = numbers(grad(exactLoss)(params));
    exact.forEach((value, i) => {
      const mean = draws.reduce((total, draw) => total + (draw[i] as number), 0) / draws.length;
      const variance = draws.reduce((total, draw) => total + ((draw[i] as number) - mean) ** 2, 0) / (draws.length - 1);
      expect(Math.abs(mean - value), `number ${i}`).toBeLessThanOrEqual(5 * Math.sqrt(variance / draws.length));
      expect(Math.sqrt(variance / draws.length)).toBeLessThan(0.03);
    });
    gradient.clear();
  });

  test('learns by fit with the common objective what the exact gradient teaches', async () => {
    const data = Uint8Array.from(rows.flat());
    const learnt = async <S extends Tree>(objective: Objective<GraphParameters, Tensor, S>): Promise<number> => {
      const { params } = await fit(machine, {
        objective,
        optimiser: adam({ learningRate: 0.05 }),
        data: rowBatches(data, { eventShape: [5], batchSize: 128 }),
        epochs: 150,
        key: key(5),
      });
      return (readSync(exactLoss(fromPlain(params)))[0] as number) - entropy;
    };
    const before = (readSync(exactLoss(machine.init(key(1))))[0] as number) - entropy;
    const bound = await learnt({
      init: () => null,
      loss: (_, params) => ({ loss: exactLoss(params), state: null, metrics: {} }),
    });
    const after = await learnt(
      persistentContrastiveDivergence(machine, {
        k: 2,
        kernel: machine.kernel,
        start: (k) => machine.randomStates(k, 256),
        complete: machine.complete,
      }),
    );
    expect(before).toBeGreaterThan(0.9);
    expect(bound).toBeLessThan(0.005);
    expect(after).toBeLessThan(0.05);
  });
});
