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
export type TrainingSize = {
  /** Batches of a run, each seen once. */
  readonly batches: number;
  /** Rows of a batch. */
  readonly batch: number;
  /** Visible units. */
  readonly visible: number;
  /** Hidden units. */
  readonly hidden: number;
  /** Whether the data are MNIST, or random bits. */
  readonly mnist: boolean;
};

const learningRate = 0.05;

/** One step of contrastive divergence with one Gibbs step, and stochastic gradient ascent. */
function learn({ weight, visibleBias, hiddenBias }: Machine, states: Tensor, k: Key): Machine {
  const [forHidden, forVisible] = split(k, 2);
  const rate = learningRate / (states.shape[0] as number);
  const hiddenMean = sigmoid(add(matMul(states, weight), hiddenBias));
  const hidden = bernoulli(forHidden, hiddenMean);
  const fantasy = bernoulli(forVisible, sigmoid(add(matMul(hidden, weight, { transposeB: true }), visibleBias)));
  const fantasyHidden = sigmoid(add(matMul(fantasy, weight), hiddenBias));
  const up = matMul(states, hiddenMean, { transposeA: true });
  const down = matMul(fantasy, fantasyHidden, { transposeA: true });
  const change = sub(sum(cast(states, 'float32'), 0), sum(cast(fantasy, 'float32'), 0));
  return {
    weight: add(weight, mul(sub(up, down), rate)),
    visibleBias: add(visibleBias, mul(change, rate)),
    hiddenBias: add(hiddenBias, mul(sub(sum(hiddenMean, 0), sum(fantasyHidden, 0)), rate)),
  };
}

/** Trains a restricted Boltzmann machine for one pass over some batches. */
export const rbmContrastiveDivergence = workload<TrainingSize>({
  name: 'rbm-contrastive-divergence',
  group: 'Loops that energy-based models consist of',
  title: 'RBM CD-1, 784 x 500, 100 batches of 100 MNIST digits',
  rows: [{ size: 'mnist', parameters: { batches: 100, batch: 100, visible: 784, hidden: 500, mnist: true } }],
  tiny: { batches: 4, batch: 10, visible: 12, hidden: 6, mnist: false },
  peers: ['torch', 'scikit-learn', 'jax-js'],
  inputs: async (size) => ({
    images: await binaryDigits(size),
    weight: normals(72, size.visible * size.hidden).map((x) => 0.01 * x),
  }),
  prepare: ({ batches, batch, visible, hidden }, { images, weight }) =>
    prepareTraining(
      { batches, batch, visible, images: images as Float32Array },
      {
        weight: tensor(weight as Float32Array, [visible, hidden]),
        visibleBias: zeros([visible]),
        hiddenBias: zeros([hidden]),
      },
      learn,
    ),
  demand: ({ batches, batch, visible, hidden }) => ({
    flops: batches * batch * visible * hidden * (4 * 0.13 + 0.3),
    words: batches * batch * (visible + hidden),
    bytes: batches * visible * hidden * 4 * 2,
  }),
  throughput: ({ batches, batch }) => ({ unit: 'k images/s', perRun: (batches * batch) / 1e3 }),
  expected: ({ mnist: isMnist }) => ({
    reconstruction: { mean: isMnist ? 0.066 : 0.26, error: 0, side: 'atMost' },
  }),
  agreed: { reconstruction: 0.05 },
});
