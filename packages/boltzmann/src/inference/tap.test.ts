import { expectCloseTo } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPairs, enumerated, graphOf, isingGraph, normals } from '../../fixtures/factor-oracle.js';
import { exactInference, type FactorGraph, meanField, type PlefkaOrder, tap } from '../index.js';

const orders: readonly PlefkaOrder[] = [1, 2, 3];
const finely = { tolerance: 1e-14, iterations: 5000 };
const magnetisations = (marginals: readonly Float64Array[]) =>
  marginals.map(([low, high]) => (high as number) - (low as number));

/** All couplings and no fields of a graph times a number. */
function scaled(pairs: readonly (readonly [number, number])[], seed: number, by: number): FactorGraph {
  const nodes = 1 + Math.max(...pairs.flat());
  return isingGraph(
    pairs,
    normals(seed, pairs.length).map((x) => by * x),
    normals(seed + 1, nodes),
  );
}

/** By what the errors of log Z and of the magnetisations are divided when the couplings are halved, as powers of 2. */
async function powersOfErrors(
  pairs: readonly (readonly [number, number])[],
  order: PlefkaOrder,
  seed: number,
): Promise<number[]> {
  const errorsAt = async (by: number) => {
    const graph = scaled(pairs, seed, by);
    const [got, want] = [await tap(graph, { order, ...finely }), await exactInference(graph)];
    expect(got.status).toBe('converged');
    const means = magnetisations(want.marginals);
    return [got.logZ - want.logZ, Math.hypot(...magnetisations(got.marginals).map((m, i) => m - (means[i] as number)))];
  };
  const [coarse, fine] = [await errorsAt(0.04), await errorsAt(0.02)];
  return coarse.map((error, i) => Math.log2(Math.abs(error / (fine[i] as number))));
}

/**
 * Minus the Gibbs free energy of two spins at given means, without expansion: the largest entropy plus coupling over all joint
 * distributions with these means, of which only $`\mathbb{E} s_1 s_2 = c`$ is free.
 */
function twoSpins(m1: number, m2: number, j: number): number {
  const probabilities = (c: number) =>
    [1 + m1 + m2 + c, 1 + m1 - m2 - c, 1 - m1 + m2 - c, 1 - m1 - m2 + c].map((x) => x / 4);
  const [low, high] = [Math.abs(m1 + m2) - 1, 1 - Math.abs(m1 - m2)];
  let [from, to] = [low, high];
  for (let i = 0; i < 200; i++) {
    const c = (from + to) / 2;
    const [pp, pm, mp, mm] = probabilities(c) as [number, number, number, number];
    // The derivative: log of p++ p-- over p+- p-+ must be 4 J.
    if (Math.log((pp * mm) / (pm * mp)) < 4 * j) from = c;
    else to = c;
  }
  return probabilities(from).reduce((sum, p) => sum - p * Math.log(p), j * from);
}

