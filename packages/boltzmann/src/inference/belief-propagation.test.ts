import { expectCloseTo } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPairs, enumerated, graphOf, isingGraph, normals } from '../../fixtures/factor-oracle.js';
import { beliefPropagation, type FactorGraph, junctionTree } from '../index.js';

const flat = (tables: readonly Float64Array[]) => tables.flatMap((p) => [...p]);
const close = { absolute: 1e-10, relative: 1e-10 };

/** A tree of factors with one to three nodes: each factor hangs new nodes on one that is there. */
function treeOfFactors(seed: number, size: number): FactorGraph {
  const numbers = normals(seed, 3 * size).map((x) => Math.floor(Math.abs(x) * 1000));
  const cardinalities = [2];
  const scopes: number[][] = [];
  for (let f = 0; f < size; f++) {
    const [a, b, c] = numbers.slice(3 * f, 3 * f + 3) as [number, number, number];
    const root = a % cardinalities.length;
    const leaves = Array.from({ length: b % 3 }, (_, i) => cardinalities.length + i);
    for (const leaf of leaves) cardinalities.push(1 + ((c + leaf) % 3));
    scopes.push(f % 2 === 0 ? [root, ...leaves] : [...leaves, root]);
  }
  return graphOf(cardinalities, scopes, seed + 7);
}

describe('beliefPropagation', () => {
  it('is exact on trees of factors', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 7 }), async (seed, size) => {
        const graph = treeOfFactors(seed, size);
        const result = await beliefPropagation(graph);
        const wanted = enumerated(graph);
        expect(result.status).toBe('converged');
        expectCloseTo([result.logZ], [wanted.logZ], close, 'log Z');
        expectCloseTo(flat(result.marginals), flat(wanted.marginals), close, 'marginals');
        expectCloseTo(flat(result.factorMarginals), flat(wanted.factorMarginals), close, 'factor marginals');
      }),
      { numRuns: 60 },
    );
  });

  it('is exact on a long chain, in two passes', async () => {
    const n = 400;
    const edges = Array.from({ length: n - 1 }, (_, i): [number, number] => [i, i + 1]);
    const graph = isingGraph(edges, normals(1, n - 1), normals(2, n));
    const [result, wanted] = [await beliefPropagation(graph), junctionTree(graph)];
    expectCloseTo([result.logZ], [wanted.logZ], close);
    expectCloseTo(flat(result.marginals), flat(wanted.marginals), close);
    expect(result.iterations).toBeLessThanOrEqual(3);
  });

  it('becomes exact when evidence cuts the loops', async () => {
    const cycle = Array.from({ length: 7 }, (_, i): [number, number] => [i, (i + 1) % 7]);
    const graph = isingGraph(cycle, normals(3, 7), normals(4, 7));
    const wanted = enumerated(graph, (x) => x[2] === 1);
    const result = await beliefPropagation(graph, { evidence: { 2: 1 } });
    expectCloseTo([result.logZ], [wanted.logZ], close);
    expectCloseTo(flat(result.marginals), flat(wanted.marginals), close);
    expectCloseTo(flat(result.factorMarginals), flat(wanted.factorMarginals), close);
  });

  // On a ring the messages are the eigenvectors of the transfer matrix to its largest eigenvalue, and Z is the trace of its power.
  it.each([0, 0.4])('keeps the largest eigenvalue on a ring, with damping %f', async (damping) => {
    const [n, j, h] = [10, 0.5, 0.3];
    const ring = Array.from({ length: n }, (_, i): [number, number] => [i, (i + 1) % n]);
    const result = await beliefPropagation(isingGraph(ring, Array(n).fill(j), Array(n).fill(h)), { damping });
    const root = Math.sqrt(Math.exp(2 * j) * Math.sinh(h) ** 2 + Math.exp(-2 * j));
    const largest = Math.exp(j) * Math.cosh(h) + root;
    expect(result.status).toBe('converged');
    expectCloseTo([result.logZ], [n * Math.log(largest)], { relative: 1e-9 });
    const mean = (Math.exp(j) * Math.sinh(h)) / root;
    for (const [low, high] of result.marginals)
      expectCloseTo([(high as number) - (low as number)], [mean], { absolute: 1e-8 });
  });

  it('counts impossible states, and says when evidence contradicts itself', async () => {
    const forbidden = Number.NEGATIVE_INFINITY;
    const unlike = Float64Array.of(forbidden, 0, 0, 0, forbidden, 0, 0, 0, forbidden);
    const path = Array.from({ length: 5 }, (_, i) => ({ nodes: [i, i + 1], logPotential: unlike }));
    const graph: FactorGraph = { cardinalities: Array(6).fill(3), factors: path };
    const { logZ, status } = await beliefPropagation(graph);
    expect([Math.exp(logZ), status]).toEqual([expect.closeTo(3 * 2 ** 5, 8), 'converged']);
    // Node 1 must be neither 0, 1 nor 2.
    const star: FactorGraph = {
      cardinalities: Array(4).fill(3),
      factors: [0, 2, 3].map((i) => ({ nodes: [i, 1], logPotential: unlike })),
    };
    const impossible = await beliefPropagation(star, { evidence: { 0: 0, 2: 1, 3: 2 } });
    expect(impossible.logZ).toBe(forbidden);
    expect(impossible.marginals[1]?.[0]).toBeNaN();
  });

  it('reports what does not converge and what is no number', async () => {
    const pairs = allPairs(8);
    const glass = isingGraph(
      pairs,
      normals(5, pairs.length).map((x) => 3 * x),
      normals(6, 8),
    );
    const result = await beliefPropagation(glass, { iterations: 50 });
    expect(result).toMatchObject({ status: 'unconverged', iterations: 50 });
    expect(result.change).toBeGreaterThan(1e-3);
    const broken = graphOf([2, 2], [[0, 1]], 1);
    (broken.factors[0] as FactorGraph['factors'][number]).logPotential[0] = Number.NaN;
    const nothing = await beliefPropagation(broken);
    expect(nothing).toMatchObject({ status: 'unconverged', iterations: 1, change: Number.NaN, logZ: Number.NaN });
  });

  it('checks its settings, reports and stops', async () => {
    const graph = graphOf([2, 2], [[0, 1]], 1);
    await expect(beliefPropagation(graph, { damping: 1 })).rejects.toThrow(
      'beliefPropagation: damping must be at least 0 and below 1, got 1',
    );
    await expect(beliefPropagation(graph, { tolerance: 0 })).rejects.toThrow('tolerance must be above 0, got 0');
    await expect(beliefPropagation(graph, { iterations: 0.5 })).rejects.toThrow(
      'iterations must be a whole number above 0, got 0.5',
    );
    await expect(beliefPropagation(graph, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const seen: number[] = [];
    const { iterations } = await beliefPropagation(graph, { onProgress: ({ step }) => seen.push(step) });
    expect(seen.at(-1)).toBe(iterations);
  });
});
