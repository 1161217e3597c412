import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bipartiteEdges, colour, completeEdges, gridEdges } from '../index.js';

const pegasus = JSON.parse(
  readFileSync(new URL('../../../../apps/benchmarks/src/fixtures/pegasus-14.json', import.meta.url), 'utf8'),
) as { readonly nodes: number; readonly edges: readonly number[] };

/** A random hypergraph: how many nodes, and sets of two to four of them. */
const hypergraphs = fc.integer({ min: 4, max: 30 }).chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    interactions: fc.array(fc.uniqueArray(fc.nat(nodes - 1), { minLength: 2, maxLength: 4 }), { maxLength: 60 }),
  }),
);

/** How many of the members of an interaction share a colour with another member. */
const clashes = (members: readonly number[], colours: readonly number[]): number =>
  members.length - new Set(members.map((node) => colours[node])).size;

describe('DSATUR', () => {
  test('gives the nodes of every interaction different colours, at most one more than a node has neighbours', () => {
    fc.assert(
      fc.property(hypergraphs, ({ nodes, interactions }) => {
        const colours = colour({ nodes, interactions });
        expect(colours.length).toBe(nodes);
        expect(interactions.filter((members) => clashes(members, colours) > 0)).toEqual([]);
        colours.forEach((own, node) => {
          const neighbours = new Set(interactions.filter((members) => members.includes(node)).flat());
          neighbours.delete(node);
          expect(own).toBeLessThanOrEqual(neighbours.size);
        });
        expect(colour({ nodes, interactions })).toEqual(colours);
      }),
    );
  });

  test('needs two colours for a bipartite graph', () => {
    const bipartite = fc.array(fc.tuple(fc.nat(11), fc.integer({ min: 12, max: 23 })), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(bipartite, (edges) => {
        expect(Math.max(...colour({ nodes: 24, interactions: edges }))).toBe(1);
      }),
    );
  });

  test('needs as many colours as an interaction has nodes, and no more where they hang together as a chain', () => {
    expect(
      colour({
        nodes: 5,
        interactions: [
          [0, 1, 2],
          [2, 3, 4],
        ],
      }).toSorted(),
    ).toEqual([0, 1, 1, 2, 2]);
    expect(new Set(colour({ nodes: 6, interactions: completeEdges(6) })).size).toBe(6);
    expect(new Set(colour({ nodes: 25, interactions: gridEdges([5, 5], { periodic: true }) })).size).toBe(3);
    expect(colour({ nodes: 3, interactions: [{ equal: [0, 2] }] })).toEqual([0, 0, 1]);
  });

  test('gives the Pegasus graph P14 four colours of 1,066 nodes in less than a second of processor time', () => {
    const interactions = Array.from({ length: pegasus.edges.length / 2 }, (_, e) =>
      pegasus.edges.slice(2 * e, 2 * e + 2),
    );
    const begin = process.cpuUsage();
    const colours = colour({ nodes: pegasus.nodes, interactions });
    const seconds = process.cpuUsage(begin).user / 1e6;
    const counts = [0, 1, 2, 3].map((own) => colours.filter((other) => other === own).length);
    expect(counts).toEqual([1066, 1066, 1066, 1066]);
    expect(interactions.filter((members) => clashes(members, colours) > 0)).toEqual([]);
    expect(seconds).toBeLessThan(1);
  });

  test('wrong arguments say what is right', () => {
    expect(() => colour({ nodes: 0, interactions: [] })).toThrow(/nodes must be a whole number/);
    expect(() => colour({ nodes: 2, interactions: [[0, 2]] })).toThrow(/nodes are 0 … 1, got 2/);
  });
});

describe('edges', () => {
  test('of a grid join neighbours along each axis, once', () => {
    expect(gridEdges([2, 2])).toEqual([
      [0, 2],
      [0, 1],
      [1, 3],
      [2, 3],
    ]);
    expect(gridEdges([3], { periodic: true })).toEqual([
      [0, 1],
      [1, 2],
      [0, 2],
    ]);
    expect(gridEdges([4, 5]).length).toBe(3 * 5 + 4 * 4);
    expect(gridEdges([4, 5, 3], { periodic: true }).length).toBe(3 * 60);
    expect(gridEdges([2, 2], { periodic: true }).length).toBe(4);
    expect(() => gridEdges([0, 3])).toThrow(/whole numbers of at least 1/);
  });

  test('of complete and of bipartite graphs', () => {
    expect(() => completeEdges(2.5)).toThrow('nodes must be a whole number of at least 1, got 2.5');
    expect(() => bipartiteEdges(2, 1.5)).toThrow('second must be a whole number of at least 1, got 1.5');
    expect(completeEdges(3)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect(bipartiteEdges(2, 2)).toEqual([
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
    ]);
  });
});
