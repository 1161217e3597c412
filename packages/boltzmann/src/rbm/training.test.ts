import { sgd } from '@ebmkit/optim';
import {
  bitsOf,
  fromPlain,
  type Key,
  key,
  logSumExp,
  mean,
  neg,
  readSync,
  reference,
  reshape,
  type Tensor,
  type Tree,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { contrastiveDivergence, fit, type Objective, penalised, perturbed } from '@ebmkit/trainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bernoulli,
  centred,
  classRbm,
  conditionalRbm,
  convolutionalRbm,
  dropConnect,
  dropout,
  enumerateStates,
  exactLogLikelihood,
  framesBefore,
  gaussian,
  mixed,
  type Rbm,
  type RbmParameters,
  rbm,
  relu,
  replicatedSoftmax,
  softmax,
  sparsity,
  spin,
  temporalRbm,
} from '../index.js';

beforeAll(async () => {
  await useBackend(wasm({ threads: 1 }));
});
afterAll(async () => {
  await useBackend(reference());
});

const count = 120;
const noise = bitsOf(key(1).words, count * 9);
/** Rows that repeat four patterns, with a seventh of the bits turned. */
const patterns = ['111000000', '000111000', '101010111', '010101111'].map((x) => Array.from(x, Number));
const rows = Array.from({ length: count }, (_, i) =>
  (patterns[i % 4] as number[]).map((bit, j) => ((noise[9 * i + j] as number) % 7 === 0 ? 1 - bit : bit)),
);
const six = rows.map((row) => row.slice(0, 6));
const spins = six.map((row) => row.map((bit) => 2 * bit - 1));
/** Two choices of three: what the first and the second three bits say. */
const choices = six.map((row) =>
  [0, 3].flatMap((at) => [0, 1, 2].map((k) => Number(k === (2 * (row[at] as number) + (row[at + 1] as number)) % 3))),
);
const realsAndBits = six.map((row) => [
  ...row.slice(0, 2).map((x, j) => 2 * x - 1 + 0.3 * (row[j + 2] as number)),
  ...row.slice(2, 5),
]);
/** Documents of six words out of three: bits of the same place are one word. */
const documents = six.map((row) => {
  const words = [0, 1, 2].map((k) => (row[k] as number) + (row[k + 3] as number));
  return [...words.slice(0, 2), 6 - (words[0] as number) - (words[1] as number)];
});

/** What is trained, and how it is judged. */
interface Training<P extends Tree, B, S extends Tree> {
  readonly machine: { readonly init: (key: Key) => P };
  readonly objective: Objective<P, B, S>;
  /** All data as one batch. */
  readonly batch: () => B;
  /** The mean exact log-likelihood of the data. */
  readonly judge: (params: P) => number | Promise<number>;
  readonly learningRate?: number;
}

/** The log-likelihood before and after training. */
async function likelihoods<P extends Tree, B, S extends Tree>({
  machine,
  objective,
  batch,
  judge,
  learningRate = 0.5,
}: Training<P, B, S>): Promise<readonly [number, number]> {
  const toTensors = fromPlain as (params: unknown) => P;
  const trained: { readonly params: unknown } = await fit(machine, {
    objective,
    optimiser: sgd<P>({ learningRate }),
    data: { batchesPerEpoch: 1, batch },
    epochs: 250,
    key: key(1),
  });
  return [await judge(machine.init(key(1))), await judge(toTensors(trained.params))];
}

const total = (x: Tensor): number => readSync(x)[0] as number;
type Wrap<P extends Tree> = (objective: Objective<P, Tensor, null>) => Objective<P, Tensor, null>;

/** A machine of two layers by contrastive divergence of three steps. */
const twoLayers = <V extends string, H extends string>(
  machine: Rbm<V, H>,
  data: readonly (readonly number[])[],
  learningRate = 0.8,
  wrap: Wrap<RbmParameters<V, H>> = (objective) => objective,
) =>
  likelihoods({
    machine,
    objective: wrap(contrastiveDivergence(machine, { k: 3, kernel: machine.kernel })),
    batch: () => tensor(data as number[][]),
    judge: async (params) => (await exactLogLikelihood(machine, params, Float32Array.from(data.flat()))).mean,
    learningRate,
  });

const bits = rbm({ visible: bernoulli(6), hidden: bernoulli(4) });
const labelled = classRbm({ visible: bernoulli(6), classes: 4, hidden: bernoulli(4) });
const frames = conditionalRbm({ visible: bernoulli(6), hidden: bernoulli(4), given: 6 });
const temporal = temporalRbm({ visible: bernoulli(6), hidden: bernoulli(4) });
const image = convolutionalRbm({ visible: bernoulli(1), size: [3, 3], filters: 3, filterSize: [1, 3], pool: [3, 1] });

