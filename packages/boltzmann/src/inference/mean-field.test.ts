import { expectCloseTo } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPairs, anyGraph, enumerated, graphOf, isingGraph, normals } from '../../fixtures/factor-oracle.js';
import { type FactorGraph, meanField, variationalFreeEnergy } from '../index.js';

/** Some distribution for each node. */
function anyProduct({ cardinalities }: FactorGraph, seed: number): Float64Array[] {
  return cardinalities.map((count, node) => {
    const weights = normals(seed + node, count).map(Math.exp);
    const total = weights.reduce((a, b) => a + b, 0);
    return Float64Array.from(weights, (w) => w / total);
  });
}

describe('variationalFreeEnergy', () => {
  it('is minus log Z and the divergence from the model, by enumeration', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), fc.nat(8), (seed, nodes, factors) => {
        const graph = anyGraph(seed, nodes, factors);
        const { states, logPotentials, logZ } = enumerated(graph);
        const q = anyProduct(graph, seed);
        const divergence = states.reduce((sum, state, i) => {
          const p = state.reduce((product, s, node) => product * (q[node]?.[s] as number), 1);
          return sum + p * (Math.log(p) - (logPotentials[i] as number) + logZ);
        }, 0);
        expect(divergence).toBeGreaterThanOrEqual(-1e-12);
        expectCloseTo([variationalFreeEnergy(graph, q)], [divergence - logZ], { absolute: 1e-11, relative: 1e-11 });
      }),
      { numRuns: 50 },
    );
  });

  it('counts certain and impossible states', () => {
    const graph = isingGraph([[0, 1]], [0.7], [0.2, -0.1]);
    const certain = [
      [0, 1],
      [1, 0],
    ];
    expect(variationalFreeEnergy(graph, certain)).toBeCloseTo(0.7 - 0.2 - 0.1, 14);
    const forbidden: FactorGraph = {
      cardinalities: [2, 2],
      factors: [{ nodes: [0, 1], logPotential: Float64Array.of(0, Number.NEGATIVE_INFINITY, 0, 0) }],
    };
    expect(variationalFreeEnergy(forbidden, certain)).toBeCloseTo(0, 14);
    expect(
      variationalFreeEnergy(forbidden, [
        [0.5, 0.5],
        [0.5, 0.5],
      ]),
    ).toBe(Number.POSITIVE_INFINITY);
  });

  it('says what is no distribution', () => {
    const graph = isingGraph([[0, 1]], [0.7], [0.2, -0.1]);
    expect(() => variationalFreeEnergy(graph, [[0.5, 0.5]])).toThrow(
      'one distribution for each of 2 nodes is required, got 1',
    );
    expect(() =>
      variationalFreeEnergy(graph, [
        [0.5, 0.5],
        [0.5, 0.6],
      ]),
    ).toThrow('node 1 must have 2 probabilities that add up to 1, got [0.5, 0.6]');
    expect(() =>
      variationalFreeEnergy(graph, [
        [1.5, -0.5],
        [0.5, 0.5],
      ]),
    ).toThrow('node 0');
    expect(() => variationalFreeEnergy(graph, [[1], [0.5, 0.5]])).toThrow('node 0');
  });
});

