import { describe, expect, it } from 'vitest';
import { chainsOfScalar, namedDraws, type SampledTree, scalarChains } from '../index.js';

const array = { data: Float32Array.from({ length: 24 }, (_, i) => i), shape: [3, 2, 2, 2] };

describe('namedDraws', () => {
  it('names the arrays of a tree by their paths', () => {
    const scalar = { data: [1, 2, 3, 4, 5, 6], shape: [3, 2] };
    const leaves = namedDraws({ mean: scalar, layers: [{ weight: array }, scalar] });
    expect(leaves.map(({ name, event, scalars }) => [name, event, scalars])).toEqual([
      ['mean', [], 1],
      ['layers[0].weight', [2, 2], 4],
      ['layers[1]', [], 1],
    ]);
    expect(leaves[1]?.data).toBe(array.data);
  });

  it('calls one array x unless told', () => {
    expect(namedDraws(array).map(({ name }) => name)).toEqual(['x']);
    expect(namedDraws(array, 'theta').map(({ name }) => name)).toEqual(['theta']);
  });

  it.each([
    [{}, 'namedDraws: expected at least one array of draws, got an empty tree'],
    [{ data: [1, 2, 3], shape: [2, 2] }, 'expected 4 numbers for the shape [2, 2] of x, got 3'],
    [{ data: [1], shape: [1] }, 'expected a shape [steps, chains, ...event] of whole numbers for x, got [1]'],
    [
      { a: array, b: { data: [1], shape: [1, 1] } },
      'expected 3 steps and 2 chains in every array like a, got 1 and 1 in b',
    ],
    [new Float32Array(3), 'expected draws { data, shape } or a tree of them, got a typed array'],
    [{ a: 3 }, 'expected draws { data, shape } or a tree of them at a, got number'],
    [null, 'got null'],
  ])('refuses what is not draws: %j', (draws, message) => {
    expect(() => namedDraws(draws as unknown as SampledTree)).toThrow(message);
  });
});

describe('chainsOfScalar', () => {
  it('copies what scalarChains cuts', () => {
    const [leaf] = namedDraws(array);
    if (!leaf) throw new Error('no leaf');
    scalarChains(array.data, array.shape).forEach((chains, scalar) => {
      expect(chainsOfScalar(leaf, scalar)).toEqual(chains);
    });
    expect(() => chainsOfScalar(leaf, 4)).toThrow('chainsOfScalar: x has scalars 0 to 3, got 4.');
  });
});
