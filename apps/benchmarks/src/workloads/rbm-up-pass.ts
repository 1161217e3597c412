import {
  add,
  bernoulli,
  cast,
  free,
  jit,
  type Key,
  key,
  matMul,
  mean,
  readSync,
  scoped,
  sigmoid,
  type Tensor,
  tensor,
} from '@ebmkit/tensor';
import { bits, normals } from '../inputs.js';
import { type Expectation, type Inputs, workload } from '../workload.js';

/** How large the machine and its batch are. */
export type UpPassSize = {
  /** Rows of the batch. */
  readonly batch: number;
  /** Visible units. */
  readonly visible: number;
  /** Hidden units. */
  readonly hidden: number;
  /** The part of the visible units that are one. */
  readonly density: number;
};

const size = { batch: 100, visible: 784, hidden: 500 } as const;

/** The mean hidden activation, and the error of its estimate from one draw. */
function expectedActivation({ batch, visible, hidden }: UpPassSize, { states, weight, bias }: Inputs): Expectation {
  let [sum, variance] = [0, 0];
  const field = new Float64Array(hidden);
  for (let row = 0; row < batch; row++) {
    field.set(bias as Float32Array);
    for (let i = 0; i < visible; i++) {
      if (states?.[row * visible + i] !== 1) continue;
      for (let j = 0; j < hidden; j++) field[j] = (field[j] as number) + (weight?.[i * hidden + j] as number);
    }
    for (const a of field) {
      const p = 1 / (1 + Math.exp(-a));
      sum += p;
      variance += p * (1 - p);
    }
  }
  const count = batch * hidden;
  return { mean: sum / count, error: Math.sqrt(variance) / count };
}

/** Draws the hidden layer of a restricted Boltzmann machine given bits. */
export const rbmUpPass = workload<UpPassSize>({
  name: 'rbm-up-pass',
  group: 'Loops that energy-based models consist of',
  title: 'RBM up-pass with sampling, 784 x 500, batch 100',
  rows: [
    { size: 'density 0.5', parameters: { ...size, density: 0.5 } },
    { size: 'density 0.13', parameters: { ...size, density: 0.13 } },
  ],
  tiny: { batch: 20, visible: 30, hidden: 40, density: 0.3 },
  peers: ['torch', 'jax', 'jax-js'],
  inputs: ({ batch, visible, hidden, density }) => ({
    states: bits(61, batch * visible, density),
    weight: normals(62, visible * hidden).map((x) => 0.1 * x),
    bias: normals(63, hidden),
  }),
  prepare: ({ batch, visible, hidden }, { states, weight, bias }) => {
    const v = tensor(Uint8Array.from(states as Float32Array), [batch, visible]);
    const w = tensor(weight as Float32Array, [visible, hidden]);
    const c = tensor(bias as Float32Array);
    const up = jit((k: Key, x: Tensor) => bernoulli(k, sigmoid(add(matMul(x, w), c))));
    let seed = 1;
    return {
      run: () => free(up(key(seed++), v)),
      quality: () => {
        const drawn = up(key(seed++), v);
        const average = scoped<Tensor>(() => mean(cast(drawn, 'float32')));
        const activation = { mean: readSync(average)[0] as number, error: 0 };
        free([drawn, average]);
        return { activation };
      },
      release: () => {
        up.clear();
        free([v, w, c]);
      },
    };
  },
  demand: ({ batch, visible, hidden, density }) => ({
    flops: batch * hidden * (visible * density + 20),
    words: batch * hidden,
  }),
  throughput: ({ batch, visible, hidden }) => ({
    unit: 'GFLOP/s (dense)',
    perRun: (2 * batch * visible * hidden) / 1e9,
  }),
  expected: (parameters, inputs) => ({ activation: expectedActivation(parameters, inputs) }),
});
