import { cast, jit, key, memory, mul, readSync, reference, scoped, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  deepEnergy,
  deepTable,
  deepTensors,
  type Layers,
  layersOf,
  type SmallDeepMachine,
  smallDeepMachine,
} from '../../fixtures/small-deep-machine.js';
import { bits, jointEnergy, type SmallMachine, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  type DeepBoltzmannParameters,
  deepBoltzmannMachine,
  doubled,
  enumerateStates,
  gaussian,
  greedyBoltzmann,
  rbm,
  softmax,
  spin,
} from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const plus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, i) => x + (b[i] as number));

describe('doubled units', () => {
  const plain = smallMachine(4, 3, 2);
  const below = rbm({ visible: doubled(bernoulli(3)), hidden: bernoulli(2) });
  const above = rbm({ visible: bernoulli(3), hidden: doubled(bernoulli(2)) });
  /** All sums of two visible states. */
  const sums = Array.from({ length: 27 }, (_, i) => [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)]);

  it('are two copies seen through their sum, with the copies and the other layer summed out', () => {
    const energyOf = (v: readonly number[], other: readonly number[], h: readonly number[]): number =>
      jointEnergy(plain, v, h) + jointEnergy({ ...plain, hiddenBias: [0, 0] }, other, h);
    const expected = sums.map((x) => {
      const pairs = Array.from({ length: 64 }, (_, i) => [bits(i, 3), bits(i >> 3, 3)] as const);
      const ways = pairs.filter(([v, other]) => plus(v, other).join() === x.join());
      return -Math.log(
        total(ways.flatMap(([v, other]) => [0, 1, 2, 3].map((h) => Math.exp(-energyOf(v, other, bits(h, 2)))))),
      );
    });
    const found = readSync(below.freeEnergy(tensorsFor(plain), tensor(sums)));
    expected.forEach((x, i) => {
      expect(found[i]).toBeCloseTo(x, 10);
    });
  });

  it('give a visible layer the input of both copies above it', () => {
    const expected = Array.from({ length: 8 }, (_, v) => {
      const one = total(
        [0, 1, 2, 3].map((h) => Math.exp(-jointEnergy({ ...plain, visibleBias: [0, 0, 0] }, bits(v, 3), bits(h, 2)))),
      );
      return -Math.log(one ** 2) - total(bits(v, 3).map((x, i) => x * (plain.visibleBias[i] as number)));
    });
    const found = readSync(above.freeEnergy(tensorsFor(plain), enumerateStates(bernoulli(3))));
    expected.forEach((x, i) => {
      expect(found[i]).toBeCloseTo(x, 10);
    });
  });

  it('are drawn as the sum of two draws, within 5 sigma', () => {
    const chains = 20_000;
    const hidden = tensor(Array.from({ length: chains }, () => [1, 0]));
    const drawn = readSync(below.conditional(tensorsFor(plain)).sampleBlock(key(3), 'visible', { hidden }));
    const means = readSync(below.visibleMean(tensorsFor(plain), tensor([[1, 0]])));
    for (let i = 0; i < 3; i++) {
      const counts = [0, 0, 0];
      for (let n = 0; n < chains; n++) counts[drawn[3 * n + i] as 0] = (counts[drawn[3 * n + i] as 0] as number) + 1;
      const p = (means[i] as number) / 2;
      for (const [value, share] of [(1 - p) ** 2, 2 * p * (1 - p), p ** 2].entries())
        expect(Math.abs((counts[value] as number) / chains - share)).toBeLessThan(
          5 * Math.sqrt((share * (1 - share)) / chains),
        );
    }
  });

  it('can be spins, and nothing with more than two values', () => {
    const machine = rbm({ visible: doubled(spin(3)), hidden: bernoulli(2) });
    const single = rbm({ visible: spin(3), hidden: bernoulli(2) });
    const [params, hidden] = [tensorsFor(plain), enumerateStates(bernoulli(2))];
    const once = readSync(single.visibleMean(params, hidden));
    readSync(machine.visibleMean(params, hidden)).forEach((x, i) => {
      expect(x).toBeCloseTo(2 * (once[i] as number), 12);
    });
    // Of the two copies (1, −1) and (−1, 1) have the sum 0.
    const [twice, middle] = readSync(
      machine.visible.energy(
        { bias: tensor([0, 0, 0]) },
        tensor([
          [2, -2, 2],
          [0, 0, 2],
        ]),
      ),
    );
    expect(twice).toBeCloseTo(0, 12);
    expect(middle).toBeCloseTo(-2 * Math.LN2, 12);
    expect(() => doubled(softmax(3) as never)).toThrow(/two values each, such as bernoulli\(784\), got softmax units/);
    expect(() => doubled(gaussian(3) as never)).toThrow(/got gaussian units/);
  });
});

