import {
  add,
  bernoulli,
  cast,
  type Key,
  matMul,
  mul,
  sigmoid,
  split,
  sub,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { normals } from '../inputs.js';
import { workload } from '../workload.js';
import { binaryDigits } from './binary-digits.js';
import type { Machine } from './rbm-reconstruction.js';
import { prepareTraining } from './rbm-training.js';

/** How long the machine is trained. */
export type PersistentSize = {
  /** Batches of a run, each seen once. */
  readonly batches: number;
  /** Rows of a batch, and chains. */
  readonly batch: number;
  /** Visible units. */
  readonly visible: number;
  /** Hidden units. */
  readonly hidden: number;
  /** Gibbs steps for each batch. */
  readonly k: number;
  /** Whether the data are MNIST, or random bits. */
  readonly mnist: boolean;
};

/** A machine and the hidden states of its chains. */
type Training = Machine & { readonly chains: Tensor };

const learningRate = 0.05;

/** One step of persistent contrastive divergence with `k` Gibbs steps, and stochastic gradient ascent. */
function learn({ weight, visibleBias, hiddenBias, chains }: Training, states: Tensor, key: Key, k: number): Training {
  const rate = learningRate / (states.shape[0] as number);
  const upward = (v: Tensor): Tensor => sigmoid(add(matMul(v, weight), hiddenBias));
  const downward = (h: Tensor): Tensor => sigmoid(add(matMul(h, weight, { transposeB: true }), visibleBias));
  const keys = split(key, 2 * k);
  let hidden = chains;
  let fantasy = states;
  let fantasyHidden = chains;
  for (let step = 0; step < k; step++) {
    fantasy = bernoulli(keys[2 * step] as Key, downward(hidden));
    fantasyHidden = upward(fantasy);
    hidden = bernoulli(keys[2 * step + 1] as Key, fantasyHidden);
  }
  const hiddenMean = upward(states);
  const up = matMul(states, hiddenMean, { transposeA: true });
  const down = matMul(fantasy, fantasyHidden, { transposeA: true });
  const change = sub(sum(cast(states, 'float32'), 0), sum(cast(fantasy, 'float32'), 0));
  return {
    weight: add(weight, mul(sub(up, down), rate)),
    visibleBias: add(visibleBias, mul(change, rate)),
    hiddenBias: add(hiddenBias, mul(sub(sum(hiddenMean, 0), sum(fantasyHidden, 0)), rate)),
    chains: hidden,
  };
}

/** Trains a restricted Boltzmann machine for one pass over some batches, with chains that go on from batch to batch. */
export const rbmPersistent = workload<PersistentSize>({
  name: 'rbm-persistent',
  group: 'Loops that energy-based models consist of',
  title: 'RBM PCD-10, 784 x 500, 20 batches of 100 MNIST digits, 100 chains',
  rows: [{ size: 'mnist', parameters: { batches: 20, batch: 100, visible: 784, hidden: 500, k: 10, mnist: true } }],
  tiny: { batches: 4, batch: 10, visible: 12, hidden: 6, k: 2, mnist: false },
  peers: ['torch', 'scikit-learn'],
  inputs: async (size) => ({
    images: await binaryDigits(size),
    weight: normals(72, size.visible * size.hidden).map((x) => 0.01 * x),
  }),
  prepare: ({ batches, batch, visible, hidden, k }, { images, weight }) =>
    prepareTraining(
      { batches, batch, visible, images: images as Float32Array },
      {
        weight: tensor(weight as Float32Array, [visible, hidden]),
        visibleBias: zeros([visible]),
        hiddenBias: zeros([hidden]),
        chains: zeros([batch, hidden], 'bool'),
      },
      (training: Training, states: Tensor, own: Key) => learn(training, states, own, k),
    ),
  demand: ({ batches, batch, visible, hidden, k }) => ({
    flops: batches * batch * visible * hidden * (4 * 0.13 + 0.5 * k),
    words: batches * batch * (visible + hidden) * k,
    bytes: batches * visible * hidden * 4 * 2,
  }),
  throughput: ({ batches, batch }) => ({ unit: 'k images/s', perRun: (batches * batch) / 1e3 }),
  agreed: { reconstruction: 0.05 },
});
