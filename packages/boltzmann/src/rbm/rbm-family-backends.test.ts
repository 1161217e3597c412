import {
  fold,
  grad,
  type Key,
  key,
  less,
  mul,
  normal,
  reference,
  sum,
  type Tensor,
  type Tree,
  tensor,
  uniform,
} from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { describe, expect, it } from 'vitest';
import { backends, inDoublePrecision, numbersOn } from '../../fixtures/on-backends.js';
import { spreadParameters } from '../../fixtures/spread-parameters.js';
import { bernoulli } from '../units/bernoulli.js';
import { gaussian } from '../units/gaussian.js';
import { mixed } from '../units/mixed.js';
import { relu } from '../units/relu.js';
import { softmax } from '../units/softmax.js';
import { spin } from '../units/spin.js';
import { classRbm } from './class-rbm.js';
import { conditionalRbm } from './conditional-rbm.js';
import { convolutionalRbm } from './convolutional-rbm.js';
import { temporalRbm } from './temporal-rbm.js';

const n = 32;
const bitsOf = (shape: readonly number[]): Tensor => less(uniform(key(3), shape), 0.5);

/** The gradient of the sum of a function of parameters, whose rows are weighted so that none stands for another. */
const slope = <P extends Tree>(f: (params: P) => Tensor, params: P): Tree =>
  grad((p: P) => {
    const values = f(p);
    return sum(mul(values, normal(key(8), values.shape)));
  })(params);

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
  readonly see: () => { readonly numbers: Tree; readonly states: Tree };
}[] = [
  {
    name: 'class RBM',
    see: () => {
      const machine = classRbm({ visible: bernoulli(6), classes: 3, hidden: bernoulli(5) });
      const params = spreadParameters(machine.init(key(1)));
      const states = { visible: bitsOf([n, 6]), label: tensor(Int32Array.from({ length: n }, (_, i) => i % 3)) };
      return {
        numbers: [
          machine.energy(params, states),
          machine.classProbabilities(params, states.visible),
          machine.hiddenMean(params, states),
          slope((p) => machine.energy(p, states), params),
          slope((p) => machine.logProbability(p, states), params),
          slope((p) => machine.visibleFreeEnergy(p, states.visible), params),
        ],
        states: walk(machine.kernel(params), states),
      };
    },
  },
  {
    name: 'class RBM of spins, bits and choices',
    see: () => {
      const machine = classRbm({ visible: mixed([bernoulli(2), softmax(3)]), classes: 3, hidden: spin(3) });
      const params = spreadParameters(machine.init(key(1)));
      const visible = tensor([
        [1, 0, 1, 0, 0],
        [0, 1, 0, 0, 1],
        [1, 1, 0, 1, 0],
      ]);
      const states = { visible, label: tensor(Int32Array.of(2, 0, 2)) };
      return {
        numbers: [
          machine.freeEnergy(params, states),
          machine.hiddenMean(params, states),
          slope((p) => machine.energy(p, states), params),
          slope((p) => machine.logProbability(p, states), params),
        ],
        states: null,
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
          machine.hiddenMean(params, states),
          slope((p) => machine.energy(p, states), params),
          slope((p) => machine.logProbability(p, states), params),
        ],
        states: null,
      };
    },
  },
  {
    name: 'conditional RBM of real units with variances and relu units',
    see: () => {
      const machine = conditionalRbm({ visible: gaussian(3, { learnVariance: true }), hidden: relu(2), given: 2 });
      const params = spreadParameters(machine.init(key(1)));
      const states = { visible: normal(key(2), [n, 3]), given: normal(key(4), [n, 2]) };
      return {
        numbers: [
          machine.energy(params, states),
          machine.hiddenMean(params, states),
          slope((p) => machine.energy(p, states), params),
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
          machine.hiddenMean(params, sequences),
          slope((p) => machine.energy(p, machine.observed(sequences)), params),
          slope((p) => machine.logProbability(p, sequences), params),
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
          machine.hiddenMean(params, images),
          slope((p) => machine.energy(p, images), params),
          slope((p) => machine.poolMean(p, images), params),
        ],
        states: walk(machine.kernel(params), images),
      };
    },
  },
];

describe('the machines give the numbers of the reference backend, and draw its states', () => {
  describe.each(backends)('$name', ({ make }) => {
    it.each(machines)('$name', async ({ see }) => {
      const right = await inDoublePrecision(() => see().numbers);
      const drawn = await numbersOn(reference(), () => see().states);
      const active = await make();
      expectCloseTo(await numbersOn(active, () => see().numbers), right, { absolute: 1e-5, relative: 1e-5 });
      expect(await numbersOn(active, () => see().states)).toEqual(drawn);
    });
  });
});
