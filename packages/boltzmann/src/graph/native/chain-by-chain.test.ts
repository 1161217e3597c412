import { key, readSync, reference, scoped, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, describe, expect, test } from 'vitest';
import { transcribedSpinSweeps } from '../../../fixtures/transcribed-spin-sweeps.js';
import { spinSamples } from './spin-samples.js';
import { spinSweeps } from './spin-sweeps.js';
import { sweepStructure } from './sweep-structure.js';

// The compiled backend goes over from chains as lanes to one chain after the other once few spins flip. These tests are large
// enough for that, and long enough.

afterAll(async () => {
  await useBackend(reference());
});

/** Six nodes, three colours, a triangle, a doubled edge and a node on its own, many times over. */
function copies(count: number) {
  const edges = [0, 1, 1, 2, 2, 0, 3, 0, 0, 3, 3, 5];
  const all = <T>(one: (copy: number) => T[]): T[] => Array.from({ length: count }, (_, copy) => one(copy)).flat();
  return {
    structure: sweepStructure({
      nodes: 6 * count,
      edges: all((copy) => edges.map((node) => 6 * copy + node)),
      colours: all(() => [0, 1, 2, 1, 0, 0]),
    }),
    edges,
    /** The same numbers for every copy. */
    repeated: (numbers: readonly number[]): number[] => all(() => [...numbers]),
  };
}

const weights = [0.7, -1.1, 0.4, 0.9, -0.3, 0.6];
const order = [0, 4, 5, 1, 3, 2];

/** One sweep of a distribution over the 64 states of one copy. */
function sweepExactly(
  from: Float64Array,
  bias: readonly number[],
  edges: readonly number[],
  beta: number,
  held: number,
): Float64Array {
  let current = from;
  for (const node of order) {
    if (node === held) continue;
    const next = new Float64Array(64);
    current.forEach((p, state) => {
      const spin = (i: number): number => ((state >> i) & 1 ? 1 : -1);
      let field = bias[node] as number;
      for (let e = 0; e < edges.length; e++)
        if (edges[e] === node) field += (weights[e >> 1] as number) * spin(edges[e ^ 1] as number);
      const up = 1 / (1 + Math.exp(-2 * beta * field));
      const [withUp, withDown] = [state | (1 << node), state & ~(1 << node)];
      next[withUp] = (next[withUp] as number) + p * up;
      next[withDown] = (next[withDown] as number) + p * (1 - up);
    });
    current = next;
  }
  return current;
}

/** Compares the states of all copies with exact probabilities, at 5 standard deviations of each count. */
function expectLaw(states: ArrayLike<number>, exact: Float64Array): void {
  const counts = new Float64Array(64);
  const n = states.length / 6;
  for (let c = 0; c < n; c++) {
    const state = Array.from({ length: 6 }, (_, i) => (states[6 * c + i] as number) << i).reduce((a, b) => a | b);
    counts[state] = (counts[state] as number) + 1;
  }
  exact.forEach((p, state) => {
    const tolerance = 5 * Math.sqrt(n * p * (1 - p)) + 5 * Number(n * p < 5 && p > 0) + 1e-9;
    expect(Math.abs((counts[state] as number) - n * p), `state ${state}`).toBeLessThanOrEqual(tolerance);
  });
}

const biases = [0.2, -0.5, 0.1, 0, 0.8, -0.3];
const laws = [
  { name: 'one chain', chains: 1, count: 20_000, bias: biases, beta: 1, sweeps: [3, 2, 4] },
  { name: 'one chain that is repelled', chains: 1, count: 20_000, bias: biases, beta: -0.7, sweeps: [6] },
  { name: 'seven chains of cold spins', chains: 7, count: 3000, bias: biases.map((b) => b + 1), beta: 2, sweeps: [30] },
  { name: 'forty cold chains', chains: 40, count: 600, bias: biases.map((b) => b - 1), beta: 2, sweeps: [20, 10] },
];

