import {
  jit,
  type Key,
  key,
  memory,
  readSync,
  reference,
  scoped,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { afterAll, expect, test } from 'vitest';
import { pottsSamples } from './potts-samples.js';
import { pottsSweeps } from './potts-sweeps.js';
import { spinSamples } from './spin-samples.js';
import { spinSweeps } from './spin-sweeps.js';
import { sweepStructure } from './sweep-structure.js';

afterAll(async () => {
  await useBackend(reference());
});

const wave = (shape: readonly number[], factor: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => factor * Math.sin(3 * i + factor)),
    shape,
  );

/** Chains on a ring of two colours with chords, each with its own inverse temperature; one node is clamped. */
function problem(nodes: number, chains: number) {
  const next = Array.from({ length: nodes }, (_, i) => [i, (i + 1) % nodes, i, (i + 5) % nodes]);
  const colours = Array.from({ length: nodes }, (_, i) => i % 2);
  const structure = sweepStructure({ nodes, edges: next.flat(), colours });
  const beta = tensor(Float32Array.from({ length: chains }, (_, c) => 0.4 + c / chains));
  const clamped = tensor(Uint8Array.from({ length: nodes }, (_, i) => Number(i === 3)));
  const shared = { structure, weight: wave([2 * nodes], 0.7), beta, clamped };
  const values = Array.from({ length: chains * nodes }, (_, i) => (i >> 1) % 3);
  return {
    spins: {
      start: tensor(
        Uint8Array.from(values, (x) => x & 1),
        [chains, nodes],
      ),
      options: { ...shared, bias: wave([nodes], 0.3) },
    },
    potts: {
      start: tensor(Int32Array.from(values), [chains, nodes]),
      options: { ...shared, bias: wave([nodes, 3], 0.3) },
    },
  };
}

/** Expects each sample to be where sweeps with the same key are by then. */
function expectSweeps(samples: Tensor, sweepsTo: (sample: number) => Tensor): void {
  const drawn = readSync(samples);
  const [count, ...shape] = samples.shape as [number, number, number];
  const size = shape[0] * shape[1];
  let before: ArrayLike<number> = [];
  for (let s = 0; s < count; s++) {
    const wanted = readSync(scoped<Tensor>(() => sweepsTo(s)));
    const sample = drawn.subarray(size * s, size * (s + 1));
    expect(sample.findIndex((x, i) => x !== wanted[i])).toBe(-1);
    expect(wanted.some((x, i) => x !== before[i])).toBe(true);
    before = wanted;
  }
}

function expectChainOfSweeps(nodes: number, chains: number, sweeps: number, samples: number): void {
  const { spins, potts } = problem(nodes, chains);
  expectSweeps(
    scoped<Tensor>(() => spinSamples(key(1), spins.start, { ...spins.options, sweeps, samples })),
    (s) => spinSweeps(key(1), spins.start, { ...spins.options, sweeps: (s + 1) * sweeps }),
  );
  expectSweeps(
    scoped<Tensor>(() => pottsSamples(key(2), potts.start, { ...potts.options, sweeps, samples })),
    (s) => pottsSweeps(key(2), potts.start, { ...potts.options, sweeps: (s + 1) * sweeps }),
  );
}

const backends = [
  { name: 'reference', make: () => reference() },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

onEach('Samples of sweeps', backends, () => {
  test('are the states of the chain of sweeps, to the bit', () => {
    expectChainOfSweeps(10, 1, 2, 3);
    expectChainOfSweeps(10, 7, 1, 2);
    expectChainOfSweeps(10, 21, 3, 1);
  });

  test('have the same bits under jit, and nothing is left behind', () => {
    const { spins } = problem(10, 5);
    const draw = (k: Key, x: Tensor): Tensor => spinSamples(k, x, { ...spins.options, sweeps: 2, samples: 3 });
    const compiled = jit(draw);
    compiled(key(3), spins.start);
    const before = memory().tensors;
    const eager = scoped<Tensor>(() => draw(key(4), spins.start));
    const traced = compiled(key(4), spins.start);
    expect(memory().tensors).toBe(before + 2);
    expect([...readSync(traced)]).toEqual([...readSync(eager)]);
    compiled.clear();
  });
});

test.each([1, 2])('Samples on %i threads are the chain of sweeps', async (threads) => {
  const backend = await wasm({ threads });
  await useBackend(backend);
  expectChainOfSweeps(400, 70, 10, 2);
  backend.close();
});

test('Samples of two threads have the bits of one', async () => {
  const bits: ArrayLike<number>[] = [];
  for (const threads of [1, 2]) {
    const backend = await wasm({ threads });
    await useBackend(backend);
    const { spins } = problem(400, 70);
    bits.push(readSync(spinSamples(key(5), spins.start, { ...spins.options, sweeps: 10, samples: 2 })).slice());
    backend.close();
  }
  expect(Array.from(bits[0] as ArrayLike<number>).findIndex((x, i) => x !== bits[1]?.[i])).toBe(-1);
});

test('arguments that do not fit are named by the function that was called', () => {
  const { spins, potts } = problem(10, 2);
  expect(() => spinSamples(key(1), spins.start, { ...spins.options, samples: 0 })).toThrow(
    'spinSamples: samples must be a whole number of at least 1, got 0.',
  );
  expect(() => spinSamples(key(1), potts.start, { ...spins.options, samples: 1 })).toThrow(
    'spinSamples: states must be bool [2, 10], got int32 [2, 10].',
  );
  expect(() => pottsSamples(key(1), potts.start, { ...potts.options, sweeps: 0.5, samples: 2 })).toThrow(
    'pottsSamples: sweeps must be a whole number of at least 1, got 0.5.',
  );
});
