import { grad, jit, key, readSync, reference, sum, type Tensor, tensor, useBackend, zeros } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  bernoulli,
  centred,
  count,
  estimateLogZ,
  exactLogZ,
  gaussian,
  mixed,
  rbm,
  relu,
  replicatedSoftmax,
  softmax,
  spin,
  type Units,
} from '../index.js';

const all: Readonly<Record<string, unknown>> = {
  bernoulli: bernoulli(4),
  spin: spin(4),
  gaussian: gaussian(4),
  'gaussian with variances': gaussian(4, { learnVariance: true }),
  softmax: softmax(2, { units: 2 }),
  relu: relu(4),
  count: count(4, { length: 3 }),
  centred: centred(bernoulli(4), 0.5),
  mixed: mixed([spin(1), softmax(2), relu(1)]),
};
const layers = Object.entries(all) as [string, Units][];

/** The log-partition and the mean of one unit, or of one group of units, far from 0: what their linear, or for real ones square, asymptotes say. */
type Asymptote = (input: readonly number[]) => readonly [logPartition: number, mean: readonly number[]];
const halfLogTwoPi = Math.log(2 * Math.PI) / 2;
const ofBit: Asymptote = ([a = 0]) => [Math.max(a, 0), [Number(a > 0)]];
const ofSpin: Asymptote = ([a = 0]) => [Math.abs(a), [Math.sign(a)]];
const ofReal: Asymptote = ([a = 0]) => [a ** 2 / 2 + halfLogTwoPi, [a]];
const ofRectified: Asymptote = ([a = 0]) => (a > 0 ? [a ** 2 / 2 + halfLogTwoPi, [a]] : [-Math.log(-a), [-1 / a]]);
const ofCentredBit: Asymptote = ([a = 0]) => [Math.abs(a) / 2, [Number(a > 0)]];
/** Choices of a number of words. */
const ofWords =
  (words: number): Asymptote =>
  (input) => {
    const most = Math.max(...input);
    const best = input.filter((a) => a === most).length;
    return [words * (most + Math.log(best)), input.map((a) => (a === most ? words / best : 0))];
  };
const four = <T>(x: T): readonly T[] => [x, x, x, x];
const asymptotes: Readonly<Record<string, readonly Asymptote[]>> = {
  bernoulli: four(ofBit),
  spin: four(ofSpin),
  gaussian: four(ofReal),
  'gaussian with variances': four(ofReal),
  softmax: [ofWords(1), ofWords(1)],
  relu: four(ofRectified),
  count: [ofWords(3)],
  centred: four(ofCentredBit),
  mixed: [ofSpin, ofWords(1), ofRectified],
};

/** The asymptotes of a row of inputs, cut into as many groups as there are. */
function farOut(name: string, row: readonly number[]) {
  const groups = asymptotes[name] as readonly Asymptote[];
  const widths = name === 'mixed' ? [1, 2, 1] : groups.map(() => 4 / groups.length);
  let column = 0;
  const parts = groups.map((of, g) => {
    const width = widths[g] as number;
    column += width;
    return of(row.slice(column - width, column));
  });
  return { logPartition: parts.reduce((total, [a]) => total + a, 0), mean: parts.flatMap(([, mean]) => mean) };
}

