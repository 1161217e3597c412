import { key, readSync, zeros } from '@ebmkit/tensor';
import { describeDiscreteKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { onTarget } from '../../fixtures/discrete-suite.js';
import { threeSites } from '../../fixtures/tiny-discrete.js';
import { randomScanGibbs, systematicScanGibbs } from './single-site-gibbs.js';

describeDiscreteKernel('random-scan Gibbs', {
  make: (target, sites) => {
    const { energy, space } = onTarget(target);
    return randomScanGibbs(energy, { space, sites });
  },
  stepSizes: [2, 4],
  backends,
});

describeDiscreteKernel('Gibbs over distinct sites in random order', {
  make: (target, sites) => {
    const { energy, space } = onTarget(target);
    return randomScanGibbs(energy, { space, sites, distinct: true });
  },
  stepSizes: [2, 5],
  backends,
});

describeDiscreteKernel('systematic-scan Gibbs', {
  make: (target, sites) => {
    const { energy, space } = onTarget(target);
    return systematicScanGibbs(energy, { space, sites });
  },
  stepSizes: [3, 5],
  backends,
});

describe('single-site Gibbs sampling', () => {
  const { energy, space } = threeSites('binary', 0);

  test('in order visits one site after the other', () => {
    const kernel = systematicScanGibbs(energy, { space, sites: 2 });
    let state = kernel.init(zeros([400, 3], 'bool'), key(0));
    for (const [step, still] of [
      [0, [2]],
      [1, [1]],
      [2, [0]],
    ] as const) {
      const before = readSync(state.position);
      state = kernel.step(key(step), state).state;
      const after = readSync(state.position);
      for (let site = 0; site < 3; site++) {
        const changed = Array.from({ length: 400 }, (_, n) => after[3 * n + site] !== before[3 * n + site]);
        expect(changed.some(Boolean)).toBe(!(still as readonly number[]).includes(site));
      }
    }
    expect(Array.from(readSync(state.next)).every((next) => next === 0)).toBe(true);
  });

  test('refuses counts of sites that cannot work', () => {
    expect(() => randomScanGibbs(energy, { space, sites: 0 })).toThrow(
      /randomScanGibbs: sites must be a whole number of at least 1, got 0/,
    );
    expect(() => systematicScanGibbs(energy, { space, sites: 1.5 })).toThrow(/systematicScanGibbs: sites must be/);
    const kernel = randomScanGibbs(energy, { space, sites: 4, distinct: true });
    expect(() => kernel.init(zeros([2, 3], 'bool'), key(0))).toThrow(
      /a state here has 3 sites, so 4 cannot be distinct/,
    );
  });
});
