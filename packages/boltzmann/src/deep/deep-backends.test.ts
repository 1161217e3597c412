import { fold, grad, key, mapTree, mul, normal, reference, sum, type Tensor, type Tree, tensor } from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import { backends, everywhere, inDoublePrecision, numbersOn } from '../../fixtures/on-backends.js';
import {
  deepEnergy,
  deepTensors,
  layersOf,
  layerTensors,
  type SmallDeepMachine,
} from '../../fixtures/small-deep-machine.js';
import { bits } from '../../fixtures/small-machine.js';
import { logSumOf } from '../../fixtures/unit-oracle.js';
import { bernoulli, deepBeliefNetwork, deepBoltzmannMachine, gaussian, softmax, spin } from '../index.js';

/** Parameters of order 0.5 in place of those that a machine begins with. */
function spread<P extends Tree>(params: P): P {
  let count = 0;
  return mapTree<P>((x) => mul(normal(fold(key(9), count++), x.shape), 0.5), params);
}
/** The gradient of the sum of a function of parameters, whose rows are weighted so that none stands for another. */
const slope = <P extends Tree>(f: (params: P) => Tensor, params: P): Tree =>
  grad((p: P) => {
    const values = f(p);
    return sum(mul(values, normal(key(8), values.shape)));
  })(params);

const layers = [gaussian(3, { learnVariance: true }), spin(3), softmax(3), bernoulli(2)] as const;
const visible = () => normal(key(4), [4, 3]);
const rows = <T>(...x: readonly T[]): T[] => [...x, ...x];
const hidden = () => ({
  hidden1: tensor(rows([1, -1, 1], [-1, -1, 1])),
  hidden2: tensor(rows([1, 0, 0], [0, 0, 1])),
});

const machines: readonly {
  readonly name: string;
  readonly see: () => { readonly numbers: Tree; readonly states: Tree };
}[] = [
  {
    name: 'deep belief network',
    see: () => {
      const network = deepBeliefNetwork({ layers });
      const params = spread(network.init(key(1)));
      const state = { visible: visible(), ...hidden() };
      return {
        numbers: [
          network.logWeight(params, state),
          network.transform(params, state.visible),
          network.visibleMean(params, state.hidden1),
          network.recognitionLogProbabilities(params, state),
          network.generationLogProbabilities(params, state),
          slope((p) => network.logWeight(p, state), params),
          slope((p) => network.transform(p, state.visible), params),
        ],
        states: network.recognise(key(5), params, state.visible),
      };
    },
  },
  {
    name: 'deep Boltzmann machine',
    see: () => {
      const machine = deepBoltzmannMachine({ layers });
      const params = spread(machine.init(key(1)));
      const state = { visible: visible(), ...hidden(), hidden3: tensor(rows([1, 0], [1, 1])) };
      const field = machine.meanField(params, state.visible, { steps: 10 });
      return {
        numbers: [
          machine.energy(params, state),
          machine.visibleMean(params, state.hidden1),
          field.state,
          field.freeEnergy,
          slope((p) => machine.energy(p, state), params),
          slope((p) => machine.meanField(p, state.visible, { steps: 10 }).freeEnergy, params),
        ],
        states: (['hidden1', 'hidden2', 'hidden3'] as const).map((block, i) =>
          machine.conditional(params).sampleBlock(fold(key(6), i), block, state),
        ),
      };
    },
  },
];

describe.each(backends)('deep machines on $name', ({ make }) => {
  it.each(machines)(
    '$name gives the numbers and gradients of the reference backend, and draws its states',
    async ({ see }) => {
      const right = await inDoublePrecision(() => see().numbers);
      const drawn = await numbersOn(reference(), () => see().states);
      const active = await make();
      expectCloseTo(await numbersOn(active, () => see().numbers), right, { absolute: 1e-5, relative: 1e-5 });
      expectCloseTo(await numbersOn(active, () => see().states), drawn, { absolute: 1e-5 });
    },
  );
});