onEach(
  'at inputs of ±1e4',
  [
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
  ],
  () => {
    it.each(layers)('%s units have the log-partitions, slopes, means and draws of their asymptotes', (name, units) => {
      const own = units.init();
      const rows = [[1e4, -1e4, -1e4, 1e4], [-1e4, 1e4, -1e4, -1e4], four(1e4), four(-1e4)];
      const input = tensor(rows.map((row) => [...row]));
      const logPartition = units.logPartition(own, input);
      const wanted = rows.map((row) => farOut(name, row));
      const expectNear = (x: Tensor, numbers: readonly number[], rounding = 0) => {
        readSync(x).forEach((found, i) => {
          const want = numbers[i] as number;
          expect(Math.abs(found - want), `${found} for ${want}`).toBeLessThanOrEqual(2e-6 * Math.abs(want) + rounding);
        });
      };
      expectNear(
        logPartition,
        wanted.map((of) => of.logPartition),
        1e-3, // what float32 knows of numbers of 1e4
      );
      const means = wanted.flatMap(({ mean }) => mean);
      expectNear(units.mean(own, input), means);
      const offset = name === 'centred' ? 0.5 : 0;
      expectNear(
        grad((x: Tensor) => sum(units.logPartition(own, x)))(input),
        means.map((mean) => mean - offset),
      );
      readSync(units.sample(key(1), own, input)).forEach((x, i) => {
        const mean = means[i] as number;
        const isReal = Math.abs(mean) === 1e4;
        // Real units spread by 1, rectified ones below 0 by their mean; what is certain is drawn.
        if (isReal) expect(Math.abs(x - mean)).toBeLessThan(6);
        else if (Number.isInteger(mean)) expect(x).toBe(mean);
        else expect(x >= 0 && x <= (mean < 1e-3 ? 20 * mean : 3), `${x} of mean ${mean}`).toBe(true);
      });
      expect([...readSync(jit(units.logPartition)(own, input))]).toEqual([...readSync(logPartition)]);
    });

    it('rectified units have the right ones to six digits', () => {
      const input = tensor([[1e4, -1e4, -30, 0]]);
      const [up = 0, down = 0, far = 0, middle = 0] = readSync(relu(4).mean(relu(4).init(), input));
      expect(up).toBe(1e4);
      // The mean is 1 / t - 2 / t^3 + 10 / t^5 at the input -t.
      expect(down * 1e4).toBeCloseTo(1, 6);
      expect(far * 30).toBeCloseTo(1 - 2 / 900 + 10 / 900 ** 2, 6);
      expect(middle).toBeCloseTo(Math.sqrt(2 / Math.PI), 6);
    });
  },
);

describe('first parameters', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });
  const wanted: Readonly<Record<string, readonly number[]>> = {
    spin: [-0.9, 0, 0.5, 0.98],
    gaussian: [-3, 0, 0.5, 20],
    'gaussian with variances': [-3, 0, 0.5, 20],
    softmax: [0.3, 0.7, 0.999, 0.001],
    relu: [0.01, 0.5, 1, 20],
    count: [1.5, 0.3, 0.9, 0.3],
    centred: [0.1, 0.5, 0.9, 0.3],
    mixed: [-0.5, 0.2, 0.8, 2],
  };

  it.each(layers.filter(([name]) => name in wanted))('of %s units give them the means of the data', (name, units) => {
    const means = wanted[name] as readonly number[];
    const found = readSync(units.mean(units.init(means), zeros([1, 4])));
    means.forEach((mean, i) => {
      // Rectified units start within 3 %, the others exactly.
      expect(Math.abs((found[i] as number) - mean)).toBeLessThan(
        /relu|mixed/.test(name) ? 0.03 * Math.abs(mean) : 1e-6,
      );
    });
  });

  it('without means are 0, and offsets what they were given', () => {
    expect([...readSync(centred(spin(3), [0.1, 0.2, 0.3]).init().offset)].map((x) => x.toFixed(6))).toEqual([
      '0.100000',
      '0.200000',
      '0.300000',
    ]);
    for (const [, units] of layers) expect([...readSync(units.init().bias)]).toEqual([0, 0, 0, 0]);
  });

  it('of a mixed layer follow each other under one name', () => {
    const visible = mixed([
      gaussian(2, { learnVariance: true }),
      centred(bernoulli(3), 0.5),
      gaussian(1, { learnVariance: true }),
    ]);
    const machine = rbm({ visible, hidden: bernoulli(2) });
    const params = machine.init(key(1), { visibleMeans: [1, 2, 0.5, 0.5, 0.5, 3] });
    expect(Object.entries(params).map(([name, x]) => [name, x.shape])).toEqual([
      ['weight', [6, 2]],
      ['visibleBias', [6]],
      ['visibleLogVariance', [3]],
      ['visibleOffset', [3]],
      ['hiddenBias', [2]],
    ]);
    expect([...readSync(params.visibleBias)]).toEqual([1, 2, 0, 0, 0, 3]);
    expectTypeOf(params.visibleLogVariance).toEqualTypeOf<Tensor>();
    expectTypeOf(machine.support).toEqualTypeOf<'discrete'>();
    expectTypeOf(mixed([gaussian(2), relu(1)]).support).toEqualTypeOf<'continuous'>();
    expect([machine.support, mixed([gaussian(2), relu(1)]).support]).toEqual(['discrete', 'continuous']);
    // @ts-expect-error No part of it learns variances.
    expect(mixed([gaussian(2), relu(1)]).init().logVariance).toBeUndefined();
  });
});

