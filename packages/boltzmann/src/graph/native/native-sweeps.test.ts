import { key, readSync, reference, scoped, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, describe, expect, test } from 'vitest';
import { transcribedSpinSweeps } from '../../../fixtures/transcribed-spin-sweeps.js';
import { isingLatticeSweeps } from '../../lattice/native/ising-lattice-sweeps.js';
import { pottsSweeps } from './potts-sweeps.js';
import { spinSweeps } from './spin-sweeps.js';
import { sweepStructure } from './sweep-structure.js';

afterAll(async () => {
  await useBackend(reference());
});

/** A ring of two colours with chords, of `nodes` nodes. */
function ring(nodes: number) {
  const next = Array.from({ length: nodes }, (_, i) => [i, (i + 1) % nodes]);
  const chords = Array.from({ length: nodes }, (_, i) => [i, (i + 5) % nodes]);
  return sweepStructure({
    nodes,
    edges: [...next, ...chords].flat(),
    colours: Array.from({ length: nodes }, (_, i) => i % 2),
  });
}

const wave = (length: number, factor: number): Tensor =>
  tensor(Float32Array.from({ length }, (_, i) => factor * Math.sin(3 * i + factor)));

/** Sweeps that take long enough to be shared between threads. */
const shared: readonly [string, () => Tensor][] = [
  [
    'spins on a graph',
    () => {
      const structure = ring(400);
      const start = tensor(
        Uint8Array.from({ length: 70 * 400 }, (_, i) => (i >> 3) & 1),
        [70, 400],
      );
      return spinSweeps(key(1), start, { structure, bias: wave(400, 0.4), weight: wave(800, 0.7), sweeps: 20 });
    },
  ],
  [
    'a Potts model on a graph',
    () => {
      const structure = ring(400);
      const start = tensor(
        Int32Array.from({ length: 70 * 400 }, (_, i) => i % 3),
        [70, 400],
      );
      const bias = tensor(new Float32Array(1200).fill(0), [400, 3]);
      return pottsSweeps(key(2), start, { structure, bias, weight: wave(800, 0.7), sweeps: 20 });
    },
  ],
  [
    'a large lattice, in strips',
    () => {
      const start = tensor(
        Uint8Array.from({ length: 512 * 512 }, (_, i) => (i >> 2) & 1),
        [1, 512, 512],
      );
      const row = [0.02, 0.2, 0.5, 0.8, 0.98];
      return isingLatticeSweeps(key(3), start, tensor([row, row]), 10);
    },
  ],
  [
    'many small lattices',
    () => {
      const start = tensor(
        Uint8Array.from({ length: 2000 * 64 }, (_, i) => (i >> 2) & 1),
        [2000, 8, 8],
      );
      const row = [0.02, 0.2, 0.5, 0.8, 0.98];
      return isingLatticeSweeps(key(4), start, tensor([row, row]), 40);
    },
  ],
];

describe('Native sweeps', () => {
  test.each(shared)('over %s give the same bits on one thread and on two', async (_, sweep) => {
    await useBackend(wasm({ threads: 1 }));
    const alone = readSync(scoped<Tensor>(sweep));
    const two = await wasm({ threads: 2 });
    await useBackend(two);
    const together = readSync(scoped<Tensor>(sweep));
    two.close();
    expect(alone.findIndex((x, i) => x !== together[i])).toBe(-1);
  });

  test('keep a random stream for each unit of chains: no two units repeat each other', async () => {
    await useBackend(wasm({ threads: 1 }));
    const structure = ring(64);
    const bias = tensor(new Float32Array(64));
    const weight = tensor(new Float32Array(128));
    const start = tensor(new Uint8Array(48 * 64), [48, 64]);
    const end = readSync(scoped<Tensor>(() => spinSweeps(key(5), start, { structure, bias, weight })));
    const rows = Array.from({ length: 48 }, (_, c) => end.slice(64 * c, 64 * (c + 1)).join(''));
    expect(new Set(rows).size).toBe(48);
    const ones = Array.from(end).filter((x) => x === 1).length;
    expect(Math.abs(ones - end.length / 2)).toBeLessThan((5 * Math.sqrt(end.length)) / 2);
  });

  test('report a field that is not a number as down, and leave other nodes alone', async () => {
    await useBackend(wasm({ threads: 1 }));
    const structure = sweepStructure({ nodes: 3, edges: [0, 1], colours: [0, 1, 0] });
    const start = tensor(new Uint8Array(24).fill(1), [8, 3]);
    const bias = tensor(Float32Array.of(0, 0, 30));
    const weight = tensor(Float32Array.of(Number.NaN));
    const end = readSync(scoped<Tensor>(() => spinSweeps(key(6), start, { structure, bias, weight })));
    expect([...end]).toEqual(Array.from({ length: 8 }, () => [0, 0, 1]).flat());
  });
});

test.each([3, 7, 20])('The native spin kernel of %i chains equals its transcription to the bit', async (chains) => {
  await useBackend(wasm({ threads: 1, deterministic: true }));
  const edges = [0, 1, 1, 2, 2, 0, 3, 0, 0, 3, 3, 5];
  const structure = sweepStructure({ nodes: 6, edges, colours: [0, 1, 2, 1, 0, 0] });
  const problem = {
    structure,
    edges,
    bias: Float32Array.of(0.2, -0.5, 0.1, 0.7, 0.8, -0.3),
    // The large weights cancel when they are added to each other first, and swallow all else when they are not.
    weight: Float32Array.of(0.7, -1.1, 0.4, 1e8, -1e8, 0.6),
    beta: new Float32Array(chains).fill(0.8),
    clamped: new Uint8Array(6),
    start: Uint8Array.from({ length: chains * 6 }, (_, i) => (i >> 2) & 1),
    chains,
    sweeps: 3,
  };
  const end = scoped<Tensor>(() => {
    const [bias, weight] = [tensor(problem.bias), tensor(problem.weight)];
    return spinSweeps(key(8), tensor(problem.start, [chains, 6]), { structure, bias, weight, beta: 0.8, sweeps: 3 });
  });
  expect([...readSync(end)]).toEqual([...transcribedSpinSweeps(key(8), problem).states]);
});

test('arguments that do not fit are named', () => {
  const structure = ring(10);
  const [states, bias, weight] = [tensor(new Uint8Array(20), [2, 10]), wave(10, 1), wave(20, 1)];
  expect(() => spinSweeps(key(1), states, { structure, bias: weight, weight })).toThrow(
    'spinSweeps: bias must be float32 [10], got float32 [20].',
  );
  expect(() => spinSweeps(key(1), bias, { structure, bias, weight })).toThrow(
    'spinSweeps: states must be bool [10, 10]',
  );
  expect(() => spinSweeps(key(1), states, { structure, bias, weight, sweeps: 0 })).toThrow(
    'sweeps must be a whole number',
  );
  expect(() => spinSweeps(key(1), states, { structure, bias, weight, beta: wave(3, 1) })).toThrow(
    'beta must be float32 [2]',
  );
  expect(() => sweepStructure({ nodes: 2, edges: [0, 1], colours: [1, 1] })).toThrow('share colour 1');
  expect(() => sweepStructure({ nodes: 2, edges: [0, 2], colours: [0, 1] })).toThrow('the end 2, which is no node');
  expect(() => isingLatticeSweeps(key(1), tensor(new Uint8Array(9), [1, 3, 3]), tensor([[1], [2]]))).toThrow(
    'two or three even sides, got bool [1, 3, 3]',
  );
});
