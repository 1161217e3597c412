import { blockUntilReady, jit, nn, numpy as np, random } from '@jax-js/jax';
import type { Inputs, Parameters, Prepared } from './workload.js';

type Matrix = np.Array;
type Machine = [Matrix, Matrix, Matrix];

const numberOf = (parameters: Parameters, name: string): number => parameters[name] as number;

/** The hidden layer drawn given bits. */
export function upPass(parameters: Parameters, { states, weight, bias }: Inputs): Prepared {
  const [batch, visible, hidden] = [
    numberOf(parameters, 'batch'),
    numberOf(parameters, 'visible'),
    numberOf(parameters, 'hidden'),
  ];
  const v = np.array(states as Float32Array).reshape([batch, visible]);
  const w = np.array(weight as Float32Array).reshape([visible, hidden]);
  const c = np.array(bias as Float32Array);
  const up = jit((key: Matrix, x: Matrix, weights: Matrix, biases: Matrix) =>
    random.bernoulli(key, nn.sigmoid(np.matmul(x, weights).add(biases)), [batch, hidden]),
  );
  let seed = 1;
  const draw = () => blockUntilReady(up(random.key(seed++), v.ref, w.ref, c.ref));
  return {
    run: async () => (await draw()).dispose(),
    quality: async () => {
      const bits = Array.from(await (await draw()).astype(np.float32).data(), Number);
      return { activation: { mean: bits.reduce((a, b) => a + b) / bits.length, error: 0 } };
    },
    release: () => {
      up.dispose();
      for (const held of [v, w, c]) held.dispose();
    },
  };
}

const learn =
  (rate: number) => (key: Matrix, states: Matrix, weight: Matrix, visibleBias: Matrix, hiddenBias: Matrix) => {
    const up = (v: Matrix): Matrix => nn.sigmoid(np.matmul(v, weight.ref).add(hiddenBias.ref));
    const keys = random.split(key, 2);
    const mean = up(states.ref);
    const hidden = random.bernoulli(keys.ref.slice(0), mean.ref, mean.shape).astype(np.float32);
    const back = nn.sigmoid(np.matmul(hidden, np.transpose(weight.ref)).add(visibleBias.ref));
    const fantasy = random.bernoulli(keys.slice(1), back, states.shape).astype(np.float32);
    const fantasyMean = up(fantasy.ref);
    const change = np
      .matmul(np.transpose(states.ref), mean.ref)
      .sub(np.matmul(np.transpose(fantasy.ref), fantasyMean.ref));
    return [
      weight.add(change.mul(rate)),
      visibleBias.add(states.sub(fantasy).sum(0).mul(rate)),
      hiddenBias.add(mean.sub(fantasyMean).sum(0).mul(rate)),
    ] as Machine;
  };

/** One pass of contrastive divergence over some batches. */
export function contrastiveDivergence(parameters: Parameters, { images, weight }: Inputs): Prepared {
  const [batches, batch, visible, hidden] = [
    numberOf(parameters, 'batches'),
    numberOf(parameters, 'batch'),
    numberOf(parameters, 'visible'),
    numberOf(parameters, 'hidden'),
  ];
  const size = batch * visible;
  const rows = Array.from({ length: batches }, (_, i) =>
    np.array((images as Float32Array).slice(i * size, (i + 1) * size)).reshape([batch, visible]),
  );
  const start = np.array(weight as Float32Array).reshape([visible, hidden]);
  const step = jit(learn(0.05 / batch));
  let seed = 1;
  const train = async (): Promise<Machine> => {
    let machine: Machine = [start.ref, np.zeros([visible]), np.zeros([hidden])];
    for (const states of rows) machine = step(random.key(seed++), states.ref, ...machine);
    return blockUntilReady(machine);
  };
  return {
    run: async () => {
      for (const part of await train()) part.dispose();
    },
    quality: async () => {
      const [w, b, c] = await train();
      let error = 0;
      for (const states of rows.slice(0, 10)) {
        const mean = nn.sigmoid(np.matmul(states.ref, w.ref).add(c.ref));
        const difference = states.ref.sub(nn.sigmoid(np.matmul(mean, np.transpose(w.ref)).add(b.ref)));
        error += Number((await difference.ref.mul(difference).mean().data())[0]) / Math.min(10, batches);
      }
      for (const part of [w, b, c]) part.dispose();
      return { reconstruction: { mean: error, error: 0 } };
    },
    release: () => {
      step.dispose();
      for (const held of [...rows, start]) held.dispose();
    },
  };
}
