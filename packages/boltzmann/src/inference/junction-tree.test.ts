import { key, reference, tensor, useBackend } from '@ebmkit/tensor';
import { expectCloseTo } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  allPairs,
  anyGraph,
  enumerated,
  graphOf,
  isingGraph,
  logPotentialOf,
  normals,
} from '../../fixtures/factor-oracle.js';
import { smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, exactLogZ, type FactorGraph, junctionTree, rbm, rbmFactorGraph } from '../index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

const tight = { absolute: 1e-12, relative: 1e-12 };
const flat = (tables: readonly Float64Array[]) => tables.flatMap((p) => [...p]);
const forbidden = Number.NEGATIVE_INFINITY;

/** Neighbours on an open grid. */
function gridEdges(rows: number, columns: number): [number, number][] {
  return Array.from({ length: rows * columns }, (_, i): [number, number][] => [
    ...(i % columns < columns - 1 ? [[i, i + 1] as [number, number]] : []),
    ...(i + columns < rows * columns ? [[i, i + columns] as [number, number]] : []),
  ]).flat();
}

/** The proper colourings of a graph, as a model. */
function colourings(colours: number, nodes: number, edges: readonly (readonly [number, number])[]): FactorGraph {
  const unlike = Float64Array.from({ length: colours ** 2 }, (_, i) => (i % (colours + 1) === 0 ? forbidden : 0));
  return {
    cardinalities: Array(nodes).fill(colours),
    factors: edges.map((pair) => ({ nodes: pair, logPotential: unlike })),
  };
}

const petersen = Array.from({ length: 5 }, (_, i): [number, number][] => [
  [i, (i + 1) % 5],
  [i, i + 5],
  [5 + i, 5 + ((i + 2) % 5)],
]).flat();

