import { bind, clamp, clampBlock } from '@ebmkit/energy';
import { binaryStates, gibbs, gibbsWithGradients } from '@ebmkit/samplers';
import { cast, concat, equal, full, key, matMul, readSync, slice, type Tensor, tensor } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { describeKernel, expectInvariance, onEach, type SuiteBackend } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import {
  flatTables,
  jointStates,
  meansUnder,
  mixedGraph,
  type PlainMachine,
  plainEnergy,
  plainMachine,
  plainStatistics,
  valuesOf,
} from '../../fixtures/graph-oracle.js';
import { type BoltzmannMachine, boltzmannMachine, type GraphParameters } from '../index.js';

const backends: readonly SuiteBackend[] = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

function paramsOf({ bias, weight }: PlainMachine, machine: BoltzmannMachine): GraphParameters {
  const shapes = machine.init(key(0));
  return { bias: tensor(flatTables(bias), shapes.bias.shape), weight: tensor(flatTables(weight), shapes.weight.shape) };
}

/** The lowest state of every node. */
const lowestOf = ({ graph }: BoltzmannMachine): number[] => graph.nodes.map((kind) => valuesOf(kind)[0] as number);

/** The same for some chains. */
function lowest(machine: BoltzmannMachine, chains: number): Tensor {
  const row = lowestOf(machine);
  return tensor(
    Array.from({ length: chains }, () => row),
    undefined,
    machine.dtype,
  );
}

/** Two numbers in turns, one for each chain. */
const alternating = (pair: readonly number[]): number[] =>
  Array.from({ length: chains }, (_, i) => pair[i % 2] as number);

/**
 * What is averaged over the chains, for each state: the value of every node, the product of every pair, and what the parameters count
 * for, but for what is the same in all states that have any probability. With its means under these probabilities.
 */
function quantities(plain: PlainMachine, probabilities: readonly number[]) {
  const states = jointStates(plain.graph.nodes);
  const all = states.map((x) => [
    ...x,
    ...x.flatMap((a, i) => x.slice(i + 1).map((b) => a * b)),
    ...plainStatistics(plain, x),
  ]);
  const likely = all.filter((_, i) => (probabilities[i] as number) > 0);
  const rows = all.map((row) => row.filter((_, q) => new Set(likely.map((other) => other[q])).size > 1));
  // Values are −1 … 2, so that they are digits in base 4 which no two states share.
  const digits = plain.graph.nodes.map((_, i) => [4 ** i]);
  const codes = states.map((x) => x.reduce((total, value, i) => total + value * 4 ** i, 0));
  return {
    statistics: (x: Tensor): Tensor => {
      const here = equal(matMul(cast(x, 'float32'), tensor(digits)), tensor(codes, [1, states.length]));
      return matMul(cast(here, 'float32'), tensor(rows));
    },
    expected: meansUnder(probabilities, rows),
  };
}

/** Probabilities of the joint states in proportion to those of a machine to a power, where a condition holds. */
function shaped(plain: PlainMachine, beta: number, holds: (x: readonly number[]) => boolean = () => true): number[] {
  const states = jointStates(plain.graph.nodes);
  const weights = states.map((x) => (holds(x) ? Math.exp(-beta * plainEnergy(plain, x)) : 0));
  const z = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / z);
}

const chains = 128;
const [steps, warmup] = [50, 10];
const mixed = plainMachine(mixedGraph);
const machine = boltzmannMachine({ graph: mixedGraph, hidden: [5, 1, 2] });

/** One node of each kind: what the contract of kernels is tested on, which takes a thousand steps. */
const small = plainMachine({
  nodes: ['spin', { categorical: 3 }, 'bool'],
  interactions: [
    [0, 1],
    [1, 2],
  ],
});
const smallMachine = boltzmannMachine({ graph: small.graph });

describeKernel('coloured sweeps over a bit, a spin and a category', {
  make: () => smallMachine.kernel(paramsOf(small, smallMachine)),
  start: () => lowest(smallMachine, 64),
  ...quantities(small, shaped(small, 1)),
  steps: 150,
  warmup,
  broken: () => {
    const params = paramsOf(small, smallMachine);
    const broken = { ...params, weight: concat([slice(params.weight, [0, 0], [1, 3]), full([1, 3], Number.NaN)]) };
    return {
      kernel: smallMachine.kernel(broken, { sweeps: 2 }),
      start: smallMachine.randomStates(key(1), 2),
      diverges: [true, true],
    };
  },
  backends,
});

/** Pairwise machines, which have native sweeps, and what their kernels must leave invariant. */
const spins = plainMachine({
  nodes: ['spin', 'bool', 'spin', 'bool', 'spin'],
  interactions: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 0],
    [1, 3],
    [0, 2],
  ],
});
const bits = plainMachine({
  nodes: ['bool', 'bool', 'bool', 'bool'],
  interactions: [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 1],
  ],
});
const letters = plainMachine({
  nodes: Array.from({ length: 4 }, () => ({ categorical: 3 })),
  interactions: [{ equal: [0, 1] }, { equal: [1, 2] }, { equal: [2, 3] }, { equal: [3, 0] }],
});

