import { expectCloseTo } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allPairs, anyGraph, enumerated, graphOf, isingGraph } from '../../fixtures/factor-oracle.js';
import { clampNodes, exactInference, type FactorGraph, type Marginals } from '../index.js';

const tight = { absolute: 1e-12, relative: 1e-12 };

function expectSame(got: Marginals, want: Marginals): void {
  expectCloseTo([got.logZ], [want.logZ], tight, 'log Z');
  const flat = (tables: readonly Float64Array[]) => tables.flatMap((p) => [...p]);
  expectCloseTo(flat(got.marginals), flat(want.marginals), tight, 'marginals');
  expect(got.factorMarginals.map((p) => p.length)).toEqual(want.factorMarginals.map((p) => p.length));
  expectCloseTo(flat(got.factorMarginals), flat(want.factorMarginals), tight, 'factor marginals');
}

describe('exactInference', () => {
  it('equals sums by the definition on graphs of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 6 }), fc.nat(9), async (seed, nodes, factors) => {
        const graph = anyGraph(seed, nodes, factors);
        expectSame(await exactInference(graph), enumerated(graph));
      }),
      { numRuns: 60 },
    );
  });

  it('equals them with clamped nodes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 2, max: 6 }), async (seed, nodes) => {
        const graph = anyGraph(seed, nodes, 8);
        const evidence = { 0: (graph.cardinalities[0] as number) - 1, [nodes - 1]: 0 };
        const wanted = enumerated(graph, (x) => x[0] === evidence[0] && x[nodes - 1] === 0);
        expectSame(await exactInference(graph, { evidence }), wanted);
        const { logZ, marginals } = await exactInference(clampNodes(graph, evidence));
        expectCloseTo([logZ], [wanted.logZ], tight);
        expect(marginals[0]).toHaveLength(1);
      }),
      { numRuns: 30 },
    );
  });

  it('takes a few nodes of a large graph when the others are clamped', async () => {
    const n = 1000;
    const chain = Array.from({ length: n - 1 }, (_, i): [number, number] => [i, i + 1]);
    const graph = isingGraph(chain, Array(n - 1).fill(0.5), Array(n).fill(0.1));
    const others = Array.from({ length: n }, (_, i): [number, number] => [i, 1]).filter(([i]) => i !== 77);
    const evidence: Record<number, number> = Object.fromEntries(others);
    const { logZ, marginals } = await exactInference(graph, { evidence });
    const up = Math.exp(2 * 0.5 + 0.1);
    expectCloseTo([logZ], [(n - 3) * 0.5 + (n - 1) * 0.1 + Math.log(up + 1 / up)], { relative: 1e-12 });
    expectCloseTo(marginals[77] as Float64Array, [1 / (1 + up * up), (up * up) / (1 + up * up)], tight);
    const all = await exactInference(graph, { evidence: { ...evidence, 77: 0 } });
    expectCloseTo([all.logZ], [(n - 3) * 0.5 + (n - 1) * 0.1 - Math.log(up)], { relative: 1e-12 });
  });

  it('equals the sum over magnetisations on a complete graph of many blocks', async () => {
    const [n, j, h] = [20, 0.07, 0.2];
    const pairs = allPairs(n);
    const graph = isingGraph(pairs, Array(pairs.length).fill(j), Array(n).fill(h));
    // Of a state with k spins up only their number counts.
    let binomial = 1;
    const terms = Array.from({ length: n + 1 }, (_, k) => {
      const m = 2 * k - n;
      const weight = binomial * Math.exp((j * (m * m - n)) / 2 + h * m);
      binomial *= (n - k) / (k + 1);
      return { m, weight };
    });
    const z = terms.reduce((sum, { weight }) => sum + weight, 0);
    const mean = terms.reduce((sum, { m, weight }) => sum + (m * weight) / z, 0) / n;
    const met = terms.reduce((sum, { m, weight }) => sum + ((m * m - n) * weight) / z, 0) / (n * (n - 1));
    const { logZ, marginals, factorMarginals } = await exactInference(graph);
    expectCloseTo([logZ], [Math.log(z)], tight);
    expectCloseTo(
      marginals.map((p) => (p[1] as number) - (p[0] as number)),
      Array(n).fill(mean),
      { absolute: 1e-11 },
    );
    const agreements = factorMarginals
      .slice(0, pairs.length)
      .map(([a, b, c, d]) => (a as number) - (b as number) - (c as number) + (d as number));
    expectCloseTo(agreements, Array(pairs.length).fill(met), { absolute: 1e-11 });
  });

  it('takes 24 binary nodes, the most that it lists: a chain as transfer matrices have it', {
    timeout: 60_000,
  }, async () => {
    const n = 24;
    const couplings = Array.from({ length: n - 1 }, (_, i) => 0.3 * Math.sin(i + 1));
    const fields = Array.from({ length: n }, (_, i) => 0.2 * Math.cos(i));
    const chain = couplings.map((_, i): [number, number] => [i, i + 1]);
    const { logZ, marginals, factorMarginals } = await exactInference(isingGraph(chain, couplings, fields));
    type Pair = readonly [number, number];
    const values = [-1, 1];
    const own = (i: number, x: Pair): Pair => [
      x[0] * Math.exp(-(fields[i] as number)),
      x[1] * Math.exp(fields[i] as number),
    ];
    const over = (i: number, [a, b]: Pair): Pair => {
      const [like, unlike] = [Math.exp(couplings[i] as number), Math.exp(-(couplings[i] as number))];
      return [like * a + unlike * b, unlike * a + like * b];
    };
    // What comes to each node from its left and from its right, its own field left out.
    const left: Pair[] = [[1, 1]];
    for (let i = 1; i < n; i++) left.push(over(i - 1, own(i - 1, left[i - 1] as Pair)));
    const right: Pair[] = Array<Pair>(n).fill([1, 1]);
    for (let i = n - 2; i >= 0; i--) right[i] = over(i, own(i + 1, right[i + 1] as Pair));
    const weights = left.map(([a, b], i) => own(i, [a * (right[i] as Pair)[0], b * (right[i] as Pair)[1]]));
    const [down, up] = weights[0] as Pair;
    const z = down + up;
    expectCloseTo([logZ], [Math.log(z)], tight);
    expectCloseTo(
      marginals.flatMap((p) => [...p]),
      weights.flat().map((w) => w / z),
      { absolute: 1e-11 },
    );
    const pairs = chain.flatMap(([i, j]) => {
      const [a, b] = [own(i, left[i] as Pair), own(j, right[j] as Pair)];
      return values.flatMap((x, s) =>
        values.map((y, t) => ((a[s] as number) * Math.exp(x * y * (couplings[i] as number)) * (b[t] as number)) / z),
      );
    });
    expectCloseTo(
      factorMarginals.slice(0, n - 1).flatMap((p) => [...p]),
      pairs,
      { absolute: 1e-11 },
    );
  });

  it('gives the gradient of log Z', async () => {
    const graph = anyGraph(12, 5, 7);
    const { factorMarginals } = await exactInference(graph);
    const step = 1e-5;
    for (const [f, factor] of graph.factors.entries()) {
      const slopes = await Promise.all(
        Array.from(factor.logPotential, async (_, entry) => {
          const moved = async (by: number) => {
            const logPotential = factor.logPotential.map((x, i) => (i === entry ? x + by : x));
            const factors = graph.factors.with(f, { nodes: factor.nodes, logPotential });
            return (await exactInference({ ...graph, factors })).logZ;
          };
          return ((await moved(step)) - (await moved(-step))) / (2 * step);
        }),
      );
      expectCloseTo(factorMarginals[f] as Float64Array, slopes, { absolute: 1e-9 });
    }
  });

  it('bears potentials far beyond the range of exp', async () => {
    const graph = graphOf([2, 3, 2, 2], [[0, 1], [1, 2], [2, 3, 0], [3]], 4, 2000);
    const { logZ, marginals } = await exactInference(graph);
    const wanted = enumerated(graph);
    expectCloseTo([logZ], [wanted.logZ], tight);
    expect(Math.abs(logZ)).toBeGreaterThan(1000);
    expectCloseTo(
      marginals.flatMap((p) => [...p]),
      wanted.marginals.flatMap((p) => [...p]),
      tight,
    );
  });

  it('counts impossible states as such, and reports what is no number', async () => {
    const forbidden = Number.NEGATIVE_INFINITY;
    const unlike: FactorGraph = {
      cardinalities: [2, 2, 2],
      factors: [
        [0, 1],
        [1, 2],
      ].map((nodes) => ({ nodes, logPotential: Float64Array.of(forbidden, 0, 0, forbidden) })),
    };
    const { logZ, factorMarginals } = await exactInference(unlike);
    expect(logZ).toBeCloseTo(Math.log(2), 14);
    expect([...(factorMarginals[0] as Float64Array)]).toEqual([0, 0.5, 0.5, 0]);
    const closed = {
      ...unlike,
      factors: [...unlike.factors, { ...(unlike.factors[0] as FactorGraph['factors'][number]), nodes: [0, 2] }],
    };
    const none = await exactInference(closed);
    expect(none.logZ).toBe(forbidden);
    expect(none.marginals[0]?.[0]).toBeNaN();
    const broken = graphOf([2, 2], [[0, 1]], 1);
    (broken.factors[0] as FactorGraph['factors'][number]).logPotential[2] = Number.NaN;
    expect((await exactInference(broken)).logZ).toBeNaN();
  });

  it('yields, reports and stops', async () => {
    const graph = isingGraph(allPairs(20), Array(190).fill(0.01), Array(20).fill(0));
    const seen: number[] = [];
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await exactInference(graph, { onProgress: ({ step, steps }) => seen.push(step / steps) });
    clearInterval(timer);
    expect(seen.at(-1)).toBe(1);
    expect(turns).toBeGreaterThan(0);
    await expect(exactInference(graph, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });

  it('says what is wrong with a graph', async () => {
    const pair = new Float64Array(4);
    const wrong = (cardinalities: number[], nodes: number[], logPotential = pair) =>
      exactInference({ cardinalities, factors: [{ nodes, logPotential }] });
    await expect(wrong([2, 2], [0, 2])).rejects.toThrow(
      'exactInference: the nodes of factor 0 must be different numbers from 0 to 1, got [0, 2]',
    );
    await expect(wrong([2, 2], [1, 1])).rejects.toThrow('got [1, 1]');
    await expect(wrong([2, 3], [0, 1])).rejects.toThrow(
      'factor 0 must have 6 log-potentials, one for each joint state of its nodes, got 4',
    );
    await expect(wrong([2, 0], [0])).rejects.toThrow('got 0 at node 1');
    await expect(wrong([], [])).rejects.toThrow('got none');
    await expect(exactInference({ cardinalities: Array(25).fill(2), factors: [] })).rejects.toThrow('got 2^25.0');
    const graph = graphOf([2, 2], [[0, 1]], 1);
    await expect(exactInference(graph, { evidence: { 0: 2 } })).rejects.toThrow(
      'got state 2 for node 0, which has 2 states',
    );
    await expect(exactInference(graph, { evidence: { 7: 0 } })).rejects.toThrow('got state 0 for node 7');
    expect(() => clampNodes(graph, { 0: -1 })).toThrow('clampNodes: evidence must give nodes');
  });
});
