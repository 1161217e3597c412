import { describeDiscreteKernel } from '@ebmkit/test-kit';
import { backends } from '../../fixtures/both-backends.js';
import { onTarget } from '../../fixtures/discrete-suite.js';
import { repeat } from '../combinators/repeat.js';
import { gibbsWithGradients } from './gibbs-with-gradients.js';

describeDiscreteKernel('Gibbs with gradients, several times', {
  make: (target, times) => {
    const { energy, space } = onTarget(target);
    return repeat(gibbsWithGradients(energy, { space }), times);
  },
  stepSizes: [1, 3],
  warmup: 50,
  backends,
});