describe('junctionTree', () => {
  it('equals sums by the definition on graphs of any shape', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 6 }), fc.nat(9), (seed, nodes, factors) => {
        const graph = anyGraph(seed, nodes, factors);
        const [tree, wanted] = [junctionTree(graph), enumerated(graph)];
        expectCloseTo([tree.logZ], [wanted.logZ], tight, 'log Z');
        expectCloseTo(flat(tree.marginals), flat(wanted.marginals), tight, 'marginals');
        expectCloseTo(flat(tree.factorMarginals), flat(wanted.factorMarginals), tight, 'factor marginals');
        const { states, logPotential } = tree.mode();
        expectCloseTo([logPotential], [Math.max(...wanted.logPotentials)], tight, 'mode');
        expectCloseTo([logPotentialOf(graph, [...states])], [logPotential], tight, 'state of the mode');
      }),
      { numRuns: 100 },
    );
  });

  it('equals them with clamped nodes, also in the mode and in draws', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 2, max: 6 }), (seed, nodes) => {
        const graph = anyGraph(seed, nodes, 8);
        const evidence = { 1: (graph.cardinalities[1] as number) - 1 };
        const tree = junctionTree(graph, { evidence });
        const wanted = enumerated(graph, (x) => x[1] === evidence[1]);
        expectCloseTo([tree.logZ], [wanted.logZ], tight);
        expectCloseTo(flat(tree.marginals), flat(wanted.marginals), tight);
        expectCloseTo(flat(tree.factorMarginals), flat(wanted.factorMarginals), tight);
        const { states, logPotential } = tree.mode();
        expectCloseTo(
          [logPotential, logPotentialOf(graph, [...states])],
          Array(2).fill(Math.max(...wanted.logPotentials)),
          tight,
        );
        const draws = tree.sample(key(seed), 3);
        expect([0, 1, 2].map((row) => draws[row * nodes + 1])).toEqual(Array(3).fill(evidence[1]));
      }),
      { numRuns: 50 },
    );
  });

  it('equals the transfer matrix on a 6 by 6 Ising grid', () => {
    const [side, edges] = [6, gridEdges(6, 6)];
    const couplings = normals(1, edges.length).map((x) => 0.4 + 0.3 * x);
    const fields = normals(2, side * side).map((x) => 0.3 * x);
    const spin = (row: number, i: number) => 2 * ((row >> i) & 1) - 1;
    const rows = Array.from({ length: 2 ** side }, (_, row) => row);
    const coupling = (a: number, b: number) => couplings[edges.findIndex(([x, y]) => x === a && y === b)] as number;
    const columns = Array.from({ length: side }, (_, i) => i);
    const own = columns.map((r) =>
      rows.map((row) =>
        columns.reduce((sum, i) => {
          const node = side * r + i;
          const right = i < side - 1 ? coupling(node, node + 1) * spin(row, i) * spin(row, i + 1) : 0;
          return sum + right + (fields[node] as number) * spin(row, i);
        }, 0),
      ),
    );
    const down = Array.from({ length: side - 1 }, (_, r) =>
      columns.map((i) => coupling(side * r + i, side * r + i + side)),
    );
    const between = (r: number, upper: number, lower: number) =>
      columns.reduce((sum, i) => sum + (down[r]?.[i] as number) * spin(upper, i) * spin(lower, i), 0);
    const total = (x: readonly number[]) => x.reduce((a, b) => a + b, 0);
    // The weight of everything above a row, and of everything below it.
    const above = [rows.map(() => 1)];
    for (let r = 1; r < side; r++)
      above.push(
        rows.map((row) =>
          total(
            rows.map(
              (up) => (above[r - 1]?.[up] as number) * Math.exp((own[r - 1]?.[up] as number) + between(r - 1, up, row)),
            ),
          ),
        ),
      );
    const below = [rows.map(() => 1)];
    for (let r = side - 2; r >= 0; r--)
      below.unshift(
        rows.map((row) =>
          total(
            rows.map(
              (next) => (below[0]?.[next] as number) * Math.exp((own[r + 1]?.[next] as number) + between(r, row, next)),
            ),
          ),
        ),
      );
    const weights = columns.map((r) =>
      rows.map((row) => (above[r]?.[row] as number) * (below[r]?.[row] as number) * Math.exp(own[r]?.[row] as number)),
    );
    const z = total(weights[0] as number[]);
    const up = Array.from(fields, (_, node) => {
      const [r, i] = [Math.floor(node / side), node % side];
      return total(rows.filter((row) => (row >> i) & 1).map((row) => weights[r]?.[row] as number)) / z;
    });

    const tree = junctionTree(isingGraph(edges, couplings, fields));
    expectCloseTo([tree.logZ], [Math.log(z)], tight);
    expectCloseTo(
      tree.marginals.map((p) => p[1] as number),
      up,
      { absolute: 1e-11 },
    );
    expect(tree.width).toBeLessThanOrEqual(7);
  });

  it('is exact on long chains and large trees, which have width 1', () => {
    const n = 1500;
    const couplings = normals(3, n - 1);
    const chain = Array.from({ length: n - 1 }, (_, i): [number, number] => [i, i + 1]);
    const numbers = normals(4, n);
    const tree = Array.from({ length: n - 1 }, (_, i): [number, number] => [
      Math.floor(((Math.abs(numbers[i] as number) * 1000) % 1) * (i + 1)),
      i + 1,
    ]);
    const logCosh = couplings.reduce((sum, j) => sum + Math.log(Math.cosh(j)), 0);
    for (const edges of [chain, tree]) {
      const { width, logZ, factorMarginals } = junctionTree(isingGraph(edges, couplings, Array(n).fill(0)));
      expect(width).toBe(1);
      expectCloseTo([logZ], [n * Math.LN2 + logCosh], { relative: 1e-13 });
      const met = factorMarginals
        .slice(0, n - 1)
        .map((p) => (p[0] as number) + (p[3] as number) - (p[1] as number) - (p[2] as number));
      expectCloseTo(met, couplings.map(Math.tanh), { absolute: 1e-11 });
    }
  });

  it('gives the log Z of a 10-6 machine', async () => {
    const machine = rbm({ visible: bernoulli(10), hidden: bernoulli(6) });
    const params = tensorsFor(smallMachine(5, 10, 6));
    const tree = junctionTree(await rbmFactorGraph(machine, params));
    expect(tree.width).toBe(6);
    expectCloseTo([tree.logZ], [await exactLogZ(machine, params)], { absolute: 1e-10 });
  });

  it('counts colourings: impossible states take no part', () => {
    const cycle = Array.from({ length: 9 }, (_, i): [number, number] => [i, (i + 1) % 9]);
    expect(Math.exp(junctionTree(colourings(3, 9, cycle)).logZ)).toBeCloseTo(2 ** 9 - 2, 9);
    const tree = junctionTree(colourings(3, 10, petersen));
    expect(Math.exp(tree.logZ)).toBeCloseTo(120, 9);
    expectCloseTo(flat(tree.marginals), Array(30).fill(1 / 3), { absolute: 1e-14 });
    expect(tree.mode().logPotential).toBe(0);
    const draws = tree.sample(key(3), 500);
    for (let at = 0; at < draws.length; at += 10)
      for (const [a, b] of petersen) expect(draws[at + a]).not.toBe(draws[at + b]);
    const none = junctionTree(colourings(2, 9, cycle));
    expect(none.logZ).toBe(forbidden);
    expect(() => none.sample(key(1), 1)).toThrow('got logZ = -Infinity');
  });

  it('draws from the joint distribution', () => {
    const graph = graphOf(
      [2, 3, 2, 2],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 0],
        [1, 2, 3],
      ],
      8,
    );
    const { states, logPotentials, logZ } = enumerated(graph);
    const count = 20_000;
    const tree = junctionTree(graph);
    const draws = tree.sample(key(5), count);
    const seen = new Map<string, number>();
    for (let at = 0; at < draws.length; at += 4) {
      const name = draws.subarray(at, at + 4).join();
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    states.forEach((state, i) => {
      const p = Math.exp((logPotentials[i] as number) - logZ);
      const error = Math.abs((seen.get(state.join()) ?? 0) / count - p);
      expect(error, `state ${state.join()}`).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / count));
    });
    expect(tree.sample(key(5), count)).toEqual(draws);
    expect(tree.sample(key(6), count)).not.toEqual(draws);
  });

  it('reports what is no number', () => {
    const graph = graphOf(
      [2, 2, 2],
      [
        [0, 1],
        [1, 2],
      ],
      1,
    );
    (graph.factors[1] as FactorGraph['factors'][number]).logPotential[0] = Number.NaN;
    const tree = junctionTree(graph);
    expect(tree.logZ).toBeNaN();
    expect(tree.mode().logPotential).toBeNaN();
    expect(() => tree.sample(key(1), 1)).toThrow('got logZ = NaN');
  });

  it('refuses what is too wide and says how wide, until nodes are clamped', () => {
    const dense = isingGraph(allPairs(40), Array(780).fill(0.1), Array(40).fill(0));
    expect(() => junctionTree(dense)).toThrow(/got more at width 39, where one has 2\^40\.0\. .*beliefPropagation/);
    const evidence = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [i, i % 2]));
    expect(junctionTree(dense, { evidence }).width).toBe(9);
    const edges = gridEdges(12, 12);
    const grid = isingGraph(edges, Array(edges.length).fill(0.1), Array(144).fill(0));
    expect(() => junctionTree(grid, { maxEntries: 1000 })).toThrow('may have 1000 numbers, got more at width');
    const tree = junctionTree(grid);
    expect(tree.width).toBeLessThanOrEqual(15);
    expect(() => junctionTree(grid, { maxEntries: 0 })).toThrow('maxEntries must be above 0');
    expect(() => tree.sample(key(1), 0)).toThrow('count must be a whole number above 0, got 0');
    expect(() => tree.sample(tensor([1]) as never, 1)).toThrow('expected a key first');
  });
});
