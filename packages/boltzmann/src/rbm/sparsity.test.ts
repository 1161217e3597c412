import { grad, jit, key, readSync, reference, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, convolutionalRbm, rbm, relu, softmax, sparsity, spin, temporalRbm } from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const machine = rbm({ visible: bernoulli(4), hidden: bernoulli(3) });
const params = () => tensorsFor(smallMachine(5, 4, 3));
const batch = () =>
  tensor([
    [1, 0, 1, 1],
    [0, 0, 1, 0],
    [1, 1, 1, 0],
  ]);

describe('sparsity', () => {
  it('is the cross-entropy between target and mean activity, summed over hidden units', () => {
    const means = readSync(machine.hiddenMean(params(), batch()));
    const activities = [0, 1, 2].map(
      (j) => ((means[j] as number) + (means[3 + j] as number) + (means[6 + j] as number)) / 3,
    );
    const expected = activities.reduce((total, q) => total - 0.1 * Math.log(q) - 0.9 * Math.log(1 - q), 0);
    const penalty = sparsity(machine, { target: 0.1, cost: 2.5 });
    expect(readSync(penalty(params(), batch()))[0]).toBeCloseTo(2.5 * expected, 12);
    expect([...readSync(jit(penalty)(params(), batch()))]).toEqual([...readSync(penalty(params(), batch()))]);
  });

  it('pulls the input of a unit by activity minus target when all rows are alike', () => {
    const same = tensor([
      [1, 0, 1, 1],
      [1, 0, 1, 1],
    ]);
    const slope = grad((p: ReturnType<typeof params>) => sparsity(machine, { target: 0.1, cost: 1 })(p, same))(
      params(),
    );
    const means = readSync(machine.hiddenMean(params(), same));
    [...readSync(slope.hiddenBias)].forEach((x, j) => {
      expect(x).toBeCloseTo((means[j] as number) - 0.1, 12);
    });
  });

  it('takes units whose means are probabilities, and no others', () => {
    expect(sparsity(rbm({ visible: bernoulli(4), hidden: softmax(3) }), { target: 0.1, cost: 1 })).toBeTypeOf(
      'function',
    );
    const of = (hidden: never) => () => sparsity(rbm({ visible: bernoulli(4), hidden }), { target: 0.1, cost: 1 });
    expect(of(spin(3) as never)).toThrow('sparsity: expected hidden units of 0 and 1, got spin units.');
    expect(of(relu(3) as never)).toThrow('got relu units. Use bernoulli or softmax units.');
    expect(() => sparsity(machine, { target: 1, cost: 1 })).toThrow('target must be above 0 and below 1, got 1.');
    expect(() => sparsity(machine, { target: 0.1, cost: -1 })).toThrow(
      'cost must be a finite number of at least 0, got -1.',
    );
  });
});

describe('sparsity of a convolutional machine', () => {
  it('takes the activity of a filter over all places and rows', () => {
    const image = convolutionalRbm({ visible: bernoulli(1), size: [3, 3], filters: 2, filterSize: [2, 2] });
    const own = { ...image.init(key(1)), hiddenBias: tensor([0.4, -1]) };
    const images = tensor([1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 0], [2, 3, 3, 1]);
    const means = Array.from(readSync(image.hiddenMean(own, images)));
    const expected = [0, 1].reduce((total, filter) => {
      const q = means.filter((_, i) => i % 2 === filter).reduce((a, b) => a + b) / 8;
      return total - 0.1 * Math.log(q) - 0.9 * Math.log(1 - q);
    }, 0);
    expect(readSync(sparsity(image, { target: 0.1, cost: 2 })(own, images))[0]).toBeCloseTo(2 * expected, 12);
  });
});

describe('sparsity of a temporal machine', () => {
  it('takes the activity of a unit over all frames and sequences', () => {
    const temporal = temporalRbm({ visible: bernoulli(2), hidden: bernoulli(2) });
    const own = {
      ...temporal.init(key(1)),
      weight: tensor([
        [1, -1],
        [0.5, 2],
      ]),
      hiddenBias: tensor([0.4, -1]),
      initial: tensor([9, 9]),
    };
    const sequences = tensor([1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1], [2, 3, 2]);
    // The memory begins with what the first frame is given, which is no activity.
    const memory = Array.from(readSync(temporal.memory(own, sequences)));
    const means = memory.filter((_, i) => i % 8 >= 2);
    const expected = [0, 1].reduce((total, unit) => {
      const q = means.filter((_, i) => i % 2 === unit).reduce((a, b) => a + b) / 6;
      return total - 0.2 * Math.log(q) - 0.8 * Math.log(1 - q);
    }, 0);
    expect(Array.from(readSync(temporal.hiddenMean(own, sequences)))).toEqual(means);
    expect(readSync(sparsity(temporal, { target: 0.2, cost: 3 })(own, sequences))[0]).toBeCloseTo(3 * expected, 12);
    expect(() => sparsity(temporalRbm({ visible: bernoulli(2), hidden: spin(2) }), { target: 0.2, cost: 3 })).toThrow(
      'sparsity: expected hidden units of 0 and 1, got spin units.',
    );
  });
});