describe('tap', () => {
  it('is the expansion of two spins by hand', async () => {
    // Without fields m = 0, and log Z = log 4 + log cosh J = log 4 + J^2/2 - J^4/12 + ...
    for (const [order, sum] of [
      [1, 0],
      [2, 0.5],
      [3, 0.5],
    ] as const) {
      const { logZ, marginals } = await tap(isingGraph([[0, 1]], [0.3], [0, 0]), { order });
      expect(logZ).toBeCloseTo(Math.log(4) + sum * 0.09, 13);
      expect([...(marginals[0] as Float64Array)]).toEqual([0.5, 0.5]);
    }
    // With fields, the equations written out for the first spin, and the expansion at their solution.
    const [j, h1, h2] = [0.3, 0.5, -0.2];
    const { logZ, marginals } = await tap(isingGraph([[0, 1]], [j], [h1, h2]), { order: 3, ...finely });
    const [m, w] = magnetisations(marginals) as [number, number];
    const [v, u] = [1 - m * m, 1 - w * w];
    expect(Math.atanh(m)).toBeCloseTo(h1 + j * w - j ** 2 * m * u + (2 / 3) * j ** 3 * (1 - 3 * m ** 2) * w * u, 12);
    const entropy = (x: number) => -((1 + x) / 2) * Math.log((1 + x) / 2) - ((1 - x) / 2) * Math.log((1 - x) / 2);
    const expansion = j * m * w + (j ** 2 * v * u) / 2 + (2 / 3) * j ** 3 * m * v * w * u;
    expect(logZ).toBeCloseTo(entropy(m) + entropy(w) + h1 * m + h2 * w + expansion, 13);
  });

  it('differs from the free energy of two spins of given means by the next power of the coupling', async () => {
    for (const order of orders) {
      const errors = await Promise.all(
        [0.04, 0.02].map(async (j) => {
          const { logZ, marginals } = await tap(isingGraph([[0, 1]], [j], [0.5, -0.8]), { order, ...finely });
          const [m1, m2] = magnetisations(marginals) as [number, number];
          return Math.abs(twoSpins(m1, m2, j) + 0.5 * m1 - 0.8 * m2 - logZ);
        }),
      );
      expect(Math.log2((errors[0] as number) / (errors[1] as number))).toBeCloseTo(order + 1, 1);
    }
  });

  it.each(orders)('has errors of the next power of the couplings, at order %i', async (order) => {
    const ring = Array.from({ length: 8 }, (_, i): [number, number] => [i, (i + 1) % 8]);
    for (const [pairs, seed] of [
      [allPairs(7), 40],
      [ring, 50],
    ] as const)
      for (const power of await powersOfErrors(pairs, order, seed))
        expect(Math.abs(power - order - 1)).toBeLessThan(0.2);
  });

  it('counts triangles at third order', async () => {
    // Three spins in a ring without fields: log Z = 3 log 2 cosh J + log(1 + tanh^3 J) = 3 log 2 + 3 J^2/2 + J^3 + O(J^4).
    const triangle = (j: number) =>
      isingGraph(
        [
          [0, 1],
          [1, 2],
          [2, 0],
        ],
        [j, j, j],
        [0, 0, 0],
      );
    const { logZ } = await tap(triangle(0.1), { order: 3 });
    expect(logZ).toBeCloseTo(3 * Math.LN2 + 1.5 * 0.01 + 0.001, 13);
    const { logZ: second } = await tap(triangle(0.1), { order: 2 });
    expect(logZ - second).toBeCloseTo(0.001, 13);
  });

  it('is naive mean field at first order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 2, max: 6 }), async (seed, nodes) => {
        const graph = scaled(allPairs(nodes), seed, 0.3);
        const [first, naive] = [await tap(graph, { order: 1, ...finely }), await meanField(graph, finely)];
        expectCloseTo([first.logZ], [naive.logZ], { absolute: 1e-12 });
        expectCloseTo(
          first.marginals.flatMap((p) => [...p]),
          naive.marginals.flatMap((p) => [...p]),
          { absolute: 1e-12 },
        );
      }),
      { numRuns: 20 },
    );
  });

  it('does not depend on how tables are written: bits, spins, joint tables', async () => {
    const [w, b, c] = [0.9, 0.3, -0.4];
    const bits: FactorGraph = {
      cardinalities: [2, 2],
      factors: [
        { nodes: [1, 0], logPotential: Float64Array.of(0, 0, 0, w) },
        { nodes: [0], logPotential: Float64Array.of(0, b) },
        { nodes: [1], logPotential: Float64Array.of(0, c) },
      ],
    };
    // With x = (1 + s) / 2.
    const spins = isingGraph([[0, 1]], [w / 4], [b / 2 + w / 4, c / 2 + w / 4]);
    const joint: FactorGraph = {
      cardinalities: [2, 2],
      factors: [{ nodes: [0, 1], logPotential: Float64Array.of(0, c, b, b + c + w) }],
    };
    for (const order of orders) {
      const want = await tap(spins, { order, ...finely });
      for (const graph of [bits, joint]) {
        const got = await tap(graph, { order, ...finely });
        expectCloseTo(magnetisations(got.marginals), magnetisations(want.marginals), { absolute: 1e-13 });
        expectCloseTo([got.logZ], [want.logZ + w / 4 + b / 2 + c / 2], { absolute: 1e-13 });
      }
    }
  });

  it('keeps to the evidence, also where it makes factors pairwise or nodes binary', async () => {
    const graph = graphOf([2, 3, 2, 2], [[0, 1, 2], [2, 3], [0, 3], [1]], 6, 0.1);
    await expect(tap(graph)).rejects.toThrow('tap: binary nodes are required, got 3 states at node 1');
    const { logZ, marginals, factorMarginals } = await tap(graph, { order: 3, evidence: { 1: 2 } });
    const exact = enumerated(graph, (x) => x[1] === 2);
    expectCloseTo([logZ], [exact.logZ], { absolute: 1e-4 });
    expectCloseTo(
      marginals.flatMap((p) => [...p]),
      exact.marginals.flatMap((p) => [...p]),
      { absolute: 1e-3 },
    );
    const pair = factorMarginals[1]?.[3] as number;
    expect(pair).toBeCloseTo((marginals[2]?.[1] as number) * (marginals[3]?.[1] as number), 14);
  });

  it('says where it does not converge, and refuses what it is not made for', async () => {
    const pairs = allPairs(10);
    const glass = isingGraph(
      pairs,
      normals(8, pairs.length).map((x) => 0.5 * x),
      normals(9, 10),
    );
    const result = await tap(glass, { iterations: 100 });
    expect(result).toMatchObject({ status: 'unconverged', iterations: 100 });
    expect(result.change).toBeGreaterThan(1e-2);
    const broken = isingGraph([[0, 1]], [Number.NaN], [0, 0]);
    expect(await tap(broken)).toMatchObject({
      status: 'unconverged',
      iterations: 1,
      change: Number.NaN,
      logZ: Number.NaN,
    });
    const graph = isingGraph([[0, 1]], [0.1], [0, 0]);
    await expect(tap(graph, { order: 4 as never })).rejects.toThrow('tap: order must be 1, 2 or 3, got 4');
    await expect(tap(graphOf([2, 2, 2], [[0, 1, 2]], 1))).rejects.toThrow(
      'at most two nodes are required, got 3 in factor 0',
    );
    const hard = isingGraph([[0, 1]], [Number.POSITIVE_INFINITY], [0, 0]);
    await expect(tap(hard)).rejects.toThrow('finite log-potentials are required, got an infinite one in factor 0');
  });
});