/** A greedy stack as plain numbers. */
const stackOf = (sizes: readonly number[]): SmallMachine[] =>
  sizes.slice(1).map((above, k) => smallMachine(k + 1, sizes[k] as number, above));

/** The parameters of a deep machine as plain numbers. */
function plainOf(params: DeepBoltzmannParameters): SmallDeepMachine {
  const rows = (x: ArrayLike<number>, width: number): number[][] =>
    Array.from({ length: x.length / width }, (_, i) => Array.from(x).slice(i * width, (i + 1) * width));
  return {
    weights: params.weights.map((w) => rows(readSync(w), w.shape[1] as number)),
    biases: [params.visible, ...params.hidden].map(({ bias }) => Array.from(readSync(bias))),
  };
}

describe('putting pretrained machines together', () => {
  it('distributes hidden layer 1 as the geometric mean of what both machines say', () => {
    const sizes = [4, 3, 2];
    const greedy = greedyBoltzmann(deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(2)] }));
    const stack = stackOf(sizes);
    const { states, p } = deepTable(plainOf(greedy.compose(stack.map(tensorsFor))));
    const [first, second] = stack as [SmallMachine, SmallMachine];
    const contrast = Array.from({ length: 8 }, (_, h) => {
      const h1 = bits(h, 3);
      const deep = total(states.flatMap((layers, i) => (layers[1]?.join() === h1.join() ? [p[i] as number] : [])));
      // Two copies of the visible layer, and two of hidden layer 2.
      const bare = { ...first, hiddenBias: [0, 0, 0] };
      const below = total(Array.from({ length: 16 }, (_, v) => Math.exp(-jointEnergy(bare, bits(v, 4), h1)))) ** 2;
      const flat = { ...second, visibleBias: [0, 0, 0] };
      const above = total([0, 1, 2, 3].map((g) => Math.exp(-jointEnergy(flat, h1, bits(g, 2))))) ** 2;
      const biases = total(h1.map((x, j) => x * ((first.hiddenBias[j] as number) + (second.visibleBias[j] as number))));
      return Math.log(deep) - (Math.log(below) + Math.log(above) + biases) / 2;
    });
    for (const x of contrast) expect(x).toBeCloseTo(contrast[0] as number, 10);
  });

  it('halves the sum of the energies of all machines, the outer layers counted twice', () => {
    const sizes = [4, 3, 3, 2];
    const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(3), bernoulli(2)] });
    const { machines, compose } = greedyBoltzmann(machine);
    const stack = stackOf(sizes).map(tensorsFor);
    const deep = plainOf(compose(stack));
    for (const index of [0, 77, 1234, 4095]) {
      const layers: Layers = layersOf(index, sizes);
      const energies = machines.map((layer, k) => {
        const [visible, hidden] = [tensor([layers[k] as number[]]), tensor([layers[k + 1] as number[]])];
        const state = { visible: k === 0 ? mul(visible, 2) : visible, hidden: k === 2 ? mul(hidden, 2) : hidden };
        return readSync(layer.jointEnergy(stack[k] as (typeof stack)[0], state))[0] as number;
      });
      expect(deepEnergy(deep, layers)).toBeCloseTo(total(energies) / 2, 10);
    }
  });

  it('gives new tensors and wants all machines', () => {
    const { compose } = greedyBoltzmann(deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(2)] }));
    const stack = stackOf([4, 3, 2]).map(tensorsFor);
    const before = memory().tensors;
    const params = compose(stack);
    expect(memory().tensors - before).toBe(5);
    expect(params.weights[0]).not.toBe(stack[0]?.weight);
    expect(() => compose(stack.slice(1))).toThrow(/parameters of 2 machines, got 1/);
    expect(() => greedyBoltzmann(deepBoltzmannMachine({ layers: [softmax(4), bernoulli(3), bernoulli(2)] }))).toThrow(
      /the visible layer must be of units with two values each/,
    );
  });
});

