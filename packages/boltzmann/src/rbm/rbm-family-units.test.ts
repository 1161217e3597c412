import {
  key,
  logSumExp,
  mul,
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
import { expectCloseTo } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { spreadParameters } from '../../fixtures/spread-parameters.js';
import { enumerateStates } from '../likelihood/enumeration.js';
import { bernoulli } from '../units/bernoulli.js';
import { count } from '../units/count.js';
import { gaussian } from '../units/gaussian.js';
import { softmax as choices } from '../units/softmax.js';
import { spin } from '../units/spin.js';
import type { Units } from '../units/units.js';
import { classRbm } from './class-rbm.js';
import { conditionalRbm } from './conditional-rbm.js';
import { convolutionalRbm } from './convolutional-rbm.js';

const tight = { absolute: 1e-9 };
const times = <T>(n: number, f: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => f(i));

/** The rows of a tensor `[n, size]`. */
function rowsOf(x: Tensor): number[][] {
  const [n, size] = x.shape as readonly [number, number];
  const values = Array.from(readSync(x), Number);
  return times(n, (i) => values.slice(i * size, (i + 1) * size));
}

/** Every row of `a` beside every row of `b`, those of `b` changing faster. */
function combined(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  const [left, right] = [rowsOf(a), rowsOf(b)];
  return [tensor(left.flatMap((x) => right.map(() => x))), tensor(left.flatMap(() => right))];
}

/** Points of a grid on the plane, and its cell. */
const side = 101;
const spacing = 0.3;
const plane = () =>
  tensor(times(side ** 2, (i) => [Math.floor(i / side), i % side].map((x) => (x - (side - 1) / 2) * spacing)));

interface Case<V extends string> {
  readonly name: string;
  readonly visible: Units<V>;
  readonly hidden: Units;
  /** States to look at. */
  readonly states: () => Tensor;
  /** States over which to sum, and the log of the weight of each. */
  readonly all: () => { readonly states: Tensor; readonly logWeight: number };
}

/** All documents of two words out of three, each order by itself. */
const documents = () =>
  tensor(times(9, (i) => times(3, (word) => Number(i % 3 === word) + Number(Math.floor(i / 3) === word))));
const listed = (units: Units) => () => ({ states: enumerateStates(units), logWeight: 0 });

const cases: readonly Case<string>[] = [
  {
    name: 'real units with variances and spins',
    visible: gaussian(2, { learnVariance: true }),
    hidden: spin(3),
    states: () => normal(key(1), [5, 2]),
    all: () => ({ states: plane(), logWeight: 2 * Math.log(spacing) }),
  },
  {
    name: 'choices and bits',
    visible: choices(3, { units: 2 }),
    hidden: bernoulli(3),
    states: () => enumerateStates(choices(3, { units: 2 })),
    all: listed(choices(3, { units: 2 })),
  },
  {
    name: 'spins and choices',
    visible: spin(3),
    hidden: choices(4, { units: 2 }),
    states: () => enumerateStates(spin(3)),
    all: listed(spin(3)),
  },
  {
    name: 'words and bits',
    visible: count(3, { length: 2 }),
    hidden: bernoulli(3),
    states: documents,
    all: () => ({ states: documents(), logWeight: 0 }),
  },
];

describe.each(cases)('machines of $name', ({ visible, hidden, states, all }) => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  /** -log of the sum over hidden states, and their mean, from joint energies `[n * m]`. */
  const overHidden = (energies: Tensor, hiddenStates: Tensor) => {
    const table = reshape(neg(energies), [-1, hiddenStates.shape[0] as number]);
    const probabilities = rowsOf(softmax(table));
    const rows = rowsOf(hiddenStates);
    const mean = probabilities.flatMap((p) =>
      times(hidden.size, (j) => p.reduce((s, q, i) => s + q * (rows[i]?.[j] as number), 0)),
    );
    return { freeEnergy: readSync(neg(logSumExp(table, 1))), mean };
  };

  it('class RBM: hidden units and label sum out', () => {
    const machine = classRbm({ visible, classes: 2, hidden });
    const params = spreadParameters(machine.init(key(1)));
    const hiddenStates = enumerateStates(hidden);
    const seen = states();
    const n = seen.shape[0] as number;
    const scores = [0, 1].map((y) => {
      const [v, h] = combined(seen, hiddenStates);
      const label = tensor(new Int32Array(v.shape[0] as number).fill(y));
      const exact = overHidden(machine.jointEnergy(params, { visible: v, label, hidden: h }), hiddenStates);
      const labelled = { visible: seen, label: tensor(new Int32Array(n).fill(y)) };
      expectCloseTo(readSync(machine.freeEnergy(params, labelled)), [...exact.freeEnergy], tight);
      expectCloseTo(readSync(machine.hiddenMean(params, labelled)), exact.mean, tight);
      return exact.freeEnergy;
    });
    const weights = times(n, (i) => scores.map((f) => Math.exp(-(f[i] as number))));
    expectCloseTo(
      readSync(machine.classProbabilities(params, seen)),
      weights.flatMap(([a = 0, b = 0]) => [a / (a + b), b / (a + b)]),
      tight,
    );
  });

  it('conditional RBM: hidden units sum out, and the normaliser is the sum over the visible ones', () => {
    const machine = conditionalRbm({ visible, hidden, given: 2 });
    const params = spreadParameters(machine.init(key(1)));
    const given = tensor([[0.8, -0.5]]);
    const hiddenStates = enumerateStates(hidden);
    const [v, h] = combined(states(), hiddenStates);
    const exact = overHidden(machine.jointEnergy(params, { visible: v, hidden: h, given }), hiddenStates);
    const seen = { visible: states(), given };
    expectCloseTo(readSync(machine.freeEnergy(params, seen)), [...exact.freeEnergy], tight);
    expectCloseTo(readSync(machine.hiddenMean(params, seen)), exact.mean, tight);
    const { states: every, logWeight } = all();
    const logZ = readSync(logSumExp(neg(machine.freeEnergy(params, { visible: every, given }))))[0] as number;
    expectCloseTo(readSync(machine.logZ(params, given)), [logZ + logWeight], { absolute: 1e-8 });
  });
});

