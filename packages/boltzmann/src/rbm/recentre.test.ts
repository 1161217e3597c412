import {
  concat,
  grad,
  key,
  mean,
  memory,
  neg,
  normal,
  readSync,
  reference,
  reshape,
  softmax,
  sum,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  centred,
  classRbm,
  conditionalRbm,
  enumerateStates,
  exactLogZ,
  gaussian,
  rbm,
  recentre,
  spin,
  temporalRbm,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const plainMachine = rbm({ visible: bernoulli(4), hidden: spin(3) });
const machine = rbm({ visible: centred(bernoulli(4), 0.3), hidden: centred(spin(3), [-0.2, 0.1, 0.4]) });
const plain = () => tensorsFor(smallMachine(5, 4, 3));
const zero = () => ({ ...plain(), visibleOffset: tensor([0, 0, 0, 0]), hiddenOffset: tensor([0, 0, 0]) });
const [mu, lambda] = [
  [0.2, 0.6, 0.5, 0.9],
  [0.3, -0.1, -0.6],
];
const expectClose = (actual: Tensor, expected: Tensor) => {
  const want = readSync(expected);
  readSync(actual).forEach((x: number, i: number) => {
    expect(Math.abs(x - (want[i] as number))).toBeLessThan(1e-12);
  });
};

describe('recentre', () => {
  it('keeps every conditional, and every energy but for one constant', async () => {
    const params = recentre(machine, zero(), { visible: tensor(mu), hidden: tensor(lambda) });
    expect([...readSync(params.visibleOffset)]).toEqual(mu);
    expect([...readSync(params.hiddenOffset)]).toEqual(lambda);
    const states = enumerateStates(bernoulli(4));
    expectClose(machine.hiddenMean(params, states), plainMachine.hiddenMean(plain(), states));
    const hidden = enumerateStates(spin(3));
    expectClose(machine.visibleMean(params, hidden), plainMachine.visibleMean(plain(), hidden));
    const [found, wanted] = [
      readSync(machine.freeEnergy(params, states)),
      readSync(plainMachine.freeEnergy(plain(), states)),
    ];
    const constant = (found[0] as number) - (wanted[0] as number);
    expect(Math.abs(constant)).toBeGreaterThan(0.1);
    found.forEach((x, i) => {
      expect(Math.abs(x - (wanted[i] as number) - constant)).toBeLessThan(1e-12);
    });
    // Both sides of the Gray code, whose units have values of their own here.
    const logZ = await exactLogZ(plainMachine, plain());
    for (const side of ['visible', 'hidden'] as const)
      expect(Math.abs((await exactLogZ(machine, params, { side })) - logZ + constant)).toBeLessThan(1e-12);
  });

  it('moves one layer and keeps the other, and comes back', () => {
    const there = recentre(machine, zero(), { hidden: tensor(lambda) });
    expect([...readSync(there.visibleOffset)]).toEqual([0, 0, 0, 0]);
    const back = recentre(machine, there, { hidden: tensor([0, 0, 0]) });
    expectClose(back.visibleBias, plain().visibleBias);
    expectClose(back.hiddenBias, plain().hiddenBias);
  });

  it('works for layers whose statistic depends on parameters', () => {
    const real = rbm({ visible: centred(gaussian(4, { learnVariance: true }), 0), hidden: bernoulli(3) });
    const params = {
      ...plain(),
      visibleLogVariance: tensor([0.3, -0.2, 0.1, 0.5]),
      visibleOffset: tensor([0, 0, 0, 0]),
    };
    const x = normal(key(1), [5, 4]);
    const moved = recentre(real, params, { visible: tensor(mu) });
    expectClose(real.hiddenMean(moved, x), real.hiddenMean(params, x));
    expect([...readSync(moved.hiddenBias)]).not.toEqual([...readSync(params.hiddenBias)]);
  });

  it('keeps the law of a machine with labels', () => {
    const layers = { visible: centred(bernoulli(4), 0.3), hidden: centred(spin(3), 0) };
    const labelled = classRbm({ ...layers, classes: 3 });
    const labels = smallMachine(6, 3, 3);
    const before = { ...zero(), labelWeight: tensor(labels.weight), labelBias: tensor([0.3, -0.2, 0.7]) };
    const after = recentre(labelled, before, { visible: tensor(mu), hidden: tensor(lambda) });
    const every = enumerateStates(bernoulli(4));
    const states = {
      visible: concat([every, every, every]),
      label: tensor(Int32Array.from({ length: 48 }, (_, i) => Math.floor(i / 16))),
    };
    const lawOf = (params: typeof before) => softmax(neg(labelled.freeEnergy(params, states)));
    expectClose(lawOf(after), lawOf(before));
    expectClose(labelled.classProbabilities(after, every), labelled.classProbabilities(before, every));
    expect([...readSync(after.labelBias)]).not.toEqual([...readSync(before.labelBias)]);
    expect(after.labelWeight).toBe(before.labelWeight);
    const moved = recentre(labelled, before, { visible: tensor(mu) });
    expect(moved.labelBias).toBe(before.labelBias);
  });

  it('keeps the laws of machines that are given something, and of sequences', () => {
    const layers = { visible: centred(bernoulli(4), 0.3), hidden: centred(bernoulli(3), 0) };
    const before = {
      ...zero(),
      givenToVisible: tensor(smallMachine(7, 3, 4).weight),
      givenToHidden: tensor(smallMachine(8, 3, 3).weight),
      initial: tensor([0.2, -0.7, 0.4]),
    };
    const offsets = { visible: tensor(mu), hidden: tensor(lambda) };
    const driven = conditionalRbm({ ...layers, given: 3 });
    const after = recentre(driven, before, offsets);
    const visible = enumerateStates(bernoulli(4));
    const given = normal(key(2), [16, 3]);
    expectClose(driven.logProbability(after, { visible, given }), driven.logProbability(before, { visible, given }));
    const temporal = temporalRbm(layers);
    const sequences = reshape(visible, [4, 4, 4]);
    expectClose(
      temporal.logProbability(recentre(temporal.frame, before, offsets), sequences),
      temporal.logProbability(before, sequences),
    );
  });

  it('takes the mean out of the gradient of the weights, and has no gradient of its own', () => {
    const states = tensor([
      [1, 0, 1, 1],
      [0, 0, 1, 0],
      [1, 1, 1, 0],
    ]);
    const params = recentre(machine, zero(), { visible: mean(states, 0), hidden: tensor(lambda) });
    const slope = grad((p: typeof params) => sum(machine.freeEnergy(p, states)))(params);
    expect([...readSync(slope.visibleOffset), ...readSync(slope.hiddenOffset)]).toEqual(Array(7).fill(0));
    const hidden = readSync(machine.hiddenMean(params, states));
    const [rows, m] = [
      [1, 0, 1],
      [2 / 3, 1 / 3, 1, 1 / 3],
    ];
    const expected = rows.reduce(
      (total, v, n) => total - (v - (m[0] as number)) * ((hidden[3 * n] as number) - 0.3),
      0,
    );
    expect(readSync(slope.weight)[0]).toBeCloseTo(expected, 12);
  });

  it('leaves one tensor for each parameter that is new, and says what is wrong', () => {
    const [params, to] = [zero(), tensor(mu)];
    const before = memory().tensors;
    recentre(machine, params, { visible: to });
    expect(memory().tensors).toBe(before + 1);
    expect(() => recentre(machine, params, { visible: tensor([1]) })).toThrow(
      'recentre: expected a visible offset [4], got [1].',
    );
    expect(() => recentre(plainMachine, plain(), { hidden: tensor(lambda) })).toThrow(
      'the hidden layer has no offset of its own',
    );
  });
});
