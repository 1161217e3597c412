import { jit, key, readSync, tensor, zeros } from '@ebmkit/tensor';
import { describeDiscreteKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { onTarget } from '../../fixtures/discrete-suite.js';
import { threeSites } from '../../fixtures/tiny-discrete.js';
import { discreteLangevin } from './discrete-langevin.js';

describeDiscreteKernel('the adjusted discrete Langevin sampler', {
  make: (target, stepSize) => {
    const { energy, space } = onTarget(target);
    return discreteLangevin(energy, { space, stepSize });
  },
  stepSizes: [0.4, 0.8],
  stepSizesOf: { spins: [1.2, 2], categories: [0.5, 1] },
  backends,
});

describe('discreteLangevin', () => {
  const { energy, space } = threeSites('binary', 0.3);

  test('takes step sizes as tensors, also traced', () => {
    const start = zeros([50, 3], 'bool');
    const positionAfter = jit((k: ReturnType<typeof key>, stepSize: ReturnType<typeof tensor>) => {
      const kernel = discreteLangevin(energy, { space, stepSize });
      return kernel.step(k, kernel.init(start, k)).state.position;
    });
    const number = discreteLangevin(energy, { space, stepSize: 0.5 });
    const { position } = number.step(key(3), number.init(start, key(0))).state;
    expect(Array.from(readSync(positionAfter(key(3), tensor(0.5))))).toEqual(Array.from(readSync(position)));
    expect(Array.from(readSync(positionAfter(key(3), tensor(50))))).not.toEqual(Array.from(readSync(position)));
  });

  test('unadjusted, takes every move', () => {
    const kernel = discreteLangevin(energy, { space, stepSize: 5, adjusted: false });
    const { info } = kernel.step(key(1), kernel.init(zeros([50, 3], 'bool'), key(0)));
    expect(Array.from(readSync(info.accepted))).toEqual(new Array(50).fill(1));
    expect(Array.from(readSync(info.acceptanceProbability))).toEqual(new Array(50).fill(1));
    const adjusted = discreteLangevin(energy, { space, stepSize: 5 });
    const tested = adjusted.step(key(1), adjusted.init(zeros([50, 3], 'bool'), key(0))).info;
    expect(readSync(tested.accepted).some((accepted) => !accepted)).toBe(true);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the step size %d', (stepSize) => {
    expect(() => discreteLangevin(energy, { space, stepSize })).toThrow(
      /discreteLangevin: stepSize must be a positive/,
    );
  });
});
