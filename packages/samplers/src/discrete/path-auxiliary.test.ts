import { key, zeros } from '@ebmkit/tensor';
import { describeDiscreteKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { onTarget } from '../../fixtures/discrete-suite.js';
import { threeSites } from '../../fixtures/tiny-discrete.js';
import { pathAuxiliary } from './path-auxiliary.js';

describeDiscreteKernel('the fast path-auxiliary sampler', {
  make: (target, most) => {
    const { energy, space } = onTarget(target);
    return pathAuxiliary(energy, { space, pathLength: [1, most] });
  },
  stepSizes: [3, 5],
  backends,
});

describeDiscreteKernel('the path-auxiliary sampler with all gradients', {
  make: (target, most) => {
    const { energy, space } = onTarget(target);
    return pathAuxiliary(energy, { space, pathLength: [1, most], fast: false });
  },
  stepSizes: [2, 3],
  backends,
});

describe('pathAuxiliary', () => {
  const { energy, space } = threeSites('binary', 0);

  test('refuses path lengths that cannot work', () => {
    const make = (pathLength: number | [number, number]) => () => pathAuxiliary(energy, { space, pathLength });
    expect(make(2)).toThrow(/must be odd for binary states, got 2.*Give \[1, 2\] or an odd number/);
    expect(make([3, 1])).toThrow(/pathLength must be \[least, most\], got \[3, 1\]/);
    expect(make(0)).toThrow(/the least pathLength must be a whole number of at least 1, got 0/);
    expect(make([1, 2.5])).toThrow(/the most pathLength must be a whole number of at least 1, got 2.5/);
    expect(() => make(5)().init(zeros([4, 3], 'bool'), key(0))).toThrow(/can have at most 3 changes here/);
    const slow = pathAuxiliary(energy, { space, pathLength: 5, fast: false });
    expect(() => slow.init(zeros([4, 3], 'bool'), key(0))).not.toThrow();
  });
});
