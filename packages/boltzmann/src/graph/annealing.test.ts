import { annealedImportanceSampling } from '@ebmkit/samplers';
import { fold, key, memory, mul, normal, reference, retire, type Tensor } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { expect, test } from 'vitest';
import { mixedGraph } from '../../fixtures/graph-oracle.js';
import {
  type BoltzmannMachine,
  boltzmannMachine,
  exactInference,
  type GraphParameters,
  gridEdges,
  ising,
} from '../index.js';

const machines: readonly (readonly [name: string, machine: BoltzmannMachine])[] = [
  ['bits, spins and categories together', boltzmannMachine({ graph: mixedGraph })],
  ['a grid of spins', ising({ nodes: 12, edges: gridEdges([3, 4]) })],
];

/** Parameters of order 1, under which the machine is far from flat. */
const paramsOf = (machine: BoltzmannMachine): GraphParameters => {
  const { bias, weight } = machine.init(key(0));
  const drawn = { bias: normal(key(3), bias.shape), weight: normal(key(4), weight.shape) };
  retire([bias, weight], undefined);
  return drawn;
};

const backends = [
  { name: 'reference', make: () => reference() },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
];

onEach('annealing a graph machine from the flat one', backends, () => {
  test.each(machines)('finds log Z of %s within 5 of its errors', async (_, machine) => {
    const params = paramsOf(machine);
    const exact = await exactInference(await machine.factorGraph(params));
    const states = machine.graph.nodes.map((node) => (typeof node === 'string' ? 2 : node.categorical));
    const flat = states.reduce((sum, count) => sum + Math.log(count), 0);
    expect(Math.abs(exact.logZ - flat)).toBeGreaterThan(1);
    const before = memory().tensors;
    const estimates = [];
    for (let run = 0; run < 4; run++)
      estimates.push(
        await annealedImportanceSampling({
          path: (beta: Tensor) => ({
            energy: (x: Tensor) => mul(machine.energy(params, x), beta),
            kernel: machine.kernel(params, { beta }),
          }),
          base: { logZ: flat, draw: machine.randomStates },
          betas: 60,
          chains: 300,
          key: fold(key(5), run),
        }),
      );
    expect(memory().tensors).toBe(before);
    for (const { logZ, standardError, lower, ess, diverged } of estimates) {
      expect(standardError).toBeLessThan(0.05);
      expect(Math.abs(logZ - exact.logZ)).toBeLessThan(5 * standardError);
      expect(lower).toBeLessThan(exact.logZ);
      expect(ess).toBeGreaterThan(100);
      expect(diverged).toBe(0);
    }
  });
});
