import {
  grad,
  jit,
  type Key,
  key,
  normal,
  readSync,
  reference,
  softmax as softmaxOf,
  sum,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  classRbm,
  conditionalRbm,
  convolutionalRbm,
  deepBoltzmannMachine,
  dropConnect,
  dropout,
  rbm,
  temporalRbm,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const [V, H] = [20, 300];
const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
const rate = 0.3;
const params = () => tensorsFor(smallMachine(5, V, H));
/** By what each weight is multiplied. */
const factorsOf = (perturb: ReturnType<typeof dropout<ReturnType<typeof params>>>, seed: number) => {
  const before = params();
  const after = readSync(perturb(key(seed), before).weight);
  return Array.from(readSync(before.weight), (w, i) => (after[i] as number) / w);
};
const isOneOf = (x: number) => x === 0 || Math.abs(x - 1 / (1 - rate)) < 1e-12;

describe('dropout', () => {
  it('drops whole units, each with its rate, and divides the others by the rate of keeping', () => {
    const factors = factorsOf(dropout(machine, { rate }), 1);
    expect(factors.every(isOneOf)).toBe(true);
    const first = factors.slice(0, H);
    for (let i = 1; i < V; i++)
      expect(factors.slice(i * H, (i + 1) * H).map((x) => x > 0)).toEqual(first.map((x) => x > 0));
    const dropped = first.filter((x) => x === 0).length;
    expect(Math.abs(dropped - rate * H)).toBeLessThan(5 * Math.sqrt(H * rate * (1 - rate)));
    expect(factorsOf(dropout(machine, { rate }), 2)).not.toEqual(factors);
  });

  it('parts a dropped unit from the data: only its own bias and the kept units are left in the free energy', () => {
    const small = rbm({ visible: bernoulli(4), hidden: bernoulli(3) });
    const own = tensorsFor(smallMachine(6, 4, 3));
    const perturb = dropout(small, { rate: 0.5 });
    const states = tensor([[1, 0, 1, 1]]);
    const slope = grad((p: typeof own) => sum(small.freeEnergy(perturb(key(3), p), states)))(own);
    const kept = [...readSync(perturb(key(3), own).weight)].slice(0, 3).map((w) => w !== 0);
    expect(new Set(kept).size).toBe(2);
    const slopes = [...readSync(slope.weight)].slice(0, 3);
    expect(slopes.map((x) => x !== 0)).toEqual(kept);
    expect(readSync(perturb(key(3), own).hiddenBias)).toEqual(readSync(own.hiddenBias));
  });

  it('with rate 0 changes nothing, and is the same when compiled', () => {
    const own = params();
    expect(readSync(dropout(machine, { rate: 0 })(key(1), own).weight)).toEqual(readSync(own.weight));
    const perturb = dropConnect(machine, { rate });
    expect(readSync(jit(perturb)(key(1), own).weight)).toEqual(readSync(perturb(key(1), own).weight));
    expect(() => dropout(machine, { rate: 1 })).toThrow('dropout: rate must be at least 0 and below 1, got 1.');
  });
});

describe('dropConnect', () => {
  it('drops weights one by one', () => {
    const factors = factorsOf(dropConnect(machine, { rate }), 1);
    expect(factors.every(isOneOf)).toBe(true);
    const dropped = factors.filter((x) => x === 0).length;
    expect(Math.abs(dropped - rate * V * H)).toBeLessThan(5 * Math.sqrt(V * H * rate * (1 - rate)));
    const ofUnits = Array.from({ length: H }, (_, j) => factors.filter((x, i) => i % H === j && x === 0).length);
    expect(ofUnits.every((n) => n > 0 && n < V)).toBe(true);
  });
});

describe('machines with more weights than one', () => {
  const filled = <P extends object>(params: P, seed: number): P =>
    Object.fromEntries(
      Object.entries(params).map(([name, x], i) => [name, normal(key(seed + i), (x as Tensor).shape)]),
    ) as P;

  it('lose the label with the hidden units: all dropped, only label biases are left', () => {
    const labelled = classRbm({ visible: bernoulli(4), classes: 3, hidden: bernoulli(5) });
    const own = filled(labelled.init(key(1)), 10);
    const none = dropout(labelled, { rate: 1 - 1e-12 })(key(2), own);
    const probabilities = readSync(labelled.classProbabilities(none, tensor([[1, 0, 1, 1]])));
    expect([...probabilities].map((p) => p.toFixed(12))).toEqual(
      [...readSync(softmaxOf(own.labelBias))].map((p) => p.toFixed(12)),
    );
    expect([...readSync(dropConnect(labelled, { rate: 0.5 })(key(2), own).labelWeight)]).toContain(0);
  });

  it('drop the same columns of all of them', () => {
    const driven = conditionalRbm({ visible: bernoulli(5), hidden: bernoulli(5), given: 2 });
    const own = filled(driven.init(key(1)), 20);
    const dropped = dropout(driven, { rate: 0.5 })(key(3), own);
    const columns = (x: Tensor) => [...readSync(x)].slice(0, 5).map((w) => w !== 0);
    expect(new Set(columns(dropped.weight)).size).toBe(2);
    expect(columns(dropped.givenToHidden)).toEqual(columns(dropped.weight));
    expect(readSync(dropped.givenToVisible)).toEqual(readSync(own.givenToVisible));
    const single = dropConnect(driven, { rate: 0.5 })(key(3), own);
    expect([...readSync(single.givenToVisible)]).toContain(0);
    expect(columns(single.givenToHidden)).not.toEqual(columns(single.weight));
  });

  it('are also those of a temporal machine, which keeps its type', () => {
    const temporal = temporalRbm({ visible: bernoulli(5), hidden: bernoulli(5) });
    const own = filled(temporal.init(key(1)), 30);
    const perturb: (seed: Key, params: typeof own) => typeof own = dropout(temporal, { rate: 0.5 });
    const dropped = perturb(key(3), own);
    const columns = (x: Tensor) => [...readSync(x)].slice(0, 5).map((w) => w !== 0);
    expect(new Set(columns(dropped.weight)).size).toBe(2);
    expect(columns(dropped.givenToHidden)).toEqual(columns(dropped.weight));
    // Whatever came before, the memory of a dropped unit is that of its bias.
    const [one, other] = [tensor([0, 1, 0, 1, 1], [1, 1, 5]), tensor([1, 0, 0, 0, 1], [1, 1, 5])];
    const [a, b] = [one, other].map((x) => [...readSync(temporal.hiddenMean(dropped, x))]);
    expect(a?.map((x, j) => x !== b?.[j])).toEqual(columns(dropped.weight));
    expect([...readSync(dropConnect(temporal, { rate: 0.5 })(key(3), own).givenToVisible)]).toContain(0);
  });

  it('are the filters of a convolutional machine, each as a whole', () => {
    const filters = 4;
    const image = convolutionalRbm({ visible: bernoulli(2), size: [4, 4], filters, filterSize: [2, 3] });
    const own = filled(image.init(key(1)), 40);
    const after = [...readSync(dropout(image, { rate: 0.5 })(key(4), own).weight)];
    const factors = [...readSync(own.weight)].map((w, i) => (after[i] as number) / w);
    const first = factors.slice(0, filters).map(Math.round);
    expect([...new Set(first)].sort()).toEqual([0, 2]);
    expect(factors.map(Math.round)).toEqual(factors.map((_, i) => first[i % filters]));
    const single = [...readSync(dropConnect(image, { rate: 0.5 })(key(2), own).weight)].map((w) => w !== 0);
    expect(single).not.toEqual(single.map((_, i) => single[i % filters]));
  });

  it('are not those of a deep machine, which has no such weights', () => {
    const deep = deepBoltzmannMachine({ layers: [bernoulli(3), bernoulli(2), bernoulli(2)] });
    const params = deep.init(key(1));
    expect(() => dropout(deep as never, { rate: 0.5 })(key(1), params as never)).toThrow(
      'dropout: expected parameters with a weight, got weights, visible, hidden. Use it for the machines of a deep one, one by one.',
    );
    expect(() => dropConnect(deep as never, { rate: 0.5 })(key(1), params as never)).toThrow('dropConnect: expected');
  });
});