/** Energies are multiples of a tenth of this, and no two that matter are equal: units are on or off. */
const far = 10_000;
const big = (x: readonly (readonly number[])[]): number[][] => x.map((row) => row.map((value) => value * far));
const sizes = [2, 2, 2];
const small: SmallDeepMachine = {
  weights: [
    big([
      [3, -2],
      [1, 4],
    ]),
    big([
      [2, -1],
      [-3, 5],
    ]),
  ],
  biases: big([
    [1, -2],
    [-2.3, 1.2],
    [1.1, -4.4],
  ]),
};
const visibles = [0, 1, 2, 3].map((i) => bits(i, 2));
const joint = Array.from({ length: 64 }, (_, i) => layersOf(i, sizes));
const bernoullis = sizes.map((size) => bernoulli(size)) as never;

describe.each(everywhere)('units that are far from fair, on $name', ({ make }) => {
  it('deep Boltzmann machine: energies, and free energies by mean field, are the sums over hidden states', async () => {
    const machine = deepBoltzmannMachine({ layers: bernoullis });
    const energies = joint.map((state) => deepEnergy(small, state));
    const free = visibles.map((_, v) => -logSumOf(energies.filter((_energy, i) => i % 4 === v).map((e) => -e)));
    const seen = await numbersOn(await make(), () => {
      const params = deepTensors(small);
      const field = machine.meanField(params, tensor(visibles));
      const pull = slope((p) => machine.meanField(p, tensor(visibles)).freeEnergy, params);
      return [machine.energy(params, layerTensors(joint)), field.freeEnergy, pull];
    });
    expectCloseTo(seen.slice(0, 68), [...energies, ...free], { absolute: 1e-3, relative: 1e-6 });
    expect(seen.slice(68).every(Number.isFinite)).toBe(true);
  });

  it('deep belief network: the log weights of states are those of their definition', async () => {
    const network = deepBeliefNetwork({ layers: bernoullis });
    const [below, above] = small.weights as [number[][], number[][]];
    const [ofVisible, ofHidden, ofTop] = small.biases as [number[], number[], number[]];
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((s, x, i) => s + x * (b[i] as number), 0);
    const columns = (w: number[][]) => [0, 1].map((j) => w.map((row) => row[j] as number));
    const into = (weights: readonly number[][], x: readonly number[], biases: readonly number[]) =>
      weights.map((w, i) => dot(w, x) + (biases[i] as number));
    const logProbability = (x: readonly number[], inputs: readonly number[]) =>
      inputs.reduce((total, a, i) => total + a * (x[i] as number) - logSumOf([0, a]), 0);
    const states = visibles.flatMap((v) => visibles.map((h) => [v, h] as const));
    const right = states.map(([v, h]) => {
      const top = dot(ofHidden, h) + into(columns(above), h, ofTop).reduce((total, a) => total + logSumOf([0, a]), 0);
      return logProbability(v, into(below, h, ofVisible)) + top - logProbability(h, into(columns(below), v, ofHidden));
    });
    const seen = await numbersOn(await make(), () => {
      const directed = (bias: number[]) => [{ weight: tensor(below), bias: tensor(bias) }] as const;
      const params = {
        recognition: directed(ofHidden),
        generation: directed(ofVisible),
        top: { weight: tensor(above), visibleBias: tensor(ofHidden), hiddenBias: tensor(ofTop) },
      };
      const x = {
        visible: tensor(states.map(([v]) => v)),
        hidden1: tensor(states.map(([, h]) => h)),
      };
      return [network.logWeight(params, x), slope((p) => network.logWeight(p, x), params)];
    });
    expectCloseTo(seen.slice(0, 16), right, { absolute: 1e-2, relative: 1e-6 });
    expect(seen.slice(16).every(Number.isFinite)).toBe(true);
  });
});
