import {
  grad,
  keyFromWords,
  memory,
  normal,
  readSync,
  reference,
  sum,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { expectCloseTo, onEach } from '@ebmkit/test-kit';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { gaussianMixture, modernHopfield, retrieve } from '../index.js';

const patterns = [
  [1.2, -0.4, 0.3],
  [-0.8, 0.9, 0.1],
  [0.2, 0.1, -1.5],
  [0.5, 1.1, 0.7],
];
const squaredLength = (x: readonly number[]): number => x.reduce((total, v) => total + v * v, 0);

/** One update by its sums. */
function attended(x: readonly number[], beta: number): number[] {
  const weights = patterns.map((p) => Math.exp(beta * p.reduce((total, v, i) => total + v * (x[i] as number), 0)));
  const total = weights.reduce((a, b) => a + b, 0);
  return x.map((_, i) => patterns.reduce((sum, p, k) => sum + ((weights[k] as number) / total) * (p[i] as number), 0));
}

const points = [
  [0, 0, 0],
  [0.7, -0.2, 0.4],
  [-2, 1, 0.5],
  [0.1, 0.1, -1.2],
];

describe('the modern Hopfield network', () => {
  beforeAll(async () => {
    await useBackend(reference({ precision: 'float64' }));
  });

  it.each([0.3, 1, 6])('at inverse temperature %d is a mixture of Gaussians', (beta) => {
    const mixture = gaussianMixture({
      components: patterns.map((mean) => ({
        mean,
        scale: 1 / Math.sqrt(beta),
        weight: Math.exp((beta * squaredLength(mean)) / 2),
      })),
    });
    const x = tensor(points);
    const tempered = Array.from(readSync(modernHopfield(patterns, { beta }).energy(x)), (e) => beta * e);
    const known = readSync(mixture.energy(x));
    expectCloseTo(
      tempered.map((e) => e - (tempered[0] as number)),
      Array.from(known, (e) => e - (known[0] as number)),
      { absolute: 1e-11 },
    );
  });

  it.each([0.3, 6])('at inverse temperature %d updates by attention, and has the gradient of its energy', (beta) => {
    const e = modernHopfield(patterns, { beta });
    const x = tensor(points);
    const before = memory().tensors;
    const made = [e.energy(x), e.gradient(x), e.update(x)];
    expect(memory().tensors).toBe(before + 3);
    expectCloseTo(
      readSync(e.update(x)),
      points.flatMap((point) => attended(point, beta)),
      { absolute: 1e-12 },
    );
    const automatic = grad((y: Tensor) => sum(e.energy(y)))(x);
    expectCloseTo(readSync(made[1] as Tensor), readSync(automatic), { absolute: 1e-12 });
  });

  it('never raises its energy, which lies between its bounds', () => {
    const coordinate = fc.double({ min: -2, max: 2, noNaN: true });
    const vector = fc.tuple(coordinate, coordinate, coordinate);
    const cases = fc.record({
      stored: fc.array(vector, { minLength: 1, maxLength: 5 }),
      direction: vector,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      beta: fc.double({ min: 0.05, max: 20, noNaN: true }),
    });
    fc.assert(
      fc.property(cases, ({ stored, direction, share, beta }) => {
        const e = modernHopfield(stored, { beta });
        const most = stored.map(squaredLength).reduce((a, b) => Math.max(a, b));
        const length = Math.sqrt(squaredLength(direction)) || 1;
        let x = tensor([direction.map((v) => (v / length) * share * Math.sqrt(most))]);
        let energy = readSync(e.energy(x))[0] as number;
        expect(energy).toBeGreaterThanOrEqual(-1e-9);
        expect(energy).toBeLessThanOrEqual(2 * most + 1e-9);
        for (let step = 0; step < 5; step++) {
          x = e.update(x);
          const next = readSync(e.energy(x))[0] as number;
          expect(next).toBeLessThanOrEqual(energy + 1e-9);
          energy = next;
        }
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it('ends where the gradient is 0: near one pattern when cold, at an average of all when hot', async () => {
    const cold = modernHopfield(patterns, { beta: 30 });
    const noisy = patterns.map((pattern) => pattern.map((v, i) => v + (i === 1 ? 0.2 : -0.1)));
    const near = await retrieve(cold, tensor(noisy), { steps: 50 });
    expect(near.status).toEqual(['converged', 'converged', 'converged', 'converged']);
    expectCloseTo(near.states.data, patterns.flat(), { absolute: 1e-4 });
    const hot = modernHopfield(patterns, { beta: 0.2 });
    const average = await retrieve(hot, tensor(noisy), { steps: 100, tolerance: 1e-9 });
    expect(average.status).toEqual(['converged', 'converged', 'converged', 'converged']);
    const states = tensor(average.states.data, [4, 3]);
    expectCloseTo(readSync(hot.gradient(states)), new Float64Array(12), { absolute: 1e-8 });
    const [first, ...others] = Array.from({ length: 4 }, (_, n) =>
      Array.from(average.states.data).slice(3 * n, 3 * n + 3),
    );
    for (const other of others) expectCloseTo(other, first as number[], { absolute: 1e-6 });
  });

  it('says what is wrong with its arguments', () => {
    expect(() => modernHopfield([[1, 2]], { beta: 0 })).toThrow(
      /modernHopfield: beta must be a positive number, got 0/,
    );
    expect(() => modernHopfield([[1, Number.POSITIVE_INFINITY]], { beta: 1 })).toThrow(/got Infinity in pattern 0/);
    expect(() => modernHopfield([[1, 2]], { beta: 1 }).update(tensor([1, 2]))).toThrow(/expected \[n, 2\], got \[2\]/);
  });
});

const backends = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

onEach('the modern Hopfield network', backends, () => {
  it('retrieves one of a thousand random patterns in one update', () => {
    const stored = Array.from(readSync(normal(keyFromWords(1, 2), [1000, 32])));
    const rows = Array.from({ length: 1000 }, (_, k) => stored.slice(32 * k, 32 * k + 32));
    const cues = rows.slice(0, 8).map((row) => row.map((v, i) => (i < 8 ? 0 : v)));
    const recalled = readSync(modernHopfield(rows, { beta: 8 }).update(tensor(cues)));
    expectCloseTo(recalled, rows.slice(0, 8).flat(), { absolute: 1e-3 });
  });
});
