import { EbmError, key, reference, ShapeError, tensor, useBackend, zeros } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { bernoulli, classRbm, conditionalRbm, temporalRbm } from '../index.js';

beforeAll(() => useBackend(reference()));

describe('what is given beside states', () => {
  const states = () => zeros([3, 4]);

  it('is one label for each state', () => {
    const machine = classRbm({ visible: bernoulli(4), classes: 2, hidden: bernoulli(3) });
    const params = machine.init(key(1));
    const two = { visible: states(), label: tensor(Int32Array.from([0, 1])) };
    const message =
      'classRbm: expected what is given (labels, frames) for 1 row or for each of the 3 rows of states, got 2 rows.';
    expect(() => machine.energy(params, two)).toThrow(new ShapeError(`${message} Give one for each state.`));
    expect(() => machine.hiddenMean(params, two)).toThrow(message);
    expect(() => machine.logProbability(params, two)).toThrow(
      'classRbm: expected 3 labels, one for each state, got 2.',
    );
  });

  it('is one row for each state, or one for all', () => {
    const machine = conditionalRbm({ visible: bernoulli(4), hidden: bernoulli(3), given: 2 });
    const params = machine.init(key(1));
    expect(machine.energy(params, { visible: states(), given: zeros([1, 2]) }).shape).toEqual([3]);
    expect(() => machine.energy(params, { visible: states(), given: zeros([2, 2]) })).toThrow(
      'conditionalRbm: expected what is given (labels, frames) for 1 row or for each of the 3 rows of states, got 2 rows.',
    );
    expect(() => machine.visibleMean(params, { hidden: zeros([3, 3]), given: zeros([2, 2]) })).toThrow(ShapeError);
  });
});

describe('temporalRbm', () => {
  it('without hidden units is an EbmError', () => {
    expect(() => temporalRbm({ visible: bernoulli(3) } as never)).toThrow(EbmError);
    expect(() => temporalRbm({ visible: bernoulli(3) } as never)).toThrow(
      'temporalRbm: hidden: expected units such as bernoulli(784), got undefined.',
    );
  });
});
