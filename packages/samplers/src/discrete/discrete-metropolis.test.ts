import { clamp } from '@ebmkit/energy';
import {
  add,
  cast,
  full,
  gather,
  key,
  less,
  mul,
  readSync,
  sum,
  type Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from '@ebmkit/tensor';
import { describeDiscreteKernel, describeKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { backends, onTarget } from '../../fixtures/discrete-suite.js';
import { probabilitiesOf, threeSites } from '../../fixtures/tiny-discrete.js';
import { type DiscreteMetropolisOptions, discreteMetropolis } from './discrete-metropolis.js';

describeDiscreteKernel('Metropolis on discrete states', {
  make: (target, sites) => {
    const { energy, space } = onTarget(target);
    return discreteMetropolis(energy, { space, sites });
  },
  stepSizes: [1, 3],
  steps: 250,
  backends,
});

const target = threeSites('binary', 0.3);
const { energy, space } = target;

/** Proposes independent bits that are true with probability 0.7. */
const biasedBits: NonNullable<DiscreteMetropolisOptions['propose']> = (k, x) => {
  const position = less(uniform(k, x.shape), 0.7);
  const log = (bits: Tensor): Tensor => sum(where(bits, Math.log(0.7), Math.log(0.3)), 1);
  return { position, logRatio: add(log(x), mul(log(position), -1)) };
};

const indicators = (x: Tensor): Tensor => {
  const code = sum(mul(cast(x, 'int32'), tensor(new Int32Array([1, 2, 4]))), 1);
  return gather(
    cast(
      tensor(Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (__, j) => (i === j ? 1 : 0)))),
      'float32',
    ),
    code,
  );
};

describeKernel('Metropolis with a proposal that is not symmetric', {
  make: () => discreteMetropolis(energy, { space, propose: biasedBits }),
  start: () => zeros([64, 3], 'bool'),
  statistics: indicators,
  expected: probabilitiesOf(target),
  steps: 200,
  warmup: 50,
  broken: () => ({
    kernel: discreteMetropolis(
      { energy: (x) => where(cast(sum(cast(x, 'float32'), 1), 'bool'), Number.NaN, 0), support: 'discrete' },
      { space, propose: (_, x) => ({ position: x }) },
    ),
    start: tensor([
      [false, false, false],
      [true, false, true],
    ]),
    diverges: [false, true],
  }),
});

describe('discreteMetropolis', () => {
  test('refuses proposals of its user that would move what is fixed', () => {
    const fixed = clamp(energy, tensor([false, true, false]), full([], 1, 'bool'));
    const kernel = discreteMetropolis(fixed, { space, propose: biasedBits });
    const start = kernel.init(zeros([300, 3], 'bool'), key(0));
    const { state, info } = kernel.step(key(1), start);
    const [position, probability] = [readSync(state.position), readSync(info.acceptanceProbability)];
    for (let n = 0; n < 300; n++) expect(position[3 * n + 1]).toBe(1);
    const refused = probability.filter((p) => p === 0).length;
    expect(Math.abs(refused / 300 - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 300));
    expect(readSync(info.diverged).some(Boolean)).toBe(false);
  });

  test('refuses options that cannot work', () => {
    expect(() => discreteMetropolis(energy, { space, sites: 2 })).toThrow(/sites must be odd for binary states, got 2/);
    expect(() => discreteMetropolis(energy, { space, sites: 1, propose: biasedBits })).toThrow(
      /sites or propose, got both/,
    );
    expect(() => discreteMetropolis(energy, { space, sites: 5 }).init(zeros([2, 3], 'bool'), key(0))).toThrow(
      /has 3 sites, so 5 cannot be changed/,
    );
    const wrong = discreteMetropolis(energy, { space, propose: () => ({ position: zeros([2, 2], 'bool') }) });
    expect(() => wrong.step(key(1), wrong.init(zeros([2, 3], 'bool'), key(0)))).toThrow(
      /propose must give states \[2, 3\]/,
    );
  });
});
