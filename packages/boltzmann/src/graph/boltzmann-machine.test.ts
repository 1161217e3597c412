import { bind, clamp, temper } from '@ebmkit/energy';
import {
  cast,
  free,
  full,
  grad,
  jit,
  key,
  mean,
  memory,
  read,
  readSync,
  reference,
  scoped,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import {
  flatTables,
  jointStates,
  meansUnder,
  mixedGraph,
  type PlainMachine,
  plainConditional,
  plainDistribution,
  plainEnergy,
  plainMachine,
  plainStatistics,
  valuesOf,
} from '../../fixtures/graph-oracle.js';
import {
  type BoltzmannMachine,
  boltzmannMachine,
  type Edge,
  type FactorGraph,
  type GraphParameters,
  type InteractionGraph,
  ising,
  type NodeKind,
  potts,
} from '../index.js';
import { inputOf } from './draw-block.js';
import { flatParameters } from './graph-parameters.js';
import { nodesOf } from './interaction-graph.js';
import { linearParts } from './interaction-groups.js';
import { toValues } from './node-states.js';
import { pickRows } from './node-values.js';
import { colourBlocks, planSweep } from './sweep-plan.js';

const mixed = plainMachine(mixedGraph);
const bits = plainMachine({
  nodes: Array.from({ length: 4 }, () => 'bool'),
  interactions: [
    [0, 1],
    [1, 2, 3],
    [0, 3],
  ],
});
const letters = plainMachine({
  nodes: Array.from({ length: 3 }, () => ({ categorical: 3 })),
  interactions: [{ equal: [0, 1] }, { equal: [0, 1, 2] }, { equal: [1, 2] }],
});
const tables = plainMachine({
  nodes: Array.from({ length: 3 }, () => ({ categorical: 2 })),
  interactions: [
    [0, 1],
    [2, 1],
  ],
});

/** The parameters of a plain machine on the active backend. */
function paramsOf({ bias, weight }: PlainMachine, machine: BoltzmannMachine): GraphParameters {
  const shapes = machine.init(key(0));
  return { bias: tensor(flatTables(bias), shapes.bias.shape), weight: tensor(flatTables(weight), shapes.weight.shape) };
}

const numbers = ({ bias, weight }: GraphParameters): number[] => [...readSync(bias), ...readSync(weight)];
const statesOf = (machine: BoltzmannMachine, rows: number[][]): Tensor => tensor(rows, undefined, machine.dtype);

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value), `number ${i}`).toBeLessThanOrEqual(
      tolerance * (1 + Math.abs(value)),
    );
  });
}

const machines = [
  ['bits, spins and categories with factors of order 3', mixed],
  ['bits with a factor of order 3', bits],
  ['categories that agree', letters],
  ['categories with tables', tables],
] as const;

describe.each([
  ['reference in float64', () => reference({ precision: 'float64' }), 1e-12],
  ['tensor-wasm', () => wasm({ threads: 1 }), 3e-6],
  ['tfjs wasm', () => tfjs('wasm'), 3e-6],
] as const)('%s', (name, make, tolerance) => {
  onEach('a machine on a graph', [{ name, make }], () => {
    describe.each(machines)('%s', (_, plain) => {
      const machine = boltzmannMachine({ graph: plain.graph });
      const { states, logZ } = plainDistribution(plain);

      test('has the energy of its definition at every state, also of float32 states', () => {
        const params = paramsOf(plain, machine);
        const expected = states.map((x) => plainEnergy(plain, x));
        const x = statesOf(machine, states);
        expectClose(readSync(machine.energy(params, x)), expected, tolerance);
        expectClose(readSync(machine.energy(params, cast(x, 'float32'))), expected, tolerance);
        expect(readSync(jit(machine.energy)(params, x))).toEqual(readSync(machine.energy(params, x)));
      });

      test('has the gradient of its energy by enumeration', () => {
        const params = paramsOf(plain, machine);
        const statistics = states.map((x) => plainStatistics(plain, x));
        const uniform = states.map(() => 1 / states.length);
        const x = statesOf(machine, states);
        const slope = grad((p: GraphParameters) => mean(machine.energy(p, x)))(params);
        const expected = meansUnder(uniform, statistics);
        expectClose(
          numbers(slope),
          expected.map((value) => -value),
          tolerance,
        );
        expectClose(numbers(machine.statistics(x)), expected, tolerance);
      });

      test('has the conditional of every node given the others by enumeration', () => {
        const params = paramsOf(plain, machine);
        const { nodes } = plain.graph;
        const parts = linearParts(plain.graph);
        const plan = planSweep(nodes, parts, colourBlocks(plain.graph, [...nodes.keys()]));
        const values = pickRows(toValues(statesOf(machine, states)), plan.order);
        for (const group of plan.blocks.flatMap(({ groups }) => groups)) {
          const input = inputOf(group, flatParameters('test', parts, params), values);
          group.nodes.forEach((node, place) => {
            const expected = states.map((x) => plainConditional(plain, x, node));
            expectClose(conditionalsOf(plain, node, input, place, states.length).flat(), expected.flat(), tolerance);
          });
        }
      });

      test('is the same model as a factor graph, and has its logZ', async () => {
        const params = paramsOf(plain, machine);
        const graph = await machine.factorGraph(params);
        // Biases by node, then interactions as they are listed: factor by factor, what belongs to a parameter.
        expect(graph.factors.map(({ nodes }) => nodes)).toEqual([
          ...plain.graph.nodes.map((_, node) => [node]),
          ...plain.graph.interactions.map(nodesOf),
        ]);
        const logPotentials = states.map((x) => totalOf(graph, plain, x));
        expectClose(
          logPotentials,
          states.map((x) => -plainEnergy(plain, x)),
          tolerance,
        );
        const energies = await read(machine.energy(params, statesOf(machine, states)));
        const z = Array.from(energies).reduce((sum, energy) => sum + Math.exp(-energy), 0);
        expectClose([Math.log(z)], [logZ], tolerance);
      });
    });
  });
});

