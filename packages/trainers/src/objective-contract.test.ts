import { bernoulli, key, reference, tensor } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeObjective } from '@ebmkit/test-kit';
import { smallRbm } from '../fixtures/small-rbm.js';
import { contrastiveDivergence, persistentContrastiveDivergence } from './index.js';

const machine = smallRbm(6, 4, 1);
const { kernel } = machine;
const setting = {
  params: () => machine.init(key(11)),
  batch: () =>
    tensor([
      [0, 0, 0, 0, 0, 1],
      [1, 1, 1, 0, 0, 0],
      [1, 1, 1, 1, 1, 1],
    ]),
  backends: [
    { name: 'reference', make: () => reference() },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
  ],
};

describeObjective('contrastiveDivergence', {
  ...setting,
  make: () => contrastiveDivergence(machine, { k: 2, kernel }),
});

describeObjective('persistentContrastiveDivergence', {
  ...setting,
  make: () =>
    persistentContrastiveDivergence(machine, { k: 2, kernel, start: (forStart) => bernoulli(forStart, 0.5, [5, 6]) }),
});
