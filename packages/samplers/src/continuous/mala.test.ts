import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeContinuousKernel } from '@ebmkit/test-kit';
import { mala } from './mala.js';

describeContinuousKernel('MALA', {
  make: (target, stepSize) => mala(target, { stepSize }),
  stepSizes: [0.15, 0.35],
  stepSizesOf: { correlated: [0.1, 0.25], image: [0.06, 0.1] },
  steps: 800,
  backends: [
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
  ],
});
