import { type ContinuousEnergy, gaussian } from '@ebmkit/energy';
import { concat, key, memory, square, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mala } from '../continuous/mala.js';
import { isAbortedRun } from './aborted.js';
import { sample } from './sample.js';
import { type SampleFrame, sampleStream } from './sample-stream.js';

const target = gaussian({ mean: [1, -1], diagonal: [1, 0.25] });
let before: ReturnType<typeof memory>;
beforeEach(() => {
  before = memory();
});
afterEach(() => {
  expect(memory()).toEqual(before);
});

describe('sampleStream', () => {
  test('shows the chains of sample, and ends after its steps', async () => {
    const options = { chains: 3, key: key(4), warmup: 4 };
    const frames: SampleFrame<Tensor>[] = [];
    for await (const frame of sampleStream(target, { ...options, steps: 20, every: 4 })) frames.push(frame);
    const { draws, stats } = await sample(target, { ...options, steps: 4, thin: 4 });
    expect(frames.map(({ step }) => step)).toEqual([4, 8, 12, 16, 20]);
    expect(frames.slice(1).flatMap(({ positions }) => Array.from(positions.data))).toEqual(Array.from(draws.data));
    expect(frames[4]?.positions.shape).toEqual([3, 2]);
    expect(Array.from(frames[4]?.acceptanceRate ?? [])).toEqual(Array.from(stats.acceptanceRate));
    expect(frames.slice(1).flatMap(({ energies }) => Array.from(energies ?? []))).toEqual(Array.from(stats.energies));
    expect(Array.from(frames[4]?.diverged ?? [])).toEqual([0, 0, 0]);
  });

  test('goes on until it is left, and then frees everything', async () => {
    let last = 0;
    for await (const { step } of sampleStream(target, { chains: 2, key: key(1), every: 50 })) {
      last = step;
      if (step >= 500) break;
    }
    expect(last).toBe(500);
  });

  test('frees everything when the loop throws', async () => {
    const looking = async (): Promise<void> => {
      for await (const { step } of sampleStream(target, { chains: 2, key: key(1) }))
        if (step === 3) throw new Error('enough');
    };
    await expect(looking()).rejects.toThrow('enough');
  });

  test('waits while a frame is in use', async () => {
    let moves = 0;
    const stream = sampleStream(target, {
      chains: 1,
      key: key(2),
      sampler: (e: ContinuousEnergy) => {
        const { init, step } = mala(e, { stepSize: 0.3 });
        const watched: typeof step = (k, state) => {
          moves++;
          return step(k, state);
        };
        return { init, eager: true as const, step: watched };
      },
    });
    await stream.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(moves).toBe(1);
    await stream.next();
    expect(moves).toBe(2);
    await stream.return();
  });

  test('follows means, effective sample sizes and R-hat of quantities of one choice, after the warm-up', async () => {
    let last: SampleFrame<Tensor> | undefined;
    const follow = (x: Tensor): Tensor => concat([x, square(x)], 1);
    const sampler = (e: typeof target) => mala(e, { stepSize: 0.4 });
    const options = { sampler, start: zeros([16, 2]), key: key(5), warmup: 50, steps: 2050 };
    before = memory();
    for await (const frame of sampleStream(target, { ...options, follow })) {
      if (frame.step <= 50) expect(frame.summary()).toBeUndefined();
      last = frame;
    }
    const summary = last?.summary();
    expect(summary?.steps).toBe(2000);
    [1, -1, 2, 1.25].forEach((expected, i) => {
      const error = (summary?.meanMcse[i] as number) * 5;
      expect(Math.abs((summary?.mean[i] as number) - expected)).toBeLessThan(error);
      expect(summary?.splitRHat[i]).toBeLessThan(1.02);
    });
  });

  test('follows the numbers of a position unless told otherwise, trees in their order', async () => {
    type Pair = { readonly a: Tensor; readonly b: Tensor };
    const start: Pair = {
      a: tensor([[1], [2]]),
      b: tensor([
        [3, 4],
        [5, 6],
      ]),
    };
    before = memory();
    const still = {
      init: (position: Pair) => ({ position }),
      step: (_: unknown, state: { readonly position: Pair }) => ({
        state: { position: { a: square(state.position.a), b: square(state.position.b) } },
        info: {
          accepted: tensor([true, true]),
          acceptanceProbability: tensor([1, 1]),
          diverged: tensor([false, false]),
        },
      }),
    };
    for await (const { summary, positions } of sampleStream(
      {},
      { sampler: () => still, start, key: key(1), steps: 1 },
    )) {
      expect(positions.b.shape).toEqual([2, 2]);
      expect(Array.from(summary()?.mean ?? [])).toEqual([2.5, 17, 26]);
    }
  });

  test('an abort throws the run as it stood, and sample and the stream go on from it', async () => {
    const controller = new AbortController();
    const options = { chains: 2, key: key(7) };
    const looking = async (): Promise<void> => {
      for await (const { step } of sampleStream(target, { ...options, signal: controller.signal }))
        if (step === 5) controller.abort();
    };
    const error: unknown = await looking().catch((e: unknown) => e);
    if (!isAbortedRun(error)) throw error;
    const whole = await sample(target, { ...options, steps: 9 });
    const rest = await sample(target, { ...options, steps: 9, start: error.saved });
    const done = error.saved.step;
    expect(Array.from(rest.draws.data)).toEqual(Array.from(whole.draws.data).slice(done * 4));
    for await (const { step } of sampleStream(target, { ...options, start: error.saved, steps: 9 }))
      expect(step).toBeGreaterThan(done);
  });

  test('refuses wrong options at the first frame', async () => {
    await expect(sampleStream(target, { key: key(1) }).next()).rejects.toThrow(
      /sampleStream: expected start, or chains/,
    );
    await expect(sampleStream(target, { chains: 2, every: 0, key: key(1) }).next()).rejects.toThrow(/every must be/);
  });
});
