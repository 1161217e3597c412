import { clamp } from '@ebmkit/energy';
import {
  add,
  broadcastTo,
  cast,
  categorical,
  full,
  gather,
  greater,
  key,
  less,
  log,
  mul,
  readSync,
  split,
  sub,
  sum,
  sumEvent,
  type Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from '@ebmkit/tensor';
import { describeDiscreteKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { onTarget } from '../../fixtures/discrete-suite.js';
import { threeSites } from '../../fixtures/tiny-discrete.js';
import { type DiscreteMetropolisOptions, discreteMetropolis } from './discrete-metropolis.js';
import type { StateSpace } from './state-space.js';

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

/** Weights of values that no target has. */
const oddWeights = { 2: [0.35, 0.65], 3: [0.2, 0.5, 0.3] } as const;

/** Draws each site anew with a probability, with weights of its own: what stays cancels in the ratio. */
function redraw({ kind, values }: StateSpace, share: number): NonNullable<DiscreteMetropolisOptions['propose']> {
  const weights = log(tensor([...oddWeights[values as 2 | 3]]));
  const codeOf = (x: Tensor): Tensor => cast(kind === 'spin' ? greater(x, 0) : x, 'int32');
  const stateOf = { binary: (code: Tensor) => cast(code, 'bool'), spin: spinsOf, categorical: (code: Tensor) => code };
  return (k, x) => {
    const [siteKey, valueKey] = split(k, 2);
    const fresh = stateOf[kind](categorical(valueKey, broadcastTo(weights, [...x.shape, values])));
    const position = where(less(uniform(siteKey, x.shape), share), fresh, x);
    const logOf = (state: Tensor): Tensor => sumEvent(gather(weights, codeOf(state)));
    return { position, logRatio: sub(logOf(x), logOf(position)) };
  };
}

const spinsOf = (code: Tensor): Tensor => sub(mul(cast(code, 'float32'), 2), 1);

describeDiscreteKernel('Metropolis with a proposal that is not symmetric', {
  make: (discrete, share) => {
    const on = onTarget(discrete);
    return discreteMetropolis(on.energy, { space: on.space, propose: (k, x) => redraw(on.space, share)(k, x) });
  },
  stepSizes: [0.2, 0.4],
  steps: 250,
  backends,
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
