import type { BlockConditional } from '@ebmkit/energy';
import { clampBlock } from '@ebmkit/energy';
import {
  add,
  bernoulli,
  cast,
  concat,
  equal,
  full,
  isFinite,
  key,
  matMul,
  mul,
  neg,
  normal,
  ones,
  range,
  readSync,
  reshape,
  sigmoid,
  sum,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { describeKernel, enumerate, enumerateDistribution } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { bothBlocks, describeBlockKernel, evenBlock } from '../../fixtures/block-suite.js';
import { backends } from '../../fixtures/both-backends.js';
import { repeat } from '../combinators/repeat.js';
import { alternatingGibbs, type Blocks, gibbs } from './gibbs.js';

/** A binary machine of layers in a row, each joined to the next: two layers are a restricted Boltzmann machine. */
interface Layered<B extends string> {
  readonly names: readonly B[];
  readonly sizes: readonly number[];
  readonly biases: readonly (readonly number[])[];
  readonly weights: readonly (readonly (readonly number[])[])[];
}

const restricted: Layered<'hidden' | 'visible'> = {
  names: ['hidden', 'visible'],
  sizes: [2, 3],
  biases: [
    [0.3, -0.6],
    [-0.5, 0.2, 0.9],
  ],
  weights: [
    [
      [1.5, -1, 0.4],
      [-0.7, 0.8, -1.2],
    ],
  ],
};

const deep: Layered<'visible' | 'middle' | 'top'> = {
  names: ['visible', 'middle', 'top'],
  sizes: [2, 2, 1],
  biases: [[0.4, -0.3], [-0.2, 0.5], [0.1]],
  weights: [
    [
      [1.2, -0.8],
      [0.5, 1],
    ],
    [[-1.5], [0.9]],
  ],
};

/** The input to layer `i` from the layers beside it. */
function inputTo<B extends string>(machine: Layered<B>, i: number, x: Readonly<Partial<Record<B, Tensor>>>): Tensor {
  const { names, biases, weights } = machine;
  const [below, above] = [names[i - 1], names[i + 1]].map((name) => name && x[name]);
  let input: Tensor = tensor([...(biases[i] as number[])]);
  if (below) input = add(input, matMul(below, tensor(weights[i - 1] as number[][])));
  if (above) input = add(input, matMul(above, tensor(weights[i] as number[][]), { transposeB: true }));
  return input;
}

function conditionalOf<B extends string>(machine: Layered<B>): BlockConditional<B> {
  return {
    blocks: machine.names,
    sampleBlock: (k, name, x) => bernoulli(k, sigmoid(inputTo(machine, machine.names.indexOf(name), x))),
  };
}

/** The energy of states whose units stand side by side, layer after layer. */
function energyOf<B extends string>({ sizes, biases, weights }: Layered<B>, states: Tensor): Tensor {
  const n = states.shape[0] as number;
  const flat = cast(states, 'float32');
  const total = sizes.reduce((a, b) => a + b, 0);
  const couplings = Array.from({ length: total }, () => Array.from({ length: total }, () => 0));
  const offset = (layer: number): number => sizes.slice(0, layer).reduce((a, b) => a + b, 0);
  weights.forEach((matrix, layer) => {
    matrix.forEach((row, i) => {
      row.forEach((w, j) => {
        (couplings[offset(layer) + i] as number[])[offset(layer + 1) + j] = w;
      });
    });
  });
  const pairs = sum(mul(matMul(flat, tensor(couplings)), flat), 1);
  return neg(add(pairs, reshape(matMul(flat, tensor(biases.flat().map((b) => [b]))), [n])));
}

/** Indicators of each state, `[n, 2^bits]`. */
function indicators(states: Tensor): Tensor {
  const [n, bits] = states.shape as [number, number];
  const powers = tensor(Array.from({ length: bits }, (_, j) => [2 ** j]));
  const code = cast(matMul(cast(states, 'float32'), powers), 'int32');
  return cast(equal(reshape(code, [n, 1]), range(2 ** bits)), 'float32');
}

const chains = 64;
const joint = await enumerateDistribution((x) => energyOf(restricted, x), 5);
const deepJoint = await enumerateDistribution((x) => energyOf(deep, x), 5);
/** Visible units are the upper three bits of a joint state. */
const visibleMarginal = Array.from({ length: 8 }, (_, v) =>
  Array.from({ length: 4 }, (_, h) => joint.probabilities[v * 4 + h] as number).reduce((a, b) => a + b),
);

/** A pair of Gaussian blocks whose conditionals are NaN where the chain begins far out. */
const brittle: BlockConditional<'left' | 'right'> = {
  blocks: ['left', 'right'],
  sampleBlock: (k, name, x) => {
    const other = x[name === 'left' ? 'right' : 'left'] as Tensor;
    return add(normal(k, other.shape), mul(other, 1e30));
  },
};

/** A binary machine whose parameters are NaN: its draws look harmless, so it has to say so itself. */
const lost: BlockConditional<'hidden' | 'visible'> = {
  ...conditionalOf({
    ...restricted,
    biases: [
      [Number.NaN, 0],
      [0, 0, 0],
    ],
  }),
  finite: () => isFinite(tensor(Number.NaN)),
};

describeBlockKernel('block Gibbs', {
  make: (model, times) => repeat(gibbs(model), times),
  view: bothBlocks,
  times: [1, 3],
});

describeBlockKernel('alternating Gibbs', {
  make: (model, times) => repeat(alternatingGibbs(model, 'even'), times),
  view: evenBlock,
  times: [1, 3],
});

describeKernel('block Gibbs on a restricted Boltzmann machine', {
  make: () => gibbs(conditionalOf(restricted)),
  start: (): Blocks<'hidden' | 'visible'> => ({
    hidden: full([chains, 2], 1, 'bool'),
    visible: full([chains, 3], 1, 'bool'),
  }),
  statistics: ({ hidden, visible }) => indicators(concat([hidden, visible], 1)),
  expected: joint.probabilities,
  broken: () => ({
    kernel: gibbs(lost),
    start: { hidden: full([2, 2], 1, 'bool'), visible: full([2, 3], 1, 'bool') },
    diverges: [true, true],
  }),
  backends,
});

describeKernel('block Gibbs on a machine of three layers', {
  make: () => gibbs(conditionalOf(deep)),
  start: () => ({
    visible: full([chains, 2], 0, 'bool'),
    middle: full([chains, 2], 0, 'bool'),
    top: full([chains, 1], 1, 'bool'),
  }),
  statistics: ({ visible, middle, top }) => indicators(concat([visible, middle, top], 1)),
  expected: deepJoint.probabilities,
  broken: () => ({
    kernel: gibbs({
      ...conditionalOf(deep),
      finite: ({ top }) => isFinite(add(tensor([Number.NaN, 0]), reshape(cast(top as Tensor, 'float32'), [2]))),
    }),
    start: { visible: full([2, 2], 1, 'bool'), middle: full([2, 2], 0, 'bool'), top: full([2, 1], 0, 'bool') },
    diverges: [true, false],
  }),
  backends,
});

describeKernel('alternating Gibbs seen from the visible block', {
  make: () => alternatingGibbs(conditionalOf(restricted), 'visible'),
  start: () => full([chains, 3], 0, 'bool'),
  statistics: indicators,
  expected: visibleMarginal,
  broken: () => ({
    kernel: alternatingGibbs(brittle, 'left'),
    start: tensor([
      [0.5, 1],
      [1e20, 1],
    ]),
    diverges: [true, true],
  }),
  backends,
});

describeKernel('ten steps of alternating Gibbs', {
  make: () => repeat(alternatingGibbs(conditionalOf(restricted), 'visible'), 10),
  start: () => full([chains, 3], 0, 'bool'),
  statistics: indicators,
  expected: visibleMarginal,
  steps: 100,
  broken: () => ({
    kernel: repeat(alternatingGibbs(lost, 'visible'), 10),
    start: full([2, 3], 1, 'bool'),
    diverges: [true, true],
  }),
  backends,
});

const given = [false, true, false];
const consistent = visibleMarginal.map((p, v) => (((v >> 1) & 1) === 1 ? p : 0));
const evidence = consistent.reduce((a, b) => a + b);

describeKernel('alternating Gibbs with a clamped unit', {
  make: () =>
    alternatingGibbs(clampBlock(conditionalOf(restricted), 'visible', tensor(given), full([], 1, 'bool')), 'visible'),
  start: () => full([chains, 3], 0, 'bool'),
  statistics: indicators,
  expected: consistent.map((p) => p / evidence),
  broken: () => ({
    kernel: alternatingGibbs(clampBlock(lost, 'visible', tensor(given), 1), 'visible'),
    start: full([2, 3], 1, 'bool'),
    diverges: [true, true],
  }),
  backends,
});

describe('Gibbs sampling', () => {
  test('keeps bool blocks bool, and turns real-valued data into states', () => {
    const kernel = alternatingGibbs(conditionalOf(restricted), 'visible');
    const start = mul(ones([4, 3]), 0.5);
    const { state, info } = kernel.step(key(1), kernel.init(start, key(0)));
    expect(state.position.dtype).toBe('bool');
    expect(Array.from(readSync(info.accepted))).toEqual([1, 1, 1, 1]);
    expect(Array.from(readSync(info.acceptanceProbability))).toEqual([1, 1, 1, 1]);
  });

  test('wrong arguments say what is right', () => {
    const conditional = conditionalOf(restricted);
    // @ts-expect-error there is no such block
    expect(() => alternatingGibbs(conditional, 'top')).toThrow(
      /alternatingGibbs: expected one of several blocks.*hidden, visible/,
    );
    expect(() => gibbs({ ...conditional, blocks: [] })).toThrow(/gibbs: expected a model with blocks/);
    // @ts-expect-error a block is missing
    expect(() => gibbs(conditional).init({ visible: tensor(1) }, key(1))).toThrow(/positions \[chains, ...event\]/);
    expect(() => gibbs(conditional).init({ visible: zeros([2, 3]), hidden: zeros([3, 2]) }, key(1))).toThrow(
      /share their first axis/,
    );
  });

  test('the enumerator and the machine agree on the energy of a state', () => {
    const energies = readSync(energyOf(restricted, enumerate(5)));
    expect(energies[0]).toBeCloseTo(0, 6);
    expect(energies[1]).toBeCloseTo(-0.3, 6);
    expect(energies[0b00101]).toBeCloseTo(-(0.3 - 0.5 + 1.5), 6);
  });
});