const sequences = () => tensor(six.flat(), [count / 4, 4, 6]);
const ofSequences = (wrap: Wrap<ReturnType<typeof temporal.init>> = (objective) => objective) =>
  likelihoods({
    machine: temporal,
    objective: wrap(
      contrastiveDivergence(temporal, {
        k: 3,
        kernel: temporal.kernel,
        complete: (_, __, batch: Tensor) => temporal.observed(batch),
      }),
    ),
    batch: sequences,
    judge: (params) => total(mean(temporal.logProbability(params, sequences()))),
    learningRate: 0.1,
  });
const images = () => tensor(rows.flat(), [count, 3, 3, 1]);
const ofImages = (wrap: Wrap<ReturnType<typeof image.init>> = (objective) => objective) =>
  likelihoods({
    machine: image,
    objective: wrap(contrastiveDivergence(image, { k: 3, kernel: image.kernel })),
    batch: images,
    judge: (params) => {
      const every = reshape(enumerateStates(bernoulli(9)), [512, 3, 3, 1]);
      return -total(mean(image.energy(params, images()))) - total(logSumExp(neg(image.energy(params, every))));
    },
    learningRate: 0.3,
  });

/** Each trains and gives the log-likelihood before and after. */
const trainings: Readonly<Record<string, () => Promise<readonly [number, number]>>> = {
  'spins on both sides': () => twoLayers(rbm({ visible: spin(6), hidden: spin(4) }), spins, 0.1),
  choices: () => twoLayers(rbm({ visible: softmax(3, { units: 2 }), hidden: softmax(3) }), choices),
  'relu hidden units': () => twoLayers(rbm({ visible: bernoulli(6), hidden: relu(3) }), six, 0.2),
  'mixed visible units': () =>
    twoLayers(rbm({ visible: mixed([gaussian(2), bernoulli(3)]), hidden: bernoulli(3) }), realsAndBits, 0.2),
  'centred units': () =>
    twoLayers(rbm({ visible: centred(bernoulli(6), 0.5), hidden: centred(bernoulli(4), 0.5) }), six),
  'a replicated softmax': () =>
    twoLayers(replicatedSoftmax({ vocabulary: 3, hidden: bernoulli(3), length: 6 }), documents, 0.1),
  dropout: () => twoLayers(bits, six, 0.8, (objective) => perturbed(objective, dropout(bits, { rate: 0.2 }))),
  dropConnect: () => twoLayers(bits, six, 0.8, (objective) => perturbed(objective, dropConnect(bits, { rate: 0.2 }))),
  sparsity: () =>
    twoLayers(bits, six, 0.8, (objective) => penalised(objective, sparsity(bits, { target: 0.3, cost: 0.02 }))),
  'a class RBM': () => {
    const batch = () => ({ visible: tensor(six), label: tensor(Int32Array.from(six, (_, i) => i % 4)) });
    return likelihoods({
      machine: labelled,
      objective: contrastiveDivergence(labelled, { k: 3, kernel: labelled.kernel }),
      batch,
      judge: (params) => {
        const every = labelled.visibleFreeEnergy(params, enumerateStates(bernoulli(6)));
        return -total(mean(labelled.freeEnergy(params, batch()))) - total(logSumExp(neg(every)));
      },
    });
  },
  'a conditional RBM': () =>
    likelihoods({
      machine: frames,
      objective: contrastiveDivergence(frames, {
        k: 3,
        kernel: frames.kernel,
        complete: (_, __, batch: Tensor) => framesBefore(batch),
      }),
      batch: sequences,
      judge: (params) => total(mean(frames.logProbability(params, framesBefore(sequences())))),
    }),
  'a temporal RBM': () => ofSequences(),
  'a temporal RBM with dropout': () =>
    ofSequences((objective) => perturbed(objective, dropout(temporal, { rate: 0.2 }))),
  'a temporal RBM with sparsity': () =>
    ofSequences((objective) => penalised(objective, sparsity(temporal, { target: 0.3, cost: 0.02 }))),
  'a convolutional RBM': () => ofImages(),
  'a convolutional RBM with dropout': () =>
    ofImages((objective) => perturbed(objective, dropout(image, { rate: 0.2 }))),
  'a convolutional RBM with sparsity': () =>
    ofImages((objective) => penalised(objective, sparsity(image, { target: 0.2, cost: 0.02 }))),
};

describe('training by the common fit raises the exact log-likelihood of the data', () => {
  it.each(Object.entries(trainings))('%s', async (_, train) => {
    const [before, after] = await train();
    expect(after).toBeGreaterThan(before + 0.2);
  });
});