describe.each([false, true])('Chains of spins one after the other, without fused operations: %s', (deterministic) => {
  test.each(laws)('have the law of sweeps: $name', async ({ chains, count, bias, beta, sweeps }) => {
    await useBackend(wasm({ threads: 1, deterministic }));
    const { structure, edges, repeated } = copies(count);
    const first = [1, 0, 0, 1, 1, 0];
    for (const held of [-1, 2]) {
      let exact: Float64Array = new Float64Array(64);
      exact[first.reduce((state, up, i) => state | (up << i), 0)] = 1;
      const clamped = tensor(Uint8Array.from(repeated(first.map((_, i) => Number(i === held)))));
      const options = { structure, bias: tensor(repeated(bias)), weight: tensor(repeated(weights)), beta, clamped };
      const start = tensor(Uint8Array.from(Array.from({ length: chains }, () => repeated(first)).flat()), [
        chains,
        6 * count,
      ]);
      for (const [part, more] of sweeps.entries()) {
        const end = readSync(
          scoped<Tensor>(() => spinSweeps(key(10 + part), start, { ...options, sweeps: sum(sweeps, part) })),
        );
        for (let i = 0; i < more; i++) exact = sweepExactly(exact, bias, edges, beta, held);
        expectLaw(end, exact);
      }
    }
  });
});

function sum(numbers: readonly number[], last: number): number {
  return numbers.slice(0, last + 1).reduce((a, b) => a + b);
}

/** Chains on a ring with chords, of three colours, some of few nodes. */
function ring(nodes: number) {
  const edges = Array.from({ length: nodes }, (_, i) => [i, (i + 1) % nodes, i, (i + 6) % nodes]).flat();
  const colours = Array.from({ length: nodes }, (_, i) => (i === nodes - 1 ? 2 : i % 2));
  const bipartite = edges.flatMap((_, e) => {
    const pair = edges.slice(e, e + 2);
    return e % 2 === 0 && colours[pair[0] as number] !== colours[pair[1] as number] ? pair : [];
  });
  return { edges: bipartite, structure: sweepStructure({ nodes, edges: bipartite, colours }) };
}

test.each([
  { chains: 1, cold: 1, sweeps: 300 },
  { chains: 7, cold: 4, sweeps: 40 },
  { chains: 20, cold: 4, sweeps: 40 },
])('$chains chains have the bits of their transcription', async ({ chains, cold, sweeps }) => {
  await useBackend(wasm({ threads: 1, deterministic: true }));
  const nodes = 75;
  const { structure, edges } = ring(nodes);
  const wave = (length: number, factor: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => factor * Math.sin(3 * i + factor));
  const problem = {
    structure,
    edges,
    bias: wave(nodes, 0.4 * cold),
    weight: wave(structure.edges, 0.7 * cold),
    beta: Float32Array.from({ length: chains }, (_, c) => 0.8 + 0.4 * (c / chains)),
    clamped: Uint8Array.from({ length: nodes }, (_, i) => Number(i % 20 === 3)),
    start: Uint8Array.from({ length: chains * nodes }, (_, i) => (i >> 2) & 1),
    chains,
    sweeps,
  };
  const { states, byFlips } = transcribedSpinSweeps(key(8), problem);
  const end = scoped<Tensor>(() =>
    spinSweeps(key(8), tensor(problem.start, [chains, nodes]), {
      structure,
      bias: tensor(problem.bias),
      weight: tensor(problem.weight),
      beta: tensor(problem.beta),
      clamped: tensor(problem.clamped),
      sweeps,
    }),
  );
  expect(byFlips).toBeGreaterThan(sweeps / 2);
  expect([...readSync(end)]).toEqual([...states]);
});

test('samples of chains one after the other are where the sweeps are, and threads share them', async () => {
  const { structure } = copies(20);
  const chains = 30;
  const states = Uint8Array.from({ length: chains * 120 }, (_, i) => (i >> 3) & 1);
  const run = async (threads: number, samples: number): Promise<readonly number[]> => {
    const backend = await wasm({ threads });
    await useBackend(backend);
    const bias = tensor(Float32Array.from({ length: 120 }, (_, i) => Math.sin(i)));
    const weight = tensor(Float32Array.from({ length: 120 }, (_, i) => Math.cos(i)));
    const options = { structure, bias, weight, beta: 3, sweeps: 150 / samples, samples };
    const drawn = readSync(spinSamples(key(3), tensor(states, [chains, 120]), options)).slice(-states.length);
    backend.close();
    return [...drawn];
  };
  const wanted = await run(1, 1);
  for (const [threads, samples] of [
    [1, 10],
    [1, 150],
    [2, 3],
  ] as const)
    expect(await run(threads, samples)).toEqual(wanted);
});
