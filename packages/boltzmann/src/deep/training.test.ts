import { linearSchedule, sgd } from '@ebmkit/optim';
import {
  bitsOf,
  fold,
  fromPlain,
  key,
  memory,
  readSync,
  reference,
  scoped,
  type Tensor,
  useBackend,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import {
  contrastiveDivergence,
  fit,
  type Objective,
  persistentContrastiveDivergence,
  rowBatches,
} from '@ebmkit/trainers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { layersOf, layerTensors } from '../../fixtures/small-deep-machine.js';
import {
  bernoulli,
  type DeepBeliefParameters,
  type DeepBoltzmannParameters,
  deepBeliefNetwork,
  deepBoltzmannMachine,
  exactLogZ,
  type GreedyStack,
  gaussian,
  greedyBoltzmann,
  meanFieldBound,
  type RbmParameters,
  recognitionBound,
  upDown,
} from '../index.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});
afterAll(async () => {
  await useBackend(reference());
});

/** Four patterns, each as often as the others, with a seventh of the bits turned: 400 rows. */
const patterns = [
  [1, 1, 1, 0, 0, 0],
  [0, 0, 0, 1, 1, 1],
  [1, 0, 1, 0, 1, 0],
  [0, 1, 0, 1, 0, 1],
];
const noise = bitsOf(key(1).words, 2400);
const rows = Uint8Array.from({ length: 2400 }, (_, i) => {
  const bit = patterns[Math.floor(i / 6) % 4]?.[i % 6] as number;
  return (noise[i] as number) % 7 === 0 ? 1 - bit : bit;
});
const data = rowBatches(rows, { eventShape: [6], batchSize: 50 });
const sizes = [6, 4, 3];
const layers = [bernoulli(6), bernoulli(4), bernoulli(3)] as const;
const steps = (epochs: number): number => epochs * data.batchesPerEpoch;
const falling = (from: number, epochs: number) =>
  sgd({ learningRate: linearSchedule({ from, to: 0, steps: steps(epochs) }) });

/** Trains the machines of a greedy stack one after another. */
async function trainStack(
  { machines, batches }: Pick<GreedyStack<unknown, 'bias', 'discrete'>, 'machines' | 'batches'>,
  epochs: number,
): Promise<RbmParameters[]> {
  const stack: RbmParameters[] = [];
  for (const machine of machines) {
    const { params } = await fit(machine, {
      objective: contrastiveDivergence(machine, { k: 3, kernel: machine.kernel }),
      optimiser: falling(0.3, epochs),
      data: batches(data, stack),
      epochs,
      key: fold(key(1), stack.length),
    });
    stack.push(fromPlain(params));
  }
  return stack;
}

/** The share of the rows that each visible state has. */
const shares = Array.from({ length: 64 }, () => 0);
for (let row = 0; row < 400; row++) {
  const code = [0, 1, 2, 3, 4, 5].reduce((total, i) => total + 2 ** i * (rows[6 * row + i] as number), 0);
  shares[code] = (shares[code] as number) + 1 / 400;
}
/** What no model exceeds: minus the entropy of the rows. */
const most = shares.reduce((total, share) => total + (share > 0 ? share * Math.log(share) : 0), 0);

/** The mean log-probability of the rows under a deep Boltzmann machine and its log normaliser, by sums over all joint states. */
function exactly(machine: ReturnType<typeof deepBoltzmannMachine>, params: DeepBoltzmannParameters) {
  const states = Array.from({ length: 2 ** 13 }, (_, i) => layersOf(i, sizes));
  const energies = scoped(() => readSync(machine.energy(params, layerTensors(states))) as never) as Float32Array;
  const masses = new Array<number>(64).fill(0);
  energies.forEach((energy, i) => {
    masses[i % 64] = (masses[i % 64] as number) + Math.exp(-energy);
  });
  const logZ = Math.log(masses.reduce((total, mass) => total + mass));
  return { logZ, mean: shares.reduce((total, share, v) => total + share * (Math.log(masses[v] as number) - logZ), 0) };
}

it('a deep Boltzmann machine learns by pretraining and the common objectives', async () => {
  const machine = deepBoltzmannMachine({ layers });
  const greedy = greedyBoltzmann(machine);
  const before = memory().tensors;
  const stack = await trainStack(greedy, 8);
  const composed = greedy.compose(stack);
  const fresh = machine.init(key(1));
  const { params } = await fit(machine, {
    objective: persistentContrastiveDivergence(machine, {
      kernel: machine.kernel,
      k: 5,
      start: (forStart) => machine.drawFromBiases(forStart, composed, 100),
      complete: (_, q: DeepBoltzmannParameters, visible: Tensor) => machine.meanField(q, visible, { steps: 8 }).state,
    }),
    optimiser: falling(0.1, 80),
    data,
    epochs: 80,
    key: key(2),
    params: composed,
  });
  const trained = fromPlain(params);
  const likelihoods = [fresh, composed, trained].map((q) => exactly(machine, q).mean) as [number, number, number];
  const boundOf = (q: DeepBoltzmannParameters) => meanFieldBound(machine, q, rows, exactly(machine, q).logZ);
  const [pretrained, jointly] = [await boundOf(composed), await boundOf(trained)];
  // Fair coins have −6 log 2 = −4.16.
  expect(likelihoods[0]).toBeCloseTo(-6 * Math.LN2, 1);
  expect(likelihoods[1]).toBeGreaterThan(likelihoods[0] + 0.05);
  expect(likelihoods[2]).toBeGreaterThan(likelihoods[1] + 0.1);
  expect(likelihoods[2]).toBeLessThan(most);
  expect(jointly.status).toBe('converged');
  expect(jointly.mean).toBeGreaterThan(pretrained.mean + 0.1);
  expect(jointly.mean).toBeLessThan(likelihoods[2] + 1e-4);
  expect(jointly.mean).toBeGreaterThan(likelihoods[2] - 0.2);
  const kept = stack.length * 3 + 3 * 5;
  expect(memory().tensors - before).toBe(kept);
}, 60_000);

it('a deep belief network learns greedily, and by up-down from scratch and further', async () => {
  const network = deepBeliefNetwork({ layers });
  const boundOf = async (params: DeepBeliefParameters): Promise<number> =>
    (
      await recognitionBound(network, params, rows, await exactLogZ(network.top, params.top), {
        key: key(9),
        samples: 20,
      })
    ).mean;
  const objective: Objective<DeepBeliefParameters, Tensor, null> = upDown(network, { k: 3 });
  const tune = (epochs: number, rate: number, params?: DeepBeliefParameters) =>
    fit(network, { objective, optimiser: falling(rate, epochs), data, epochs, key: key(3), ...(params && { params }) });
  const before = memory().tensors;
  const stack = await trainStack(network.greedy, 50);
  const composed = network.greedy.compose(stack);
  const tuned = fromPlain((await tune(100, 0.1, composed)).params);
  const alone = fromPlain((await tune(150, 0.3)).params);
  const [greedy, further, scratch] = [await boundOf(composed), await boundOf(tuned), await boundOf(alone)];
  // Fair coins have −6 log 2 = −4.16.
  expect(greedy).toBeGreaterThan(-4.1);
  expect(further).toBeGreaterThan(greedy + 0.1);
  expect(scratch).toBeGreaterThan(-3.8);
  expect(memory().tensors - before).toBe(6 + 3 * 7);
}, 60_000);

it('a stack whose visible layer has more than biases trains that machine first, then the others', async () => {
  const real = deepBeliefNetwork({ layers: [gaussian(6, { learnVariance: true }), bernoulli(4), bernoulli(3)] });
  const [first, ...others] = real.greedy.machines;
  const optimiser = falling(0.05, 1);
  const { params: lowest } = await fit(first, {
    objective: contrastiveDivergence(first, { kernel: first.kernel }),
    data: real.greedy.batches(data, []),
    optimiser,
    epochs: 1,
    key: key(1),
  });
  const stack: RbmParameters[] = [fromPlain(lowest)];
  for (const machine of others) {
    const objective = contrastiveDivergence(machine, { kernel: machine.kernel });
    const batches = real.greedy.batches(data, stack);
    const { params } = await fit(machine, { objective, data: batches, optimiser, epochs: 1, key: key(2) });
    stack.push(fromPlain(params));
  }
  const { generation } = real.greedy.compose(stack);
  expect(Array.from(readSync(generation[0].logVariance))).toEqual(Array.from(lowest.visibleLogVariance.data));
});
