import { readFileSync } from 'node:fs';
import { key, readSync, reference, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BoltzmannMachine,
  boltzmannMachine,
  type Edge,
  fromThrml,
  type GraphParameters,
  ising,
  toThrml,
} from '../index.js';

/** What thrml said of a model (see make-thrml.py): its joint states, their energies, and the conditionals of every node. */
interface Seen {
  readonly states: readonly (readonly number[])[];
  readonly energies: readonly number[];
  readonly conditionals: readonly (readonly (readonly number[])[])[];
}

interface Models {
  readonly ising: Seen & { edges: Edge[]; biases: number[]; weights: number[]; beta: number };
  readonly mixed: Seen & { bias: number[]; pair: number[]; table: number[]; field: number[]; triple: number[] };
}

const models = JSON.parse(readFileSync(new URL('../../fixtures/thrml-models.json', import.meta.url), 'utf8')) as Models;

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});
afterAll(async () => {
  await useBackend(reference());
});

/** States of thrml as ours: its spins are false and true. */
function statesFrom({ states }: Seen, { graph }: BoltzmannMachine): Tensor {
  const value = (state: number, node: number): number => (graph.nodes[node] === 'spin' ? 2 * state - 1 : state);
  return tensor(
    states.map((row) => row.map(value)),
    undefined,
    'int32',
  );
}

/** How often each node is drawn up, or in each category, given the other nodes, over many draws of its block. */
function expectAgreement(seen: Seen, machine: BoltzmannMachine, params: GraphParameters): void {
  const x = statesFrom(seen, machine);
  const energies = readSync(machine.energy(params, x));
  seen.energies.forEach((energy, i) => {
    expect(energies[i]).toBeCloseTo(energy, 10);
  });
  // Conditionals by differences of our energies: p(v | rest) over the values of one node.
  seen.states.forEach((row, i) => {
    row.forEach((_, node) => {
      const same = seen.states.flatMap((other, j) => (other.every((v, k) => k === node || v === row[k]) ? [j] : []));
      const weights = same.map((j) => Math.exp(-(energies[j] as number)));
      const z = weights.reduce((a, b) => a + b, 0);
      const own = weights.map((w) => w / z);
      const theirs = seen.conditionals[i]?.[node] as readonly number[];
      const expected = theirs.length === 1 ? [1 - (theirs[0] as number), theirs[0] as number] : theirs;
      own.forEach((p, v) => {
        expect(p).toBeCloseTo(expected[v] as number, 10);
      });
    });
  });
}

describe('models of thrml', () => {
  test('an Ising model has its energies and its conditional probabilities', () => {
    const { machine, params } = fromThrml(models.ising);
    expectAgreement(models.ising, machine, params);
  });

  test('so has a model of spins and categories with a factor of order 3', () => {
    const { bias, pair, table, field, triple } = models.mixed;
    const machine = boltzmannMachine({
      graph: {
        nodes: ['spin', 'spin', 'spin', { categorical: 3 }, { categorical: 2 }],
        interactions: [
          [0, 2],
          [3, 4],
          [0, 1, 3],
          [1, 2, 3],
        ],
      },
    });
    const params = { bias: tensor([...bias, ...field, 0, 0]), weight: tensor([...pair, ...table, ...triple]) };
    expectAgreement(models.mixed, machine, params);
  });

  test('go out as they came in', async () => {
    const { machine, params } = fromThrml(models.ising);
    const arrays = await toThrml(machine, params);
    expect(arrays.edges).toEqual(models.ising.edges);
    const again = fromThrml(arrays);
    const x = statesFrom(models.ising, machine);
    expect(readSync(again.machine.energy(again.params, x))).toEqual(readSync(machine.energy(params, x)));
  });

  test('wrong arguments say what is right', async () => {
    expect(() => fromThrml({ edges: [[0, 1]], biases: [0, 0], weights: [] })).toThrow(/expected 1 weights/);
    expect(() => fromThrml({ edges: [[0, 1]], biases: [0, 0], weights: [1], beta: Number.NaN })).toThrow(
      /beta must be/,
    );
    const bits = boltzmannMachine({ graph: { nodes: ['bool', 'spin'], interactions: [[0, 1]] } });
    await expect(toThrml(bits, bits.init(key(1)))).rejects.toThrow(/IsingEBM has spins/);
    expect(() => ising({ nodes: 2, edges: [[0, 2]] })).toThrow(/nodes are 0 … 1, got 2/);
  });
});
