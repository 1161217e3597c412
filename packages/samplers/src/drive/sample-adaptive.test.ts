import { gaussian } from '@ebmkit/energy';
import { key, memory, type Progress, reference, useBackend } from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adaptiveLangevin, adaptiveMala, adaptiveNuts } from '../adaptation/adaptive-samplers.js';
import { isAbortedRun } from './aborted.js';
import { sample } from './sample.js';
import type { SavedRun } from './saved-run.js';

const target = gaussian({ mean: [3, -50], diagonal: [0.0004, 900] });
const options = { chains: 8, warmup: 300, key: key(3) };

beforeAll(() => useBackend(wasm({ threads: 1 })));
afterAll(() => useBackend(reference()));

describe('sample with an adaptive sampler', () => {
  test('finds the scales of the target by itself, and frees everything', async () => {
    const before = memory().tensors;
    const { draws, status, adaptation, stats } = await sample(target, {
      ...options,
      sampler: adaptiveNuts(),
      steps: 400,
    });
    expect(memory().tensors).toBe(before);
    expect(status).toBe('ok');
    expect(draws.shape).toEqual([400, 8, 2]);
    expect(adaptation.history?.stepSize.length).toBe(300);
    const [narrow, wide] = adaptation.parameters.inverseMass as Float64Array;
    expect(Math.log10((wide as number) / (narrow as number))).toBeCloseTo(Math.log10(900 / 0.0004), 0);
    expect(stats.moves.treeDepth?.length).toBe(3200);
    [
      [3, 0.02],
      [-50, 30],
    ].forEach(([mean, sd], i) => {
      const values = draws.data.filter((_, at) => at % 2 === i);
      const found = values.reduce((a, b) => a + b, 0) / values.length;
      expect(Math.abs(found - (mean as number))).toBeLessThan((5 * (sd as number)) / Math.sqrt(1000));
    });
  });

  test('reports one progress over warm-up and draws', async () => {
    const seen: Progress[] = [];
    const watch = { onProgress: (progress: Progress) => void seen.push(progress) };
    await sample(target, { ...options, ...watch, sampler: adaptiveMala(), steps: 50, thin: 2 });
    expect(seen.every(({ steps }) => steps === 400)).toBe(true);
    expect(seen.at(-1)?.step).toBe(400);
    expect(seen.some(({ step }) => step === 300)).toBe(true);
  });

  test('goes on from a run that was saved in its draws, as if it had never stopped, without a new warm-up', async () => {
    const whole = await sample(target, { ...options, sampler: adaptiveMala(), steps: 20 });
    const half = await sample(target, { ...options, sampler: adaptiveMala(), steps: 12 });
    const start: SavedRun = structuredClone(half.saved);
    const rest = await sample(target, { ...options, sampler: adaptiveMala(), steps: 20, start });
    expect([...half.draws.data, ...rest.draws.data]).toEqual(Array.from(whole.draws.data));
    expect(rest.adaptation.parameters).toEqual(whole.adaptation.parameters);
    expect(rest.adaptation.history).toBeUndefined();
  });

  test('goes on from a run that was aborted in its warm-up', async () => {
    const whole = await sample(target, { ...options, sampler: adaptiveMala(), steps: 5 });
    const controller = new AbortController();
    const stopAt = { saveEvery: 100, onSave: () => controller.abort(), signal: controller.signal };
    const error: unknown = await sample(target, { ...options, ...stopAt, sampler: adaptiveMala(), steps: 5 }).catch(
      (e: unknown) => e,
    );
    if (!isAbortedRun(error)) throw error;
    expect(error.saved.step).toBe(100);
    const rest = await sample(target, { ...options, sampler: adaptiveMala(), steps: 5, start: error.saved });
    expect(Array.from(rest.draws.data)).toEqual(Array.from(whole.draws.data));
  });

  test('draws with a kernel other than the one that was tuned', async () => {
    const { stats, adaptation } = await sample(target, { ...options, sampler: adaptiveLangevin(), steps: 10 });
    expect(stats.acceptanceRate.every((rate) => rate === 1)).toBe(true);
    expect(adaptation.parameters.stepSize).toBeLessThan(0.0004);
  });

  test('refuses a warm-up of no steps', async () => {
    const none = { ...options, warmup: 0, sampler: adaptiveMala(), steps: 5 };
    await expect(sample(target, none)).rejects.toThrow(/warmup must be a whole number of at least 1/);
  });
});
