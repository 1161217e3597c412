import { linearSchedule, sgd } from '@ebmkit/optim';
import { type Backend, key, memory, reference, useBackend } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

afterAll(async () => {
  await useBackend(reference());
});

describe.each([
  ['TensorFlow.js wasm', () => tfjs('wasm')],
  ['the compiled backend', () => wasm({ threads: 1 })],
])('on %s', (_, make) => {
  const made: { backend?: Backend } = {};
  beforeAll(async () => {
    made.backend = await make();
  });
  beforeEach(async () => {
    await useBackend(made.backend as Backend);
  });

  it('trains as on the reference backend, and leaves nothing behind', async () => {
    const before = memory();
    const fast = await fit(machine, options);
    expect(memory()).toEqual(before);
    await useBackend(reference());
    const plain = await fit(machine, options);
    const [a, b] = [fast.params.weights.data, plain.params.weights.data];
    a.forEach((value, i) => {
      expect(Math.abs(value - (b[i] as number))).toBeLessThan(1e-4);
    });
    expect(fast.history.length).toBe(plain.history.length);
    expect(fast.history.at(-1)?.metrics.reconstruction).toBeCloseTo(
      plain.history.at(-1)?.metrics.reconstruction ?? -1,
      5,
    );
  });

  it('resumes bit for bit', async () => {
    const whole = await train(4);
    const half = await train(2);
    expect((await train(4, { resume: half.saved })).saved.state).toEqual(whole.saved.state);
  });
});