describe('meanField', () => {
  it('finds a lower bound that no change of one node betters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), fc.nat(8), async (seed, nodes, factors) => {
        const graph = anyGraph(seed, nodes, factors);
        const { logZ, marginals, factorMarginals, status } = await meanField(graph);
        const exact = enumerated(graph).logZ;
        expect(status).toBe('converged');
        expect(logZ).toBeLessThanOrEqual(exact + 1e-10);
        expectCloseTo([-variationalFreeEnergy(graph, marginals)], [logZ], { absolute: 1e-12, relative: 1e-12 });
        const others = anyProduct(graph, seed + 3);
        marginals.forEach((p, node) => {
          const moved = p.map((x, s) => 0.99 * x + 0.01 * (others[node]?.[s] as number));
          expect(variationalFreeEnergy(graph, marginals.with(node, moved))).toBeGreaterThanOrEqual(-logZ - 1e-12);
        });
        graph.factors.forEach(({ nodes: scope }, f) => {
          const corner = scope.reduce((product, node) => product * (marginals[node]?.[0] as number), 1);
          expect(factorMarginals[f]?.[0]).toBeCloseTo(corner, 12);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('is exact without interactions', async () => {
    const graph = isingGraph([], [], normals(1, 6));
    const { logZ, marginals } = await meanField(graph);
    const exact = enumerated(graph);
    expectCloseTo([logZ], [exact.logZ], { absolute: 1e-13 });
    expectCloseTo(
      marginals.flatMap((p) => [...p]),
      exact.marginals.flatMap((p) => [...p]),
      { absolute: 1e-14 },
    );
  });

  it('betters the bound with every iteration', async () => {
    const pairs = allPairs(8);
    const graph = isingGraph(
      pairs,
      normals(2, pairs.length).map((x) => 0.3 * x),
      normals(3, 8),
    );
    let last = Number.NEGATIVE_INFINITY;
    for (let iterations = 1; iterations <= 8; iterations++) {
      const { logZ, status } = await meanField(graph, { iterations, tolerance: 1e-300 });
      expect(status).toBe('unconverged');
      expect(logZ).toBeGreaterThanOrEqual(last - 1e-12);
      last = logZ;
    }
  });

  it('finds the solutions of m = tanh(J (n − 1) m), which the start chooses', async () => {
    const [n, j] = [10, 0.2];
    const pairs = allPairs(n);
    const graph = isingGraph(pairs, Array(pairs.length).fill(j), Array(n).fill(0));
    let m = 1;
    for (let i = 0; i < 500; i++) m = Math.tanh(j * (n - 1) * m);
    expect(m).toBeGreaterThan(0.9);
    for (const [lean, mean] of [
      [0.3, -m],
      [0.5, 0],
      [0.7, m],
    ] as const) {
      const { marginals } = await meanField(graph, { start: Array(n).fill([1 - lean, lean]), tolerance: 1e-14 });
      for (const [low, high] of marginals) expect((high as number) - (low as number)).toBeCloseTo(mean, 10);
    }
  });

  it('keeps to the evidence', async () => {
    const graph = graphOf([2, 3, 2, 3, 2], [[0, 3, 1], [3], [2, 3], [3, 4], [4, 0]], 7);
    const { logZ, marginals, factorMarginals } = await meanField(graph, { evidence: { 3: 1 } });
    expect([...(marginals[3] as Float64Array)]).toEqual([0, 1, 0]);
    expect([...(factorMarginals[1] as Float64Array)]).toEqual([0, 1, 0]);
    expect(logZ).toBeLessThanOrEqual(enumerated(graph, (x) => x[3] === 1).logZ + 1e-10);
    expectCloseTo([-variationalFreeEnergy(graph, marginals)], [logZ], { absolute: 1e-11 });
  });

  it('reports what is no number, and checks its settings', async () => {
    const graph = isingGraph([[0, 1]], [Number.NaN], [0.2, -0.1]);
    expect(await meanField(graph)).toMatchObject({
      status: 'unconverged',
      iterations: 1,
      change: Number.NaN,
      logZ: Number.NaN,
    });
    const sound = isingGraph([[0, 1]], [0.3], [0.2, -0.1]);
    await expect(meanField(sound, { damping: -0.1 })).rejects.toThrow('meanField: damping');
    await expect(meanField(sound, { start: [[1, 0]] })).rejects.toThrow(
      'meanField: one distribution for each of 2 nodes',
    );
    await expect(meanField(sound, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const [slow, fast] = [await meanField(sound, { damping: 0.8 }), await meanField(sound)];
    expect(slow.iterations).toBeGreaterThan(fast.iterations);
    expect(slow.logZ).toBeCloseTo(fast.logZ, 12);
  });
});
