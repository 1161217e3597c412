import {
  key,
  keyFromWords,
  memory,
  rademacher,
  readSync,
  reference,
  tensor,
  uniform,
  useBackend,
} from '@ebmkit/tensor';
import { tfjs } from '@ebmkit/tensor-tfjs';
import { wasm } from '@ebmkit/tensor-wasm';
import { onEach } from '@ebmkit/test-kit';
import { beforeAll, describe, expect, it } from 'vitest';
import { pixelDigits } from '../../fixtures/pixel-digits.js';
import { denseMemory, hopfield, modernHopfield, type Retrieved, retrieve } from '../index.js';

const backends = [
  { name: 'wasm', make: () => wasm({ threads: 1 }) },
  { name: 'tfjs wasm', make: () => tfjs('wasm') },
];

/** Random patterns of −1 and 1. */
function randomPatterns(seed: number, count: number, size: number): number[][] {
  const spins = readSync(rademacher(keyFromWords(seed, 1), [count, size]));
  return Array.from({ length: count }, (_, k) => Array.from(spins.slice(k * size, (k + 1) * size)));
}

/** Copies in which each unit is flipped with the given probability. */
function corrupted(seed: number, patterns: readonly (readonly number[])[], share: number): number[][] {
  const width = patterns[0]?.length ?? 0;
  const draws = readSync(uniform(keyFromWords(seed, 2), [patterns.length, width]));
  return patterns.map((row, n) => row.map((v, i) => ((draws[n * width + i] as number) < share ? -v : v)));
}

/** The share of units of each retrieved state that agree with its pattern. */
function agreements({ states }: Retrieved, patterns: readonly (readonly number[])[]): number[] {
  const width = patterns[0]?.length ?? 0;
  return patterns.map((row, n) => row.filter((v, i) => states.data[n * width + i] === v).length / width);
}
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

onEach('retrieval', backends, () => {
  it('completes corrupted digits by projection, and leaves nothing behind', async () => {
    const cues = tensor(corrupted(5, pixelDigits, 0.15));
    const before = memory();
    const found = await retrieve(hopfield(pixelDigits, { rule: 'projection' }), cues, { steps: 30 });
    expect(memory()).toEqual(before);
    expect(agreements(found, pixelDigits)).toEqual(pixelDigits.map(() => 1));
    expect(found.status).toEqual(pixelDigits.map(() => 'converged'));
  });

  it('says how each cue ended', async () => {
    const pair = hopfield([[1, 1]]);
    const cues = tensor([
      [1, 1],
      [1, -1],
      [Number.NaN, 1],
    ]);
    const together = await retrieve(pair, cues, { steps: 9, update: 'synchronous' });
    expect(together.status).toEqual(['converged', 'cycled', 'diverged']);
    const inTurn = await retrieve(pair, cues, { steps: 9 });
    expect(inTurn.status).toEqual(['converged', 'converged', 'diverged']);
    expect(Array.from(inTurn.states.data).slice(0, 4)).toEqual([1, 1, -1, -1]);
    expect(Array.from(inTurn.steps).slice(0, 2)).toEqual([0, 1]);
    expect(Array.from(inTurn.energies).slice(0, 2)).toEqual([-0.5, -0.5]);
    const short = await retrieve(pair, cues, { steps: 1 });
    expect(short.status).toEqual(['converged', 'maxSteps', 'diverged']);
    const stopped = await retrieve(pair, cues, { steps: 9, signal: AbortSignal.abort() });
    expect(stopped.status).toEqual(['aborted', 'aborted', 'aborted']);
    const flat = modernHopfield([[0.5, 0]], { beta: 1 });
    const lost = await retrieve(flat, tensor([[1, Number.POSITIVE_INFINITY]]), { steps: 9 });
    expect(lost.status).toEqual(['diverged']);
  });
});

