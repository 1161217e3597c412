import {
  type Backend,
  fold,
  type Key,
  key,
  less,
  read,
  reference,
  type Tensor,
  type Tree,
  tensor,
  tensorsOf,
  uniform,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectCloseTo } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import { spreadParameters } from '../../fixtures/spread-parameters.js';
import { bernoulli } from '../units/bernoulli.js';
import { gaussian } from '../units/gaussian.js';
import { classRbm } from './class-rbm.js';
import { conditionalRbm } from './conditional-rbm.js';
import { convolutionalRbm } from './convolutional-rbm.js';
import { temporalRbm } from './temporal-rbm.js';

const n = 32;
const bitsOf = (shape: readonly number[]): Tensor => less(uniform(key(3), shape), 0.5);

/** The positions after three steps of a kernel. */
function walk<P extends Tree, S extends { readonly position: P }>(
  kernel: { readonly init: (position: P, key: Key) => S; readonly step: (key: Key, state: S) => { readonly state: S } },
  start: P,
): P {
  let state = kernel.init(start, key(5));
  for (let i = 0; i < 3; i++) state = kernel.step(fold(key(5), i), state).state;
  return state.position;
}

/** What is compared of each machine: numbers, and states that a kernel draws. */
const machines: readonly {
  readonly name: string;
  readonly see: () => { readonly numbers: readonly Tensor[]; readonly states: Tree };
}[] = [
  {
    name: 'class RBM',
    see: () => {
      const machine = classRbm({ visible: bernoulli(6), classes: 3, hidden: bernoulli(5) });
      const params = spreadParameters(machine.init(key(1)));
      const states = { visible: bitsOf([n, 6]), label: tensor(Int32Array.from({ length: n }, (_, i) => i % 3)) };
      return {
        numbers: [machine.energy(params, states), machine.classProbabilities(params, states.visible)],
        states: walk(machine.kernel(params), states),
      };
    },
  },
  {
    name: 'conditional RBM',
    see: () => {
      const machine = conditionalRbm({ visible: gaussian(4), hidden: bernoulli(5), given: 3 });
      const params = spreadParameters(machine.init(key(1)));
      const states = { visible: uniform(key(2), [n, 4]), given: uniform(key(4), [n, 3]) };
      return {
        numbers: [
          machine.energy(params, states),
          machine.logZ(params, states.given),
          machine.reconstruct(params, states),
        ],
        states: null,
      };
    },
  },
  {
    name: 'temporal RBM',
    see: () => {
      const machine = temporalRbm({ visible: bernoulli(4), hidden: bernoulli(5) });
      const params = spreadParameters(machine.init(key(1)));
      const sequences = bitsOf([n, 3, 4]);
      return {
        numbers: [
          machine.memory(params, sequences),
          machine.logProbability(params, sequences),
          machine.predict(params, sequences),
        ],
        states: [
          walk(machine.kernel(params), machine.observed(sequences)),
          machine.generate(key(6), params, { after: sequences, frames: 2, steps: 2 }),
        ],
      };
    },
  },
  {
    name: 'convolutional RBM',
    see: () => {
      const machine = convolutionalRbm({
        visible: bernoulli(2),
        size: [5, 4],
        filters: 3,
        filterSize: [3, 2],
        padding: 'same',
        pool: [1, 2],
      });
      const params = spreadParameters(machine.init(key(1)));
      const images = bitsOf([n, 5, 4, 2]);
      return {
        numbers: [
          machine.energy(params, images),
          machine.poolMean(params, images),
          machine.reconstruct(params, images),
        ],
        states: walk(machine.kernel(params), images),
      };
    },
  },
];

const valuesOf = async (tree: unknown): Promise<number[]> =>
  (await Promise.all(tensorsOf(tree).map((x) => read(x)))).flatMap((x) => Array.from(x, Number));

/** The numbers in double precision, and the states in single precision, on the reference backend. */
async function expected(see: (typeof machines)[number]['see'], active: Backend) {
  await useBackend(reference({ precision: 'float64' }));
  const numbers = await valuesOf(see().numbers);
  await useBackend(reference());
  const states = await valuesOf(see().states);
  await useBackend(active);
  return { numbers, states };
}

describe('the machines give the numbers of the reference backend, and draw its states', () => {
  const backends = [
    { name: 'wasm', make: () => wasm({ threads: 1 }) },
    { name: 'tfjs wasm', make: () => tfjs('wasm') },
  ];
  describe.each(backends)('$name', ({ make }) => {
    it.each(machines)('$name', async ({ see }) => {
      const active = await make();
      const right = await expected(see, active);
      const seen = see();
      expectCloseTo(await valuesOf(seen.numbers), right.numbers, { absolute: 1e-5, relative: 1e-5 });
      expect(await valuesOf(seen.states)).toEqual(right.states);
      await useBackend(reference());
    });
  });
});
