import { linearSchedule, sgd } from '@ebmkit/optim';
import { key, memory, reference, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { smallRbm } from '../fixtures/small-rbm.js';
import { train } from '../fixtures/training-run.js';
import { contrastiveDivergence, fit, rowBatches } from './index.js';

const machine = smallRbm(4, 4, 0.1);
const rows = Uint8Array.from(Array.from({ length: 80 }, (_, i) => (i % 2 ? [1, 1, 0, 0] : [0, 0, 1, 1])).flat());
const options = {
  objective: contrastiveDivergence(machine, { k: 3, kernel: machine.kernel }),
  optimiser: sgd({ learningRate: linearSchedule({ from: 0.3, to: 0, steps: 160 }) }),
  data: rowBatches(rows, { eventShape: [4], batchSize: 20 }),
  epochs: 40,
  key: key(3),
};

beforeAll(async () => {
  await useBackend(tfjs('wasm'));
});
afterAll(async () => {
  await useBackend(reference());
});

it('trains on TensorFlow.js wasm as on the reference backend, and leaves nothing behind', async () => {
  const before = memory();
  const wasm = await fit(machine, options);
  expect(memory()).toEqual(before);
  await useBackend(reference());
  const plain = await fit(machine, options);
  await useBackend(tfjs('wasm'));
  const [a, b] = [wasm.params.weights.data, plain.params.weights.data];
  a.forEach((value, i) => {
    expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-4);
  });
  expect(wasm.history.length).toBe(plain.history.length);
  expect(wasm.history.at(-1)?.metrics.reconstruction).toBeCloseTo(
    plain.history.at(-1)?.metrics.reconstruction ?? -1,
    5,
  );
});

it('resumes bit for bit on wasm', async () => {
  const whole = await train(4);
  const half = await train(2);
  expect((await train(4, { resume: half.saved })).saved.state).toEqual(whole.saved.state);
});