onEach('the kernel of a graph leaves its distribution invariant,', backends, () => {
  const cases = [
    ['bits and spins', spins, {}, 1],
    ['bits', bits, {}, 1],
    ['a Potts model', letters, {}, 1],
    ['bits and spins at half beta, two sweeps', spins, { beta: 0.5, sweeps: 2 }, 0.5],
    ['a Potts model at twice beta', letters, { beta: 2 }, 2],
    ['all kinds', mixed, {}, 1],
  ] as const;
  test.each(cases)('of %s', async (_, plain, options, beta) => {
    const own = boltzmannMachine({ graph: plain.graph });
    await expectInvariance({
      make: () => own.kernel(paramsOf(plain, own), options),
      start: () => lowest(own, chains),
      ...quantities(plain, shaped(plain, beta)),
      steps,
      warmup,
    });
  });

  test.each([
    ['all kinds', mixed, [1, 2, 5]],
    ['bits and spins', spins, [0, 1, 4]],
    ['a Potts model', letters, [1, 2]],
  ] as const)('of %s, of some nodes given the others', async (_, plain, free) => {
    const own = boltzmannMachine({ graph: plain.graph });
    const isHeld = (node: number): boolean => !(free as readonly number[]).includes(node);
    const given = lowestOf(own).map((value, node) => (isHeld(node) ? value : 0));
    const holds = (x: readonly number[]): boolean => x.every((value, node) => !isHeld(node) || value === given[node]);
    const { statistics, expected } = quantities(plain, shaped(plain, 1, holds));
    await expectInvariance({
      make: () => own.kernel(paramsOf(plain, own), { free: [...free] }),
      start: () => lowest(own, chains),
      statistics,
      expected,
      steps,
      warmup,
    });
  });

  test.each([
    ['all kinds', mixed],
    ['bits and spins', spins],
    ['a Potts model', letters],
  ] as const)('of %s, where chains whose beta is NaN stay and say so', (_, plain) => {
    const own = boltzmannMachine({ graph: plain.graph });
    const kernel = own.kernel(paramsOf(plain, own), { beta: tensor([1, Number.NaN, 1]), sweeps: 3 });
    const start = lowest(own, 3);
    const { state, info } = kernel.step(key(7), kernel.init(start, key(0)));
    expect(Array.from(readSync(info.diverged))).toEqual([0, 1, 0]);
    const width = plain.graph.nodes.length;
    const before = Array.from(readSync(start)).slice(width, 2 * width);
    expect(Array.from(readSync(state.position)).slice(width, 2 * width)).toEqual(before);
    expect(readSync(state.position)).not.toEqual(readSync(start));
  });

  test('of all kinds at a beta for each chain', async () => {
    const betas = [0.3, 1.2];
    const { statistics, expected } = quantities(mixed, shaped(mixed, 0.3));
    const hot = quantities(mixed, shaped(mixed, 1.2)).expected;
    await expectInvariance({
      make: () => machine.kernel(paramsOf(mixed, machine), { beta: tensor(alternating(betas)) }),
      start: () => lowest(machine, chains),
      statistics,
      expected: expected.map((mean, i) => (mean + (hot[i] as number)) / 2),
      steps,
      warmup,
    });
  });

  test('by gibbs over the colours, with a part of one clamped by clampBlock', async () => {
    const [{ name, nodes }] = machine.blocks as readonly [BoltzmannMachine['blocks'][number]];
    const node = nodes[0] as number;
    const value = lowestOf(machine)[node] as number;
    const mask = tensor(nodes.map((other) => other === node));
    const { statistics, expected } = quantities(
      mixed,
      shaped(mixed, 1, (x) => x[node] === value),
    );
    await expectInvariance({
      make: () =>
        gibbs(clampBlock(machine.conditional(paramsOf(mixed, machine)), name, mask, full([], value, 'int32'))),
      start: () => machine.toBlocks(lowest(machine, chains)),
      statistics: (blocks) => statistics(machine.fromBlocks(blocks)),
      expected,
      steps,
      warmup,
    });
  });
});

onEach('other samplers', backends.slice(0, 1), () => {
  test('take the bound machine of bits, clamped', async () => {
    const cubic = plainMachine({
      nodes: ['bool', 'bool', 'bool', 'bool'],
      interactions: [
        [0, 1, 2],
        [2, 3],
        [0, 3],
      ],
    });
    const own = boltzmannMachine({ graph: cubic.graph });
    await expectInvariance({
      make: () => {
        const held = clamp(bind(own, paramsOf(cubic, own)), tensor([false, true, false, false]), full([], 1, 'bool'));
        return gibbsWithGradients(held, { space: binaryStates() });
      },
      start: () => lowest(own, 64),
      ...quantities(
        cubic,
        shaped(cubic, 1, (x) => x[1] === 1),
      ),
      steps: 150,
      warmup: 30,
    });
  });
});

describe('completion of visible rows', () => {
  test('draws hidden nodes that share no interaction from their exact conditional in one sweep', () => {
    const graph = {
      nodes: spins.graph.nodes,
      interactions: [
        [0, 1],
        [1, 2, 0],
        [3, 1],
        [4, 2, 3],
      ],
    };
    const plain = plainMachine(graph);
    const own = boltzmannMachine({ graph, hidden: [1, 4] });
    const [rows, row] = [4000, [1, -1, 1]];
    const x = own.complete(
      key(5),
      paramsOf(plain, own),
      tensor(
        Array.from({ length: rows }, () => row),
        undefined,
        'int32',
      ),
      { sweeps: 1 },
    );
    const { statistics, expected } = quantities(
      plain,
      shaped(plain, 1, ([a, , c, d]) => a === row[0] && c === row[1] && d === row[2]),
    );
    const seen = Array.from(readSync(statistics(x)));
    expected.forEach((mean, q) => {
      const values = seen.filter((_, i) => i % expected.length === q);
      const average = values.reduce((a, b) => a + b) / rows;
      const variance = values.reduce((a, b) => a + (b - average) ** 2, 0) / rows;
      expect(Math.abs(average - mean)).toBeLessThanOrEqual(5 * Math.sqrt(variance / rows) + 1e-6);
    });
  });
});
