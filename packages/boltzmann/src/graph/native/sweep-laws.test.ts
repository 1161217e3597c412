import { jit, type Key, key, memory, readSync, reference, scoped, type Tensor, tensor } from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { expect, test } from 'vitest';
import { pottsSamples } from './potts-samples.js';
import { pottsSweeps } from './potts-sweeps.js';
import { spinSamples } from './spin-samples.js';
import { spinSweeps } from './spin-sweeps.js';
import { sweepStructure } from './sweep-structure.js';

/** Six nodes, three colours, a triangle, a doubled edge and a node on its own. */
const graph = {
  nodes: 6,
  edges: [0, 1, 1, 2, 2, 0, 3, 0, 0, 3, 3, 5],
  colours: [0, 1, 2, 1, 0, 0],
};
const structure = sweepStructure(graph);
const weights = [0.7, -1.1, 0.4, 0.9, -0.3, 0.6];
const ends = weights.map((_, e) => [graph.edges[2 * e] as number, graph.edges[2 * e + 1] as number] as const);

/** The log of the probability, up to a constant, of node `i` being in each state given the others. */
type Conditional = (state: readonly number[], i: number) => readonly number[];

/** The distribution after one sweep from a distribution over all states, by adding up all ways. */
function sweepExactly(start: Float64Array, values: number, clamped: readonly boolean[], conditional: Conditional) {
  let current = start;
  const order = [...graph.colours.keys()].sort((a, b) => (graph.colours[a] as number) - (graph.colours[b] as number));
  for (const node of order.filter((i) => !clamped[i])) {
    const next = new Float64Array(current.length);
    for (let s = 0; s < current.length; s++) {
      const state = graph.colours.map((_, i) => Math.floor(s / values ** i) % values);
      const logits = conditional(state, node);
      const total = logits.reduce((sum, l) => sum + Math.exp(l), 0);
      logits.forEach((l, value) => {
        const to = s + (value - (state[node] as number)) * values ** node;
        next[to] = (next[to] as number) + ((current[s] as number) * Math.exp(l)) / total;
      });
    }
    current = next;
  }
  return current;
}

/** Compares rows of states with exact probabilities, at 5 standard deviations of each count. */
function expectStates(states: ArrayLike<number>, values: number, exact: Float64Array): void {
  const counts = new Float64Array(exact.length);
  const n = states.length / graph.nodes;
  for (let c = 0; c < n; c++) {
    let s = 0;
    for (let i = 0; i < graph.nodes; i++) s += (states[c * graph.nodes + i] as number) * values ** i;
    counts[s] = (counts[s] as number) + 1;
  }
  exact.forEach((p, s) => {
    const deviation = Math.abs((counts[s] as number) - n * p);
    expect(deviation, `state ${s} of probability ${p}`).toBeLessThanOrEqual(
      5 * Math.sqrt(n * p * (1 - p)) + 1e-9 + 5 * Number(n * p < 5 && p > 0),
    );
  });
}