/** The probabilities of the values of the node at `place` of a group, at each of `n` states, from the input of the group. */
function conditionalsOf({ graph }: PlainMachine, node: number, input: Tensor, place: number, n: number): number[][] {
  const [, width, states = 1] = input.shape;
  const all = readSync(input);
  return Array.from({ length: n }, (_, i) => {
    const at = (place * (width ?? 1) + (width === 1 ? 0 : i)) * states;
    const logits = valuesOf(graph.nodes[node] as NodeKind).map((value, state) =>
      states === 1 ? value * (all[at] as number) : (all[at + state] as number),
    );
    const weights = logits.map(Math.exp);
    const z = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => w / z);
  });
}

/** The log-potential of a joint state of a factor graph. */
function totalOf({ factors, cardinalities }: FactorGraph, { graph }: PlainMachine, x: readonly number[]): number {
  const stateAt = (node: number): number =>
    graph.nodes[node] === 'spin' ? ((x[node] as number) + 1) / 2 : (x[node] as number);
  return factors.reduce((total, { nodes, logPotential }) => {
    const at = nodes.reduce((index, node) => index * (cardinalities[node] as number) + stateAt(node), 0);
    return total + (logPotential[at] as number);
  }, 0);
}

describe('a machine on a graph', () => {
  const machine = boltzmannMachine({ graph: mixedGraph, hidden: [5, 1] });

  test('lays its parameters out in rows where they are alike', () => {
    const shapes = (made: BoltzmannMachine) => [made.init(key(1)).bias.shape, made.init(key(1)).weight.shape];
    expect(shapes(boltzmannMachine({ graph: bits.graph }))).toEqual([[4], [3]]);
    expect(shapes(boltzmannMachine({ graph: tables.graph }))).toEqual([
      [3, 2],
      [2, 2, 2],
    ]);
    expect(shapes(potts({ nodes: 3, edges: [[0, 1]], states: 5 }))).toEqual([[3, 5], [1]]);
    expect(shapes(machine)).toEqual([[10], [3 + 3 + 9 + 1 + 1 + 3 + 9]]);
  });

  test('has short-hands for Ising and Potts models', () => {
    const edges: readonly Edge[] = [
      [0, 1],
      [1, 2],
    ];
    const model = ising({ nodes: 3, edges, hidden: [2] });
    expect(model.graph).toEqual({ nodes: ['spin', 'spin', 'spin'], interactions: edges });
    expect([model.visible, model.hidden, model.dtype]).toEqual([[0, 1], [2], 'int32']);
    expect(potts({ nodes: 2, edges: [[0, 1]], states: 4 }).graph).toEqual({
      nodes: [{ categorical: 4 }, { categorical: 4 }],
      interactions: [{ equal: [0, 1] }],
    });
  });

  test('has blocks of nodes that share no interaction, and cuts states into them and back', () => {
    for (const { nodes } of machine.blocks)
      for (const interaction of mixedGraph.interactions) {
        const members = 'equal' in interaction ? interaction.equal : interaction;
        expect(members.filter((node) => nodes.includes(node)).length).toBeLessThanOrEqual(1);
      }
    expect(machine.blocks.flatMap(({ nodes }) => nodes).toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    const x = statesOf(machine, jointStates(mixedGraph.nodes));
    expect(readSync(machine.fromBlocks(machine.toBlocks(x)))).toEqual(readSync(x));
  });

  test('joins and parts visible and hidden states, in the order of its lists', () => {
    expect([machine.visible, machine.hidden]).toEqual([
      [0, 2, 3, 4],
      [5, 1],
    ]);
    const visible = tensor([[1, 2, 0, 1]], undefined, 'int32');
    const hidden = tensor([[-1, 1]], undefined, 'int32');
    const x = machine.join({ visible, hidden });
    expect(Array.from(readSync(x))).toEqual([1, 1, 2, 0, 1, -1]);
    const parts = machine.part(x);
    expect([parts.visible, parts.hidden].map((part) => Array.from(readSync(part as Tensor)))).toEqual([
      [1, 2, 0, 1],
      [-1, 1],
    ]);
    expect(Object.keys(boltzmannMachine({ graph: bits.graph }).part(zeros([1, 4], 'bool')))).toEqual(['visible']);
  });

  test('completes rows without touching them', () => {
    const rows = tensor(
      Array.from({ length: 30 }, (_, i) => [i % 2, i % 3, 1, (i + 1) % 3]),
      undefined,
      'int32',
    );
    const x = machine.complete(key(3), paramsOf(mixed, machine), rows);
    expect([x.shape, x.dtype]).toEqual([[30, 6], 'int32']);
    expect(readSync(machine.part(x).visible)).toEqual(readSync(rows));
    expect(new Set(readSync(machine.part(x).hidden as Tensor))).toEqual(new Set([-1, 1]));
  });

  test('is an energy model with conditionals: it binds, tempers and clamps', () => {
    const params = paramsOf(mixed, machine);
    const energy = bind(machine, params);
    expect([energy.support, energy.blocks]).toEqual(['discrete', machine.blocks.map(({ name }) => name)]);
    const x = machine.randomStates(key(4), 50);
    const plainEnergies = Array.from(readSync(machine.energy(params, x)));
    expectClose(
      readSync(temper(energy, 0.5).energy(x)),
      plainEnergies.map((e) => e / 2),
      1e-6,
    );
    const mask = tensor([true, false, false, false, false, true]);
    const held = clamp(energy, mask, tensor([1, 0, 0, 0, 0, -1], undefined, 'int32'));
    const all = Array.from(readSync(x));
    const rows = Array.from({ length: 50 }, (_, i) => all.slice(6 * i, 6 * i + 6));
    expectClose(
      readSync(held.energy(x)),
      rows.map((row) => plainEnergy(mixed, row.with(0, 1).with(5, -1))),
      1e-6,
    );
  });

  test('frees all but what it returns', () => {
    const params = scoped(() => paramsOf(mixed, machine));
    const x = machine.randomStates(key(4), 8);
    const rows = full([2, 4], 1, 'int32');
    const { tensors } = memory();
    const made = [
      machine.energy(params, x),
      machine.complete(key(1), params, rows),
      machine.statistics(x),
      machine.init(key(1)),
      machine.conditional(params).sampleBlock(key(1), 'colour0', machine.toBlocks(x)),
    ];
    expect(memory().tensors).toBe(tensors + 7 + machine.blocks.length);
    free([made, params, x, rows]);
  });
});

describe('wrong arguments say what is right', () => {
  const nodes = ['bool', 'spin', { categorical: 3 }] as const;
  const make = (graph: unknown, rest: object = {}) => boltzmannMachine({ graph: graph as InteractionGraph, ...rest });

  test.each([
    [{ nodes: [], interactions: [[0, 1]] }, /at least one node/],
    [{ nodes: ['bit', 'bool'], interactions: [[0, 1]] }, /'bool', 'spin' or .* got "bit" at node 0/],
    [{ nodes: [{ categorical: 1 }], interactions: [[0, 1]] }, /whole number k of at least 2/],
    [{ nodes, interactions: [] }, /at least one interaction/],
    [{ nodes, interactions: [[0, 3]] }, /nodes are 0 … 2, got 3 in interaction 0/],
    [{ nodes, interactions: [[0, 0]] }, /each node once/],
    [{ nodes, interactions: [[1]] }, /two or more nodes.*Every node has a bias/],
    [{ nodes, interactions: [{ equal: [0, 2] }] }, /joins categorical nodes of as many states/],
  ])('%j', (graph, message) => {
    expect(() => make(graph)).toThrow(message);
  });

  test('of parts, kernels and states', () => {
    const graph = { nodes, interactions: [[0, 1, 2]] };
    expect(() => make(graph, { visible: [0], hidden: [1] })).toThrow(/either visible or hidden/);
    expect(() => make(graph, { visible: [0, 0] })).toThrow(/each once/);
    expect(() => make(graph, { hidden: [0, 1, 2] })).toThrow(/one at least visible/);
    const machine = make(graph);
    const params = machine.init(key(1));
    expect(() => machine.kernel(params, { sweeps: 0 })).toThrow(/sweeps must be a whole number/);
    expect(() => machine.kernel(params, { beta: -1 })).toThrow(/beta must be a finite number of at least 0/);
    expect(() => machine.kernel(params, { beta: zeros([2, 1]) })).toThrow(/got \[2, 1\]/);
    expect(() => machine.kernel(params, { free: [7] })).toThrow(/free: nodes are 0 … 2, got 7/);
    expect(() => machine.energy(params, zeros([2, 2], 'int32'))).toThrow(/expected \[n, 3\], got \[2, 2\]/);
    expect(() => machine.energy(params, zeros([2, 3], 'bool'))).toThrow(/Spins are −1 and 1/);
    expect(() => machine.energy({ ...params, weight: zeros([4]) }, zeros([2, 3]))).toThrow(/weight: expected \[1, 3\]/);
    const { sampleBlock } = machine.conditional(params);
    expect(() => sampleBlock(key(1), 'colour0', { colour1: zeros([2, 1], 'int32') })).toThrow(/colour2 are required/);
  });
});
