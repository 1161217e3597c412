import { grad, sum, type Tensor, tensor } from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import { describe, it } from 'vitest';
import { everywhere, numbersOn } from '../../fixtures/on-backends.js';
import { bits } from '../../fixtures/small-machine.js';
import { logSumOf } from '../../fixtures/unit-oracle.js';
import { bernoulli, classRbm, conditionalRbm, convolutionalRbm } from '../index.js';

/** Inputs of units are whole multiples of this, so that a unit is on, off, or fair. */
const far = 5000;
const times = (x: readonly number[]): number[] => x.map((value) => value * far);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * (b[i] as number), 0);
const states = [0, 1, 2, 3].map((i) => bits(i, 2));

const weight = [times([2, -4]), times([6, -2])] as const;
const [b, c] = [times([2, -3]), times([-4, 3])];
/** What each class, and a given number, adds to the input of the hidden units, and of the visible units or to the energy. */
const drives = [
  { hidden: times([1, -4]), visible: times([2, 1]), bias: far },
  { hidden: times([-4, 6]), visible: times([-3, 4]), bias: -2 * far },
];

/** Minus the energy of every hidden state by its definition, given visible states and a drive. */
const negatives = (v: readonly number[], hidden: readonly number[], visible: readonly number[]) =>
  states.map((h) => {
    const met = dot(
      v,
      weight.map((row) => dot(row, h)),
    );
    return met + dot(b, v) + dot(c, h) + dot(hidden, h) + dot(visible, v);
  });
/** The free energy, and the mean of the hidden units, by sums over their states. */
function summedOut(logs: readonly number[], hiddenStates: readonly (readonly number[])[]) {
  const logZ = logSumOf(logs);
  const mean = (hiddenStates[0] as readonly number[]).map((_, j) =>
    logs.reduce((total, log, i) => total + Math.exp(log - logZ) * (hiddenStates[i]?.[j] as number), 0),
  );
  return { freeEnergy: -logZ, mean };
}
/** Minus the slope of a free energy in the hidden biases is the sum of the hidden means over rows. */
const pulls = (means: readonly (readonly number[])[]): number[] =>
  (means[0] as readonly number[]).map((_, j) => -means.reduce((total, mean) => total + (mean[j] as number), 0));
const slope = <P extends { readonly hiddenBias: Tensor }>(f: (params: P) => Tensor, params: P): Tensor =>
  grad((p: P) => sum(f(p)))(params).hiddenBias;

interface Case {
  readonly name: string;
  readonly see: () => readonly Tensor[];
  readonly right: readonly number[];
}

function classCase(): Case {
  const rows = states.flatMap((v) => [0, 1].map((y) => ({ v, y })));
  const exact = rows.map(({ v, y }) => {
    const { hidden, bias } = drives[y] as (typeof drives)[0];
    return summedOut(
      negatives(v, hidden, [0, 0]).map((x) => x + bias),
      states,
    );
  });
  const free = exact.map(({ freeEnergy }) => freeEnergy);
  const unlabelled = states.map((_, i) => -logSumOf([-(free[2 * i] as number), -(free[2 * i + 1] as number)]));
  const logShares = free.map((f, i) => (unlabelled[Math.floor(i / 2)] as number) - f);
  return {
    name: 'class RBM',
    right: [
      ...free,
      ...exact.flatMap(({ mean }) => mean),
      ...pulls(exact.map(({ mean }) => mean)),
      ...unlabelled,
      ...logShares,
      ...logShares.map(Math.exp),
    ],
    see: () => {
      const machine = classRbm({ visible: bernoulli(2), classes: 2, hidden: bernoulli(2) });
      const params = {
        weight: tensor(weight),
        visibleBias: tensor(b),
        hiddenBias: tensor(c),
        labelWeight: tensor(drives.map(({ hidden }) => hidden)),
        labelBias: tensor(drives.map(({ bias }) => bias)),
      };
      const x = { visible: tensor(rows.map(({ v }) => v)), label: tensor(Int32Array.from(rows, ({ y }) => y)) };
      return [
        machine.freeEnergy(params, x),
        machine.hiddenMean(params, x),
        slope((p) => machine.freeEnergy(p, x), params),
        machine.visibleFreeEnergy(params, tensor(states)),
        machine.logProbability(params, x),
        machine.classProbabilities(params, tensor(states)),
      ];
    },
  };
}

function conditionalCase(): Case {
  const { hidden, visible } = drives[1] as (typeof drives)[0];
  const exact = states.map((v) => summedOut(negatives(v, hidden, visible), states));
  const free = exact.map(({ freeEnergy }) => freeEnergy);
  const logZ = logSumOf(free.map((f) => -f));
  return {
    name: 'conditional RBM',
    right: [
      ...free,
      ...exact.flatMap(({ mean }) => mean),
      ...pulls(exact.map(({ mean }) => mean)),
      logZ,
      ...free.map((f) => -f - logZ),
    ],
    see: () => {
      const machine = conditionalRbm({ visible: bernoulli(2), hidden: bernoulli(2), given: 1 });
      const params = {
        weight: tensor(weight),
        visibleBias: tensor(b),
        hiddenBias: tensor(c),
        givenToHidden: tensor([hidden]),
        givenToVisible: tensor([visible]),
      };
      const x = { visible: tensor(states), given: tensor([[1]]) };
      return [
        machine.freeEnergy(params, x),
        machine.hiddenMean(params, x),
        slope((p) => machine.freeEnergy(p, x), params),
        machine.logZ(params, x.given),
        machine.logProbability(params, x),
      ];
    },
  };
}

/** Images of two rows of two pixels; one filter sees a row, and of the two units of its grid at most one is on. */
function convolutionalCase(): Case {
  const [filter, bias, visibleBias] = [times([4, -6]), 2 * far, far];
  const images = states.flatMap((top) => states.map((bottom) => [top, bottom]));
  const exact = images.map((image) => {
    const inputs = image.map((row) => dot(filter, row) + bias);
    const own = visibleBias * dot(image.flat(), [1, 1, 1, 1]);
    return summedOut(
      [0, ...inputs].map((x) => x + own),
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
    );
  });
  const [free, means] = [exact.map(({ freeEnergy }) => freeEnergy), exact.map(({ mean }) => mean)];
  const on = means.map((mean) => dot(mean, [1, 1]));
  return {
    name: 'convolutional RBM',
    right: [...free, ...means.flat(), ...pulls(on.map((x) => [x])), ...on],
    see: () => {
      const machine = convolutionalRbm({
        visible: bernoulli(1),
        size: [2, 2],
        filters: 1,
        filterSize: [1, 2],
        pool: [2, 1],
      });
      const params = {
        weight: tensor(filter, [1, 2, 1, 1]),
        hiddenBias: tensor([bias]),
        visibleBias: tensor([visibleBias]),
      };
      const x = tensor(images.flat(2), [images.length, 2, 2, 1]);
      return [
        machine.freeEnergy(params, x),
        machine.hiddenMean(params, x),
        slope((p) => machine.freeEnergy(p, x), params),
        machine.poolMean(params, x),
      ];
    },
  };
}

const cases = [classCase(), conditionalCase(), convolutionalCase()];

describe.each(everywhere)('units that are far from fair, on $name', ({ make }) => {
  it.each(cases)('$name: free energies, means and slopes are the sums over hidden states', async ({ see, right }) => {
    expectCloseTo(await numbersOn(await make(), see), right, { absolute: 1e-3, relative: 1e-6 });
  });
});
