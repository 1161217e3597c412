import { cast, concat, full, gather, mul, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, expectInvariance, onEach } from '@ebmkit/test-kit';
import { it } from 'vitest';
import { smallMachine } from '../../fixtures/small-machine.js';
import {
  givenHidden,
  type PlainLayer,
  type PlainMachine,
  plainBernoulli,
  plainCount,
  plainGaussian,
  plainMixed,
  plainRelu,
  plainSoftmax,
  plainSpin,
  statesOf,
} from '../../fixtures/unit-oracle.js';
import {
  bernoulli,
  count,
  gaussian,
  mixed,
  type RbmParameters,
  rbm,
  relu,
  softmax,
  spin,
  type Units,
} from '../index.js';

interface InvarianceCase {
  readonly visible: readonly [unknown, PlainLayer];
  readonly hidden: readonly [unknown, PlainLayer];
  /** The words of a document, where visible states are one. */
  readonly length?: number;
  /** Pairs of columns whose product is watched: of two sites, so that they are independent given the hidden layer. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Columns whose square is watched, of variance 1 given the hidden layer. */
  readonly squares?: readonly number[];
}

const allPairs = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].filter((j) => j > i).map((j) => [i, j] as const));
const cases: Readonly<Record<string, InvarianceCase>> = {
  'gaussian-bernoulli': {
    visible: [gaussian(4), plainGaussian(4)],
    hidden: [bernoulli(3), plainBernoulli(3)],
    pairs: allPairs,
    squares: [0, 1, 2, 3],
  },
  'softmax-spin': {
    visible: [softmax(2, { units: 2 }), plainSoftmax(2, 2)],
    hidden: [spin(3), plainSpin(3)],
    pairs: allPairs.filter(([i, j]) => i < 2 && j >= 2),
  },
  'bit, real and choice beside spin and choice': {
    visible: [
      mixed([bernoulli(1), gaussian(1), softmax(2)]),
      plainMixed([plainBernoulli(1), plainGaussian(1), plainSoftmax(2, 1)]),
    ],
    hidden: [mixed([spin(1), softmax(2)]), plainMixed([plainSpin(1), plainSoftmax(2, 1)])],
    pairs: allPairs.filter(([i]) => i < 2),
    squares: [1],
  },
  'relu-bernoulli': { visible: [relu(4), plainRelu(4)], hidden: [bernoulli(3), plainBernoulli(3)], pairs: allPairs },
  'count-bernoulli': {
    visible: [count(4, { longest: 5 }), plainCount(4)],
    hidden: [bernoulli(3), plainBernoulli(3)],
    length: 5,
    pairs: allPairs,
  },
};

const chains = 128;

/** The machine of a case, with weights of order one half. */
function caseOf({ visible, hidden, length, pairs, squares = [] }: InvarianceCase) {
  const numbers = smallMachine(3, 4, 3);
  const plain: PlainMachine = { visible: visible[1], hidden: hidden[1], isDocument: length !== undefined };
  const halved = (x: readonly number[]) => x.map((y) => y / 2);
  const own = { visible: { bias: halved(numbers.visibleBias) }, hidden: { bias: halved(numbers.hiddenBias) } };
  const weight = numbers.weight.map(halved);
  const states = statesOf(plain.hidden, own.hidden);
  const given = states.map((h) => givenHidden(plain, { weight, ...own }, h, length ?? 1));
  const weights = given.map(({ freeEnergy }) => Math.exp(-freeEnergy));
  const z = weights.reduce((a, b) => a + b);
  const average = (f: (mean: readonly number[]) => number) =>
    given.reduce((sum, { mean }, i) => sum + ((weights[i] as number) / z) * f(mean), 0);
  const at = (x: readonly number[], i: number) => x[i] as number;
  // Two numbers of a state are independent given the hidden layer, but a word of a document is not two words.
  const together = length === undefined ? 1 : (length - 1) / length;
  const columns = (x: Tensor, which: readonly number[]) => gather(x, tensor([...which], [which.length], 'int32'), 1);
  return {
    make: () =>
      rbm({ visible: visible[0] as Units, hidden: hidden[0] as Units }).kernel({
        weight: tensor(weight),
        visibleBias: tensor(own.visible.bias),
        hiddenBias: tensor(own.hidden.bias),
      } satisfies RbmParameters),
    start: () =>
      length === undefined ? zeros([chains, 4]) : concat([full([chains, 1], length), zeros([chains, 3])], 1),
    statistics: (x: Tensor) => {
      const y = cast(x, 'float32');
      const product = (a: readonly number[], b: readonly number[]) =>
        a.length > 0 ? [mul(columns(y, a), columns(y, b))] : [];
      return concat(
        [
          y,
          ...product(
            pairs.map(([i]) => i),
            pairs.map(([, j]) => j),
          ),
          ...product(squares, squares),
        ],
        1,
      );
    },
    expected: [
      ...[0, 1, 2, 3].map((i) => average((m) => at(m, i))),
      ...pairs.map(([i, j]) => average((m) => together * at(m, i) * at(m, j))),
      ...squares.map((i) => average((m) => at(m, i) ** 2 + 1)),
    ],
  };
}

const compiled = { name: 'wasm', make: () => wasm({ threads: 1 }) };
onEach(
  'block Gibbs sampling leaves its machine invariant',
  [compiled, { name: 'tfjs wasm', make: () => tfjs('wasm') }],
  () => {
    it.each(Object.keys(cases))('%s', async (name) => {
      await expectInvariance({ ...caseOf(cases[name] as InvarianceCase), steps: 100, warmup: 30 });
    });
  },
);

const mixedCase = caseOf(cases['bit, real and choice beside spin and choice'] as InvarianceCase);
describeKernel('the kernel of a mixed machine', {
  ...mixedCase,
  steps: 100,
  warmup: 30,
  broken: () => {
    const machine = rbm({
      visible: mixed([bernoulli(1), gaussian(1), softmax(2)]),
      hidden: mixed([spin(1), softmax(2)]),
    });
    const params = { weight: zeros([4, 3]), visibleBias: zeros([4]), hiddenBias: tensor([0, Number.NaN, 0]) };
    return { kernel: machine.kernel(params), start: zeros([3, 4]), diverges: [true, true, true] };
  },
  backends: [compiled],
});
