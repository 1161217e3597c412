import type { BlockConditional } from '@ebmkit/energy';
import {
  add,
  bernoulli,
  cast,
  concat,
  full,
  isFinite,
  key,
  matMul,
  readSync,
  reshape,
  sigmoid,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { describeKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { bothBlocks, describeBlockKernel } from '../../fixtures/block-suite.js';
import { backends } from '../../fixtures/both-backends.js';
import { repeat } from '../combinators/repeat.js';
import type { Blocks } from './gibbs.js';
import { randomBlockGibbs } from './random-block-gibbs.js';

const weights = [
  [1.5, -1, 0.4],
  [-0.7, 0.8, -1.2],
];
const [forHidden, forVisible] = [
  [0.3, -0.6],
  [-0.5, 0.2, 0.9],
];

/** A restricted Boltzmann machine of two hidden and three visible units. */
const machine: BlockConditional<'hidden' | 'visible'> = {
  blocks: ['hidden', 'visible'],
  sampleBlock: (k, name, { hidden, visible }) =>
    name === 'hidden'
      ? bernoulli(k, sigmoid(add(tensor(forHidden), matMul(visible as Tensor, tensor(weights), { transposeB: true }))))
      : bernoulli(k, sigmoid(add(tensor(forVisible), matMul(hidden as Tensor, tensor(weights))))),
};

/** The mean of every unit, hidden ones first, by adding up all states. */
function exactMeans(): readonly number[] {
  const states = Array.from({ length: 32 }, (_, s) => Array.from({ length: 5 }, (__, i) => (s >> i) & 1));
  const weighted = states.map((x) => {
    const pairs = weights.flatMap((row, i) => row.map((w, j) => w * (x[i] as number) * (x[2 + j] as number)));
    const bias = [...forHidden, ...forVisible].map((b, i) => b * (x[i] as number));
    return Math.exp([...pairs, ...bias].reduce((a, b) => a + b));
  });
  const total = weighted.reduce((a, b) => a + b);
  return Array.from({ length: 5 }, (_, i) =>
    states.reduce((a, x, s) => a + ((x[i] as number) * (weighted[s] as number)) / total, 0),
  );
}

describeBlockKernel('random-block Gibbs', {
  make: (model, times) => repeat(randomBlockGibbs(model), times),
  view: bothBlocks,
  times: [2, 4],
});

describeKernel('random-block Gibbs on a restricted Boltzmann machine', {
  make: () => randomBlockGibbs(machine),
  start: (): Blocks<'hidden' | 'visible'> => ({ hidden: zeros([64, 2], 'bool'), visible: full([64, 3], 1, 'bool') }),
  statistics: ({ hidden, visible }) => cast(concat([hidden, visible], 1), 'float32'),
  expected: exactMeans(),
  steps: 200,
  warmup: 30,
  broken: () => ({
    kernel: randomBlockGibbs({
      ...machine,
      finite: ({ visible }) =>
        isFinite(add(tensor([0, Number.NaN]), reshape(matMul(visible as Tensor, tensor([[0], [0], [0]])), [2]))),
    }),
    start: { hidden: zeros([2, 2], 'bool'), visible: zeros([2, 3], 'bool') },
    diverges: [false, true],
  }),
  backends,
});

describe('random-block Gibbs', () => {
  test('draws one block of each chain and leaves the other as it was', () => {
    const far: BlockConditional<'a' | 'b'> = { blocks: ['a', 'b'], sampleBlock: () => full([1000, 1], 1) };
    const kernel = randomBlockGibbs(far);
    const { position } = kernel.step(key(2), kernel.init({ a: zeros([1000, 1]), b: zeros([1000, 1]) }, key(0))).state;
    const [a, b] = [readSync(position.a), readSync(position.b)];
    const first = Array.from(a).reduce((n, v) => n + v, 0);
    a.forEach((v, n) => {
      expect(v + (b[n] as number)).toBe(1);
    });
    expect(Math.abs(first - 500)).toBeLessThan(5 * Math.sqrt(250));
  });

  test('refuses a model without blocks', () => {
    expect(() => randomBlockGibbs({ ...machine, blocks: [] })).toThrow(
      /randomBlockGibbs: expected a model with blocks/,
    );
  });
});