describe('retrieval', () => {
  beforeAll(async () => {
    await useBackend(wasm({ threads: 1 }));
  });

  it('of a cue does not depend on the other cues, and an order is drawn by the key', async () => {
    const stored = randomPatterns(3, 12, 40);
    const spins = hopfield(stored);
    const cues = corrupted(4, stored, 0.3);
    const all = await retrieve(spins, tensor(cues), { steps: 40, key: key(1) });
    const alone = await retrieve(spins, tensor(cues.slice(5, 6)), { steps: 40, key: key(1) });
    expect(Array.from(alone.states.data)).toEqual(Array.from(all.states.data.slice(200, 240)));
    const again = await retrieve(spins, tensor(cues), { steps: 40, key: key(1) });
    expect(again).toEqual(all);
    const other = await retrieve(spins, tensor(cues), { steps: 40, key: key(2) });
    expect(Array.from(other.states.data)).not.toEqual(Array.from(all.states.data));
  });

  it('completes corrupted digits by a steep energy, and not by the Hebbian rule, since they are correlated', async () => {
    const cues = tensor(corrupted(5, pixelDigits, 0.15));
    const steep = await retrieve(denseMemory(pixelDigits, { power: 'exponential' }), cues, { steps: 30 });
    expect(agreements(steep, pixelDigits)).toEqual(pixelDigits.map(() => 1));
    const plain = await retrieve(hopfield(pixelDigits), cues, { steps: 30 });
    expect(mean(agreements(plain, pixelDigits))).toBeLessThan(0.9);
  });

  it('by the Hebbian rule breaks down between 0.11 and 0.18 patterns a unit, of 500 units', async () => {
    const wrongAt = async (load: number): Promise<number> => {
      const stored = randomPatterns(17, Math.round(load * 500), 500);
      const found = await retrieve(hopfield(stored), tensor(stored.slice(0, 40)), { steps: 60, key: key(8) });
      return 1 - mean(agreements(found, stored.slice(0, 40)));
    };
    const [low, high] = [await wrongAt(0.11), await wrongAt(0.18)];
    expect(low).toBeLessThan(0.02);
    expect(high).toBeGreaterThan(0.1);
  });

  it.each([
    ['1.2 patterns a unit with a cubic energy', 60, 3],
    ['ten patterns a unit with an exponential energy', 500, 'exponential'],
  ] as const)('holds %s, where the Hebbian rule holds none', async (_, count, power) => {
    const stored = randomPatterns(23, count, 50);
    const wanted = stored.slice(0, 50);
    const cues = tensor(corrupted(24, wanted, 0.1));
    const steep = await retrieve(denseMemory(stored, { power }), cues, { steps: 20 });
    expect(mean(agreements(steep, wanted))).toBeGreaterThan(0.99);
    const plain = await retrieve(hopfield(stored), cues, { steps: 20 });
    expect(mean(agreements(plain, wanted))).toBeLessThan(0.8);
  });

  it('says what is wrong with its arguments', async () => {
    const spins = hopfield([[1, -1]]);
    const cue = tensor([[1, 1]]);
    const real = modernHopfield([[1, -1]], { beta: 1 });
    await expect(retrieve(spins, cue, { steps: 0 })).rejects.toThrow(/retrieve: steps must be a whole number of at/);
    await expect(retrieve(spins, tensor([[0, 1]]), { steps: 1 })).rejects.toThrow(/expected cues of -1 and 1, got 0/);
    await expect(retrieve(spins, tensor([1, 1]), { steps: 1 })).rejects.toThrow(/expected \[n, 2\], got \[2\]/);
    await expect(retrieve(real, cue, { steps: 1, update: 'asynchronous' })).rejects.toThrow(/must be synchronous/);
    const typo = { steps: 1, update: 'parallel' as 'synchronous' };
    await expect(retrieve(spins, cue, typo)).rejects.toThrow(/must be 'asynchronous' or 'synchronous', got parallel/);
    await expect(retrieve(spins, cue, { steps: 1, tolerance: -1 })).rejects.toThrow(/tolerance must be a number/);
    await useBackend(reference());
  });
});
