import { bernoulli, deepBeliefNetwork, type RbmParameters } from '@ebmkit/boltzmann';
import { dense, sequential } from '@ebmkit/nn';
import { adam, sgd } from '@ebmkit/optim';
import {
  argMax,
  expandDims,
  fold,
  fromPlain,
  key,
  logSoftmax,
  readSync,
  sigmoid,
  squeeze,
  type Tensor,
  takeAlongAxis,
  tensor,
  uniform,
  useBackend,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { contrastiveDivergence, fit, logLoss, rowBatches } from '@ebmkit/trainers';
import { expect, it } from 'vitest';

await useBackend(wasm({ threads: 1 }));

/** Rows of 16 bits: one of four patterns of eight bits on, none of which a single bit tells, with a tenth of the bits turned. */
const patterns = [0x0ff0, 0xf00f, 0x3c3c, 0xc3c3];
const count = 400;
const noise = readSync(uniform(key(1), [count * 16]));
const labels = Int32Array.from({ length: count }, (_, row) => row % 4);
const rows = Uint8Array.from({ length: count * 16 }, (_, i) => {
  const bit = ((patterns[Math.floor(i / 16) % 4] as number) >> (i % 16)) & 1;
  return (noise[i] as number) < 0.1 ? 1 - bit : bit;
});

it('a classifier begins with the features of a deep belief network, and learns from there', async () => {
  const network = deepBeliefNetwork({ layers: [bernoulli(16), bernoulli(12), bernoulli(8)] });
  const images = rowBatches(rows, { eventShape: [16], batchSize: 40 });
  const stack: RbmParameters[] = [];
  for (const machine of network.greedy.machines) {
    const { params } = await fit(machine, {
      objective: contrastiveDivergence(machine, { kernel: machine.kernel }),
      optimiser: sgd({ learningRate: 0.2 }),
      data: network.greedy.batches(images, stack),
      epochs: 20,
      key: fold(key(2), stack.length),
    });
    stack.push(fromPlain(params));
  }
  const belief = network.greedy.compose(stack);

  const [first, second] = network.denseLayers(belief) as [
    { weight: Tensor; bias: Tensor },
    { weight: Tensor; bias: Tensor },
  ];
  const features = sequential([
    dense({ inputs: 16, outputs: 12 }),
    sigmoid,
    dense({ inputs: 12, outputs: 8 }),
    sigmoid,
  ]);
  const x = tensor(rows, [count, 16]);
  const wanted = readSync(network.transform(belief, x));
  readSync(features.apply([first, null, second, null], x)).forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(1e-6);
  });

  const output = dense({ inputs: 8, outputs: 4 });
  const classifier = sequential([features, output]);
  const start = [[first, null, second, null], output.init(key(3))] as const;
  type Params = ReturnType<typeof classifier.init>;
  const logProbability = (params: Params, { x: seen, label }: { readonly x: Tensor; readonly label: Tensor }): Tensor =>
    squeeze(takeAlongAxis(logSoftmax(classifier.apply(params, seen)), expandDims(label, 1)), 1);
  // Half of the rows to learn from, the others to be judged by.
  const half = count / 2;
  const { params } = await fit(
    { init: () => start },
    {
      objective: logLoss(logProbability),
      optimiser: adam({ learningRate: 0.02 }),
      data: {
        batchesPerEpoch: 1,
        batch: () => ({ x: tensor(rows.subarray(0, half * 16), [half, 16]), label: tensor(labels.subarray(0, half)) }),
      },
      epochs: 60,
      key: key(4),
      params: start,
    },
  );
  const right = (of: Params): number => {
    const found = readSync(argMax(classifier.apply(of, tensor(rows.subarray(half * 16), [half, 16])), 1));
    return found.filter((y, i) => y === labels[half + i]).length / half;
  };
  const learned = fromPlain(params);
  expect(right(start)).toBeLessThan(0.6);
  expect(right(learned)).toBeGreaterThan(0.9);
  // All layers were trained, those of the network too, and its own parameters stay as they were.
  expect(readSync(learned[0][0].weight)).not.toEqual(readSync(first.weight));
  expect(readSync(network.transform(belief, x))).toEqual(wanted);
});
