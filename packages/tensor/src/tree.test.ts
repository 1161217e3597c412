import { describe, expect, test } from 'vitest';
import { add, readSync, tensor } from './index.js';
import { key } from './key.js';
import type { Tensor } from './tensor.js';
import { leavesOf, mapLeaves, mapTree, structureOf, tensorsAlong, tensorsOf } from './tree.js';

const [a, b, c] = [tensor(1), tensor(2), tensor(3)];

describe('trees', () => {
  test('leaves come in order, keys and tensors whole', () => {
    const k = key(1);
    expect(leavesOf({ x: [a, { y: b }], k, n: 1, t: 'text', e: [], u: undefined })).toEqual([
      a,
      b,
      k,
      1,
      'text',
      undefined,
    ]);
    expect(tensorsOf([a, k, { b }])).toEqual([a, b]);
    expect(tensorsOf(Object.assign(Object.create(null) as object, { a }))).toEqual([a]);
  });

  test('class instances and typed arrays are leaves', () => {
    const map = new Map([['a', a]]);
    expect(leavesOf([map, new Float32Array(2)])).toHaveLength(2);
    expect(tensorsOf(map)).toEqual([]);
  });

  test('mapLeaves gives paths', () => {
    const paths: string[] = [];
    mapLeaves({ layers: [{ weight: a }], bias: 1 }, (leaf, path) => {
      paths.push(path);
      return leaf;
    });
    expect(paths).toEqual(['layers.0.weight', 'bias']);
  });

  test('structureOf tells structures apart and not leaves', () => {
    expect(structureOf({ x: [a, 1] })).toBe(structureOf({ x: ['s', null] }));
    expect(structureOf({ x: [a] })).not.toBe(structureOf({ y: [a] }));
    expect(structureOf([])).not.toBe(structureOf({}));
  });
});

describe('mapTree', () => {
  test('combines trees by name, whatever the order of the fields', () => {
    const sum = mapTree((p, q) => add(p, q), { x: a, y: [b], n: 7 }, { y: [c], n: 8, x: b });
    expect([readSync(sum.x)[0], readSync(sum.y[0] as Tensor)[0], sum.n]).toEqual([3, 5, 7]);
    expect(Object.keys(sum)).toEqual(['x', 'y', 'n']);
  });

  test('refuses trees that differ', () => {
    const first = (p: typeof a) => p;
    expect(() => mapTree(first, { x: a }, { y: a })).toThrow(
      'mapTree: trees must have one structure, got {"x":*} and {"y":*} at "".',
    );
    expect(() => mapTree(first, { x: [a] }, { x: { 0: a } })).toThrow('at "x"');
    expect(() => mapTree(first, [a, a], [a])).toThrow('mapTree: trees must have one structure');
    expect(() => mapTree(first, [[a]], [[1]])).toThrow('mapTree: expected a tensor at "0.0" in every tree.');
    expect(() => mapTree(first, [[a]], [a])).toThrow('mapTree: trees must have one structure, got [*] and * at "0".');
  });

  test('tensorsAlong lists the tensors of one tree in the order of another', () => {
    expect(tensorsAlong({ x: a, y: b }, { y: c, x: a })).toEqual([a, c]);
  });
});
