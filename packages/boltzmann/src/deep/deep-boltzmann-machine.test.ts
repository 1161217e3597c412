import {
  cast,
  concat,
  expandDims,
  grad,
  jit,
  type Key,
  key,
  memory,
  mul,
  readSync,
  reference,
  reshape,
  type Tensor,
  tensor,
  uniform,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, onEach } from '@ebmkit/test-kit';
import { persistentContrastiveDivergence } from '@ebmkit/trainers';
import { expect, it } from 'vitest';
import {
  deepEnergy,
  deepTable,
  deepTensors,
  type Layers,
  layersOf,
  layerTensors,
  smallDeepMachine,
} from '../../fixtures/small-deep-machine.js';
import { bernoulli, type DeepState, deepBoltzmannMachine, enumerateStates } from '../index.js';

const sizes = [4, 3, 2];
const machine = deepBoltzmannMachine({ layers: [bernoulli(4), bernoulli(3), bernoulli(2)] });
const names = ['visible', 'hidden1', 'hidden2'] as const;
const plain = smallDeepMachine(1, sizes);
const { states, p } = deepTable(plain);
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

const float64 = { name: 'reference', make: () => reference({ precision: 'float64' }), tolerance: 1e-10 };
const fast = [
  { name: 'wasm', make: () => wasm({ threads: 1 }), tolerance: 2e-5 },
  { name: 'tfjs wasm', make: () => tfjs('wasm'), tolerance: 2e-5 },
];

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs((actual[i] as number) - x), `number ${i}`).toBeLessThan(tolerance);
  });
}

/** The probability that each unit of layer `k` is on given the other layers of a state, by enumeration. */
function conditionalOf(k: number, layers: Layers): number[] {
  const same = (other: Layers): boolean => other.every((x, m) => m === k || x.join() === layers[m]?.join());
  const here = states.map((_, i) => i).filter((i) => same(states[i] as Layers));
  const mass = total(here.map((i) => p[i] as number));
  return (layers[k] as number[]).map(
    (_, unit) => total(here.map((i) => (p[i] as number) * (states[i]?.[k]?.[unit] as number))) / mass,
  );
}

/** The free energy of each visible state, by enumeration. */
const freeEnergies = Array.from(
  { length: 16 },
  (_, v) =>
    -Math.log(total(states.flatMap((layers, i) => (i % 16 === v ? [Math.exp(-deepEnergy(plain, layers))] : [])))),
);

/** The variational free energy of means, by its definition. */
function variational(visible: readonly number[], means: Layers): number {
  const entropy = (m: number): number => -m * Math.log(m) - (1 - m) * Math.log(1 - m);
  return deepEnergy(plain, [visible, ...means]) - total(means.flat().map(entropy));
}

const rowOf = (x: Tensor, row: number): number[] => {
  const width = x.shape[1] as number;
  return Array.from(readSync(x)).slice(row * width, (row + 1) * width);
};