describe('the data of the machines', () => {
  const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(2)] });
  const greedy = greedyBoltzmann(machine);
  const plainStack = stackOf([4, 3, 2]);
  const source = { batchesPerEpoch: 3, batch: () => enumerateStates(bernoulli(4)) };

  it('is doubled for the first, and hidden states of the first for the second', () => {
    const stack = plainStack.map(tensorsFor);
    const first = greedy.batches(source, []);
    expect(first.batchesPerEpoch).toBe(3);
    const raw = source.batch();
    expect(Array.from(readSync(first.prepare(key(1), raw)))).toEqual(Array.from(readSync(raw), (x) => 2 * Number(x)));
    const means = greedy.batches(source, stack.slice(0, 1), { states: 'means' }).prepare(key(1), raw);
    const params = stack[0] as (typeof stack)[0];
    expect(readSync(means)).toEqual(readSync(greedy.machines[0].hiddenMean(params, mul(cast(raw, 'float32'), 2))));
    const lifted = greedy.batches(source, stack.slice(0, 1));
    expect(lifted.prepare(key(1), raw).dtype).toBe('bool');
    const compiled = jit(lifted.prepare);
    const drawn = Array.from({ length: 400 }, (_, i) => readSync(scoped(() => cast(compiled(key(i), raw), 'float32'))));
    compiled.clear();
    Array.from(readSync(means)).forEach((mean, i) => {
      const share = total(drawn.map((x) => x[i] as number)) / 400;
      expect(Math.abs(share - mean)).toBeLessThan(5 * Math.sqrt((mean * (1 - mean)) / 400) + 1e-9);
    });
  });

  it('follows what the source does to a batch, with a key of its own', () => {
    const seen: unknown[] = [];
    const noisy = {
      ...source,
      prepare: (k: ReturnType<typeof key>, x: ReturnType<typeof source.batch>) => {
        seen.push(k.words.join());
        return mul(cast(x, 'float32'), 0.5);
      },
    };
    const raw = source.batch();
    const out = greedy.batches(noisy, []).prepare(key(1), raw);
    expect(Array.from(readSync(out))).toEqual(Array.from(readSync(raw), Number));
    expect(seen).not.toEqual([key(1).words.join()]);
    expect(() => greedy.batches(source, plainStack.map(tensorsFor))).toThrow(
      /at most 1 machines below another one, got 2/,
    );
  });
});

it('a deep machine begins with small weights and the biases of the data', () => {
  const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(300), bernoulli(200)] });
  const params = machine.init(key(1), { visibleMeans: [0.5, 0.25, 0.75, 0.5] });
  expect(Array.from(readSync(params.visible.bias), (x) => x.toFixed(3))).toEqual(['0.000', '-1.099', '1.099', '0.000']);
  const weights = Array.from(readSync(params.weights[1] as (typeof params.weights)[0]));
  expect(Math.sqrt(total(weights.map((w) => w * w)) / weights.length)).toBeCloseTo(0.01, 4);
  expect(deepTensors(smallDeepMachine(1, [2, 2, 2])).weights.length).toBe(2);
});