describe('what a layer cannot do, it says', () => {
  it('when it is made', () => {
    expect(() => spin(0)).toThrow('spin: size must be a whole number above 0, got 0.');
    expect(() => softmax(1)).toThrow('softmax: states must be a whole number of at least 2, got 1.');
    expect(() => count(10, { length: 20, longest: 10 })).toThrow(
      'count: length must be at most longest, got 20 and 10.',
    );
    expect(() => mixed([])).toThrow('mixed: expected at least one part, got none.');
    expect(() => mixed([count(3), count(2)])).toThrow('mixed: expected at most one part that counts words, got 2.');
    expect(() => mixed([bernoulli(3), 4 as never])).toThrow(
      'mixed: part 1: expected units such as bernoulli(784), got 4.',
    );
    expect(() => centred(count(3), 0)).toThrow('centred: expected units with a common mean, got count units.');
    expect(() => centred(spin(3), [1, 2])).toThrow('centred: expected one offset or 3 of them, got 2.');
    expect(() => centred(spin(1), Number.NaN)).toThrow('centred: expected finite offsets, got NaN at 0.');
    expect(() => rbm({ visible: bernoulli(3), hidden: count(3) })).toThrow(
      'rbm: hidden: count units can only be visible',
    );
  });

  it('when means are none', () => {
    expect(() => spin(2).init([0, 2])).toThrow('spin: expected means in [-1, 1], got 2 at 1. Scale the data first.');
    expect(() => relu(1).init([-1])).toThrow('relu: expected means of at least 0, got -1 at 0.');
    expect(() => count(3).init([0, 0, 0])).toThrow('count: expected means of which one is above 0, got zeros.');
    expect(() => mixed([spin(2), relu(1)]).init([0])).toThrow('mixed: expected 3 means, got 1.');
  });

  it('negative states of rectified units have infinite energy', () => {
    expect([
      ...readSync(
        relu(2).energy(
          { bias: zeros([2]) },
          tensor([
            [1, 2],
            [1, -0.1],
          ]),
        ),
      ),
    ]).toEqual([2.5, Number.POSITIVE_INFINITY]);
  });

  it('two real layers with large weights have no normaliser: the free energy falls without end', () => {
    const machine = rbm({ visible: gaussian(1), hidden: gaussian(1) });
    const params = { weight: tensor([[1.5]]), visibleBias: zeros([1]), hiddenBias: zeros([1]) };
    const [near = 0, far = 0, farther = 0] = readSync(machine.freeEnergy(params, tensor([[1], [10], [100]])));
    expect(near > far && far > farther).toBe(true);
    expect(farther).toBeLessThan(-6000);
  });
});

describe('documents', () => {
  const machine = replicatedSoftmax({ vocabulary: 4, hidden: bernoulli(3) });
  const known = replicatedSoftmax({ vocabulary: 4, hidden: bernoulli(3), length: 5 });
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it('need a length where there is none to keep', async () => {
    const params = machine.init(key(1));
    await expect(exactLogZ(machine, params)).rejects.toThrow('count: the length of documents is required');
    expect(() => machine.visibleMean(params, zeros([2, 3]))).toThrow('count(vocabulary, { length })');
    expect([...readSync(machine.reconstruct(params, tensor([[1, 2, 0, 2]])))].reduce((a, b) => a + b)).toBeCloseTo(
      5,
      5,
    );
  });

  it('of one length have a logZ that annealing finds', async () => {
    const params = {
      weight: tensor([
        [1, -0.5, 0.3],
        [0.2, 0.8, -1],
        [-0.7, 0.1, 0.4],
        [0.5, -0.2, 0.6],
      ]),
      visibleBias: tensor([0.3, -0.4, 0.1, 0]),
      hiddenBias: tensor([-0.5, 0.2, 0.1]),
    };
    const exact = await exactLogZ(known, params);
    const { logZ, standardError } = await estimateLogZ(known, params, { betas: 30, chains: 200, key: key(1) });
    expect(Math.abs(logZ - exact)).toBeLessThan(5 * standardError);
    expect(standardError).toBeLessThan(0.1);
  });
});