for (const { name, make, tolerance } of [float64, ...fast])
  onEach('a 4-3-2 machine', [{ name, make }], () => {
    it('has the energy of its definition, of states and of means', () => {
      const expected = states.map((layers) => deepEnergy(plain, layers));
      expectClose(readSync(machine.energy(deepTensors(plain), layerTensors(states))), expected, tolerance * 10);
      const means = states
        .slice(0, 50)
        .map((layers, i) => layers.map((x, k) => x.map((_, j) => sigmoidOf(i - 3 * k + j))));
      expectClose(
        readSync(machine.energy(deepTensors(plain), layerTensors(means, true))),
        means.map((layers) => deepEnergy(plain, layers)),
        tolerance * 10,
      );
    });

    it('draws every layer from its conditional', () => {
      const { blocks, sampleBlock } = machine.conditional(deepTensors(plain));
      expect(blocks).toEqual(['hidden1', 'visible', 'hidden2']);
      const x = layerTensors(states);
      for (const [k, block] of names.entries()) {
        const size = sizes[k] as number;
        const drawn = readSync(sampleBlock(key(k), block, { ...x, [block]: undefined as never }));
        const levels = readSync(uniform(key(k), [states.length, size]));
        const expected = states.flatMap((layers) => conditionalOf(k, layers));
        const wrong = expected.filter((q, i) => {
          const isClose = Math.abs((levels[i] as number) - q) < 1e-5;
          return !isClose && (levels[i] as number) < q !== Boolean(drawn[i]);
        });
        expect(wrong).toEqual([]);
      }
    });

    it('has mean fields whose variational free energy bounds the free energy', () => {
      const field = machine.meanField(deepTensors(plain), enumerateStates(bernoulli(4)), { steps: 50 });
      const found = readSync(field.freeEnergy);
      freeEnergies.forEach((exact, v) => {
        const means = [field.state.hidden1, field.state.hidden2].map((x) => rowOf(x as Tensor, v));
        expect(found[v] as number).toBeGreaterThan(exact - tolerance);
        expect(Math.abs((found[v] as number) - variational(layersOf(v, sizes)[0] as number[], means))).toBeLessThan(
          tolerance * 20,
        );
      });
      expect(Array.from(readSync(field.converged)).every(Boolean)).toBe(true);
    });

    it('gives the same compiled, to the bit', () => {
      const [params, visible] = [deepTensors(plain), enumerateStates(bernoulli(4))];
      const compiled = jit((q: typeof params, v: Tensor) => machine.meanField(q, v));
      const [a, b] = [machine.meanField(params, visible), compiled(params, visible)];
      expect(readSync(b.freeEnergy)).toEqual(readSync(a.freeEnergy));
      expect(readSync(b.state.hidden2 as Tensor)).toEqual(readSync(a.state.hidden2 as Tensor));
      compiled.clear();
    });

    it('has a completed contrast whose gradient is the difference of statistics', () => {
      const params = deepTensors(plain);
      const data = tensor(
        [
          [1, 0, 1, 1],
          [0, 0, 1, 0],
        ],
        undefined,
        'bool',
      );
      const complete = (_: Key, q: typeof params, v: Tensor): DeepState => machine.meanField(q, v, { steps: 4 }).state;
      const objective = persistentContrastiveDivergence(machine, {
        kernel: machine.kernel,
        start: (forStart) => machine.drawFromBiases(forStart, params, 5),
        complete,
      });
      const begun = objective.init(params, key(1));
      const { chains } = objective.loss(key(2), params, data, begun).state;
      const slope = grad((q: typeof params) => objective.loss(key(2), q, data, begun).loss)(params);
      const field = complete(key(1), params, data);
      const statistic = (x: DeepState, k: number, count: number): number[] => {
        const [below, above] = [x[names[k] as 'visible'], x[names[k + 1] as 'hidden1']] as [Tensor, Tensor];
        const rows = Array.from({ length: count }, (_, row) =>
          rowOf(below, row).flatMap((a) => rowOf(above, row).map((b) => a * b)),
        );
        return (rows[0] as number[]).map((_, i) => total(rows.map((row) => row[i] as number)) / count);
      };
      for (const k of [0, 1]) {
        const [model, found] = [statistic(chains, k, 5), statistic(field, k, 2)];
        expectClose(
          readSync(slope.weights[k] as Tensor),
          found.map((x, i) => (model[i] as number) - x),
          tolerance * 10,
        );
      }
      const bias = Array.from(
        { length: 2 },
        (_, j) =>
          total([0, 1, 2, 3, 4].map((row) => rowOf(chains.hidden2 as Tensor, row)[j] as number)) / 5 -
          total([0, 1].map((row) => rowOf(field.hidden2 as Tensor, row)[j] as number)) / 2,
      );
      expectClose(readSync(slope.hidden[1]?.bias as Tensor), bias, tolerance * 10);
    });
  });

it('leaves nothing behind but results', async () => {
  await useBackend(reference());
  const before = memory().tensors;
  const made = (f: () => unknown): number => {
    const held = memory().tensors;
    f();
    return memory().tensors - held;
  };
  const params = machine.init(key(1), { visibleMeans: [0.5, 0.5, 0.5, 0.5] });
  expect(memory().tensors - before).toBe(5);
  const visible = zeros([2, 4], 'bool');
  expect(made(() => machine.drawFromBiases(key(2), params, 2))).toBe(3);
  // Two hidden layers, free energy, change, converged.
  expect(made(() => machine.meanField(params, visible))).toBe(5);
  expect(() => machine.visibleMean(params, visible)).toThrow(
    'deepBoltzmannMachine.visibleMean: hidden1: expected [batch, 3], got [2, 4]',
  );
});

describeKernel('the kernel of a 4-3-2 machine', {
  make: () => machine.kernel(deepTensors(plain)),
  start: () => {
    const off = (size: number): Tensor => zeros([64, size], 'bool');
    return { hidden1: off(3), visible: off(4), hidden2: off(2) };
  },
  // Products of every pair of units of neighbouring layers.
  statistics: (x) => {
    const products = (a: Tensor, b: Tensor): Tensor =>
      reshape(mul(cast(expandDims(a, 2), 'float32'), cast(expandDims(b, 1), 'float32')), [64, -1]);
    return concat([products(x.visible, x.hidden1 as Tensor), products(x.hidden1 as Tensor, x.hidden2 as Tensor)], 1);
  },
  expected: [0, 1].flatMap((k) =>
    Array.from({ length: (sizes[k] as number) * (sizes[k + 1] as number) }, (_, unit) => {
      const [i, j] = [Math.floor(unit / (sizes[k + 1] as number)), unit % (sizes[k + 1] as number)];
      return total(states.map((x, n) => (p[n] as number) * (x[k]?.[i] as number) * (x[k + 1]?.[j] as number)));
    }),
  ),
  broken: () => {
    const off = (size: number): Tensor => zeros([3, size], 'bool');
    const params = { ...deepTensors(plain), visible: { bias: tensor([0, Number.NaN, 0, 0]) } };
    const start = { hidden1: off(3), visible: off(4), hidden2: off(2) } as DeepState;
    return { kernel: machine.kernel(params), start, diverges: [true, true, true] };
  },
  backends: fast,
});