describe('units in their place', () => {
  it('a pixel of choices is a pixel with one of several colours', async () => {
    await useBackend(reference({ precision: 'float64' }));
    const colours = choices(3);
    const machine = convolutionalRbm({ visible: colours, size: [2, 2], filters: 2, filterSize: [1, 2], pool: [2, 1] });
    const params = spreadParameters(machine.init(key(1)));
    const hidden = tensor([1, 0, 0, 1], [1, 2, 1, 2], 'bool');
    const images = reshape(enumerateStates(choices(3, { units: 4 })), [81, 2, 2, 3]);
    const weights = softmax(
      neg(
        machine.jointEnergy(params, {
          visible: images,
          hidden: tensor(times(81, () => [1, 0, 0, 1]).flat(), [81, 2, 1, 2], 'bool'),
        }),
      ),
    );
    const mean = sum(mul(images, reshape(weights, [81, 1, 1, 1])), 0);
    expectCloseTo(readSync(machine.visibleMean(params, hidden)), [...readSync(mean)], tight);
  });

  it('word counts are no pixels, and are not hidden', () => {
    const words = count(3, { length: 2 });
    expect(() => convolutionalRbm({ visible: words, size: [2, 2], filters: 1, filterSize: [1, 1] })).toThrow(
      'convolutionalRbm: visible: count units are not units of one pixel.',
    );
    expect(() => classRbm({ visible: bernoulli(2), classes: 2, hidden: words })).toThrow('can only be visible');
    expect(() => conditionalRbm({ visible: bernoulli(2), hidden: words, given: 1 })).toThrow('can only be visible');
  });
});