const backends = [
  { name: 'reference', make: () => reference() },
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'wasm without fused operations', make: () => wasm({ threads: 1, deterministic: true }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

const chains = 10_000;
const repeated = (state: readonly number[]): number[] => Array.from({ length: chains }, () => state).flat();
const held = [false, false, true, false, false, false];

onEach('Spin sweeps', backends, () => {
  const bias = [0.2, -0.5, 0.1, 0, 0.8, -0.3];
  const first = [1, 0, 0, 1, 1, 0];
  const law =
    (beta: number): Conditional =>
    (state, i) => {
      let field = bias[i] as number;
      ends.forEach(([a, b], e) => {
        if (a === i || b === i) field += (weights[e] as number) * (2 * (state[a === i ? b : a] as number) - 1);
      });
      return [-beta * field, beta * field];
    };
  const options = () => ({ structure, bias: tensor(bias), weight: tensor(weights) });
  const startAt = (): Float64Array => {
    const start = new Float64Array(64);
    start[first.reduce((s, x, i) => s + x * 2 ** i, 0)] = 1;
    return start;
  };
  const starting = () => tensor(Uint8Array.from(repeated(first)), [chains, 6]);

  test('one sweep from one state gives every state as often as it must', () => {
    const end = scoped<Tensor>(() => spinSweeps(key(1), starting(), options()));
    expect(end.dtype).toBe('bool');
    expectStates(readSync(end), 2, sweepExactly(startAt(), 2, [], law(1)));
  });

  test('three sweeps with a clamped node do so too', () => {
    let exact = startAt();
    for (let i = 0; i < 3; i++) exact = sweepExactly(exact, 2, held, law(1));
    const clamped = tensor(Uint8Array.from(held, Number), [6]);
    const end = scoped<Tensor>(() => spinSweeps(key(2), starting(), { ...options(), sweeps: 3, clamped }));
    expectStates(readSync(end), 2, exact);
  });

  test('samples have the law after that many sweeps', () => {
    const samples = scoped<Tensor>(() => spinSamples(key(9), starting(), { ...options(), sweeps: 2, samples: 2 }));
    expect(samples).toMatchObject({ shape: [2, chains, 6], dtype: 'bool' });
    const drawn = readSync(samples);
    let exact = startAt();
    for (let s = 0; s < 2; s++) {
      for (let i = 0; i < 2; i++) exact = sweepExactly(exact, 2, [], law(1));
      expectStates(drawn.subarray(6 * chains * s, 6 * chains * (s + 1)), 2, exact);
    }
  });

  test('each chain has its own inverse temperature', () => {
    const betas = tensor(Float32Array.from({ length: chains }, (_, c) => (c < chains / 2 ? 0.3 : 2)));
    const end = readSync(scoped<Tensor>(() => spinSweeps(key(3), starting(), { ...options(), beta: betas })));
    const middle = (chains / 2) * 6;
    expectStates(Array.from(end).slice(0, middle), 2, sweepExactly(startAt(), 2, [], law(0.3)));
    expectStates(Array.from(end).slice(middle), 2, sweepExactly(startAt(), 2, [], law(2)));
  });

  test('jit gives the same bits, and nothing is left behind', () => {
    for (const count of [1, 3, 4, 8, 17, 40]) {
      const start = tensor(Uint8Array.from(repeated(first).slice(0, 6 * count)), [count, 6]);
      const step = (k: Key, x: Tensor): Tensor => spinSweeps(k, x, { ...options(), sweeps: 2 });
      const compiled = jit(step);
      const before = memory().tensors;
      const eager = scoped<Tensor>(() => step(key(4), start));
      const traced = compiled(key(4), start);
      expect([...readSync(traced)]).toEqual([...readSync(eager)]);
      expect(memory().tensors).toBeLessThanOrEqual(before + 2 + 12);
      compiled.clear();
    }
  });
});

onEach('Potts sweeps', backends, () => {
  const bias = graph.colours.map((_, i) => [0.3 * i, -0.2, 0.5 - 0.2 * i]);
  const first = [2, 0, 1, 1, 0, 2];
  const law =
    (beta: number): Conditional =>
    (state, i) => {
      const fields = [...(bias[i] as number[])];
      ends.forEach(([a, b], e) => {
        const other = state[a === i ? b : a] as number;
        if (a === i || b === i) fields[other] = (fields[other] as number) + (weights[e] as number);
      });
      return fields.map((field) => beta * field);
    };
  const options = () => ({ structure, bias: tensor(bias), weight: tensor(weights) });
  const startAt = (): Float64Array => {
    const start = new Float64Array(3 ** 6);
    start[first.reduce((s, x, i) => s + x * 3 ** i, 0)] = 1;
    return start;
  };
  const starting = () => tensor(Int32Array.from(repeated(first)), [chains, 6]);

  test('one sweep from one state gives every state as often as it must', () => {
    const end = scoped<Tensor>(() => pottsSweeps(key(5), starting(), { ...options(), beta: 1.5 }));
    expect(end.dtype).toBe('int32');
    expectStates(readSync(end), 3, sweepExactly(startAt(), 3, [], law(1.5)));
  });

  test('three sweeps with a clamped node do so too', () => {
    let exact = startAt();
    for (let i = 0; i < 3; i++) exact = sweepExactly(exact, 3, held, law(1));
    const clamped = tensor(Uint8Array.from(held, Number), [6]);
    const end = scoped<Tensor>(() => pottsSweeps(key(6), starting(), { ...options(), sweeps: 3, clamped }));
    expectStates(readSync(end), 3, exact);
  });

  test('samples have the law after that many sweeps', () => {
    const samples = scoped<Tensor>(() => pottsSamples(key(10), starting(), { ...options(), samples: 2 }));
    expect(samples).toMatchObject({ shape: [2, chains, 6], dtype: 'int32' });
    const drawn = readSync(samples);
    let exact = startAt();
    for (let s = 0; s < 2; s++) {
      exact = sweepExactly(exact, 3, [], law(1));
      expectStates(drawn.subarray(6 * chains * s, 6 * chains * (s + 1)), 3, exact);
    }
  });
});
