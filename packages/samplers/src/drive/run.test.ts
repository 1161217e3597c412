import { doubleWell } from '@ebmkit/energy';
import type { Progress } from '@ebmkit/tensor';
import { add, EbmError, full, key, memory, mul, normal, readSync, type Tensor, tensor, zeros } from '@ebmkit/tensor';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { mala } from '../continuous/mala.js';
import type { InfoOf, Kernel, PositionOf, StateOf } from '../kernel/kernel.js';
import type { MoveInfo } from '../kernel/move-info.js';
import { isAbortedRun } from './aborted.js';
import { run } from './run.js';
import { sample } from './sample.js';
import type { SavedRun } from './saved-run.js';

const target = doubleWell({ eventShape: [2] });
const makeKernel = () => mala(target, { stepSize: 0.1 });
const positions = ({ state }: { readonly state: { readonly position: Tensor } }): number[] =>
  Array.from(readSync(state.position));

let start: Tensor;
let before: ReturnType<typeof memory>;
beforeEach(() => {
  start = full([3, 2], 0.5);
  before = memory();
});
afterEach(() => {
  expect(memory()).toEqual(before);
});

/** The error that a promise is rejected with. */
async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('run', () => {
  test('gives what observe returns, step by step, and leaves the start alone', async () => {
    const seen = await run(makeKernel(), start, {
      steps: 7,
      key: key(1),
      observe: ({ info }, step) => ({ step, accepted: Array.from(readSync(info.accepted)) }),
    });
    expectTypeOf(seen).toEqualTypeOf<{ step: number; accepted: number[] }[]>();
    expect(seen.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(Array.from(readSync(start))).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    expect(await run(makeKernel(), start, { steps: 3, key: key(1) })).toEqual([]);
    expect(await run(makeKernel(), start, { steps: 0, key: key(1), observe: () => 1 })).toEqual([]);
  });

  test('follows from the key, whether compiled or not, also for a kernel without scopes of its own', async () => {
    const { init, step } = makeKernel();
    const kernel: Kernel<Tensor, StateOf<ReturnType<typeof makeKernel>>, MoveInfo> = { init, step };
    const options = { steps: 20, key: key(3), observe: positions };
    const first = await run(makeKernel(), start, options);
    expect(await run(kernel, start, { ...options, compile: false })).toEqual(first);
    expect(await run(makeKernel(), start, { ...options, key: key(4) })).not.toEqual(first);
  });

  test('goes on from a saved run bit for bit', async () => {
    const options = { steps: 30, key: key(5), observe: positions };
    const whole = await run(makeKernel(), start, options);
    const saves: SavedRun[] = [];
    await run(makeKernel(), start, {
      ...options,
      saveEvery: 7,
      onSave: (saved) => void saves.push(structuredClone(saved)),
    });
    expect(saves.map(({ step }) => step)).toEqual([7, 14, 21, 28, 30]);
    for (const saved of saves) expect(await run(makeKernel(), saved, options)).toEqual(whole.slice(saved.step));
  });

  test('an aborted run carries what it takes to go on', async () => {
    const options = { steps: 30, key: key(6), observe: positions };
    const whole = await run(makeKernel(), start, options);
    const controller = new AbortController();
    const observe = (transition: Parameters<typeof positions>[0], step: number) => {
      if (step === 11) controller.abort(new Error('enough'));
      return positions(transition);
    };
    const error = await errorOf(run(makeKernel(), start, { ...options, observe, signal: controller.signal }));
    if (!isAbortedRun(error)) throw error;
    expect(error).toBeInstanceOf(EbmError);
    expect(error.message).toMatch(/^run: aborted after 12 of 30 steps/);
    expect(error.cause).toEqual(new Error('enough'));
    expect(error.collected).toEqual(whole.slice(0, 12));
    expect(await run(makeKernel(), error.saved, options)).toEqual(whole.slice(12));
    expect(isAbortedRun(new EbmError('aborted', 'another'))).toBe(false);
  });

  test('refuses a saved run of another key or of more steps', async () => {
    const saves: SavedRun[] = [];
    await run(makeKernel(), start, { steps: 4, key: key(6), saveEvery: 4, onSave: (saved) => void saves.push(saved) });
    const from = saves[0] as SavedRun;
    await expect(run(makeKernel(), from, { steps: 9, key: key(7) })).rejects.toThrow(/key \[0, 6\], got \[0, 7\]/);
    await expect(run(makeKernel(), from, { steps: 3, key: key(6) })).rejects.toThrow(
      /done 4 steps already, more than 3/,
    );
  });

  test('refuses a run that another function or kernel saved', async () => {
    const options = { steps: 4, key: key(6) };
    const { saved } = await sample(target, { ...options, chains: 3 });
    await expect(run(makeKernel(), saved, { ...options, steps: 9 })).rejects.toThrow(
      /^run: the saved run has a state of accepted, diverged, inner, position, probability, step; this one's is of energy, gradient, position\. Resume/,
    );
    const saves: SavedRun[] = [];
    await run(makeKernel(), start, { ...options, saveEvery: 4, onSave: (run) => void saves.push(run) });
    const from = saves[0] as SavedRun;
    await expect(sample(target, { start: from, steps: 9, key: key(6) })).rejects.toThrow(/^sample: the saved run has/);
    await expect(run(makeKernel(), { ...from, state: {} }, options)).rejects.toThrow(/this one's is of position/);
  });

  test('lets nothing but plain data leave, in the types and at run time', async () => {
    const kernel = makeKernel();
    // @ts-expect-error a tensor may not leave a run
    await expect(run(kernel, start, { steps: 2, key: key(1), observe: ({ state }) => state.position })).rejects.toThrow(
      /got a tensor/,
    );
    await expect(
      // @ts-expect-error nor may one inside something else
      run(kernel, start, { steps: 2, key: key(1), observe: ({ state }) => ({ deep: [mul(state.position, 2)] }) }),
    ).rejects.toThrow(/got a tensor/);
    // @ts-expect-error observe is synchronous
    await expect(run(kernel, start, { steps: 2, key: key(1), observe: () => Promise.resolve(1) })).rejects.toThrow(
      /got a promise/,
    );
  });

  test('frees what an observer makes, and everything when the observer throws', async () => {
    await run(makeKernel(), start, {
      steps: 5,
      key: key(1),
      observe: ({ state }) => readSync(add(state.energy, 1))[0] as number,
    });
    const observe = (): number => {
      throw new Error('stop');
    };
    await expect(run(makeKernel(), start, { steps: 5, key: key(1), observe })).rejects.toThrow('stop');
  });

  test('lets timers fire while it runs, and reports progress', async () => {
    const fired = vi.fn();
    const timer = setInterval(fired, 1);
    const reports: Progress[] = [];
    const busy = (): number => {
      const until = performance.now() + 4;
      while (performance.now() < until);
      return 0;
    };
    await run(makeKernel(), start, { steps: 60, key: key(1), observe: busy, onProgress: (p) => void reports.push(p) });
    clearInterval(timer);
    expect(fired.mock.calls.length).toBeGreaterThan(5);
    expect(reports.length).toBeGreaterThan(1);
    expect(reports.length).toBeLessThan(10);
    expect(reports.at(-1)).toMatchObject({ step: 60, steps: 60, remaining: 0 });
    expect((reports.at(-1) as Progress).elapsed).toBeGreaterThan(0.2);
  });

  test('waits for an asynchronous onSave', async () => {
    const done: number[] = [];
    const onSave = async ({ step }: SavedRun): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      done.push(step);
    };
    await run(makeKernel(), start, { steps: 4, key: key(1), saveEvery: 2, onSave });
    expect(done).toEqual([2, 4]);
  });

  test('wrong options say what is right', async () => {
    const kernel = makeKernel();
    await expect(run(kernel, start, { steps: -1, key: key(1) })).rejects.toThrow(/run: steps must be a whole number/);
    // @ts-expect-error a seed is not a key
    await expect(run(kernel, start, { steps: 1, key: 7 })).rejects.toThrow(/run: expected a key, got number/);
    await expect(run(kernel, start, { steps: 1, key: key(1), saveEvery: 2 })).rejects.toThrow(
      /both of onSave and saveEvery/,
    );
    // @ts-expect-error the position is one tensor
    await expect(run(kernel, { x: start }, { steps: 1, key: key(1) })).rejects.toThrow();
  });

  test('types follow the kernel', () => {
    type Made = ReturnType<typeof makeKernel>;
    expectTypeOf<PositionOf<Made>>().toEqualTypeOf<Tensor>();
    expectTypeOf<StateOf<Made>['energy']>().toEqualTypeOf<Tensor>();
    expectTypeOf<InfoOf<Made>>().toEqualTypeOf<MoveInfo>();
  });

  test('runs kernels over trees of tensors', async () => {
    type Pair = { readonly left: Tensor; readonly right: Tensor };
    const walk: Kernel<Pair, { readonly position: Pair }, null> = {
      init: (position) => ({ position }),
      step: (k, { position: { left, right } }) => ({
        state: { position: { left: add(left, normal(k, left.shape)), right: add(right, 1) } },
        info: null,
      }),
    };
    const pair = { left: tensor([[1], [2]]), right: zeros([2, 3]) };
    before = memory();
    const ends = await run(walk, pair, {
      steps: 5,
      key: key(1),
      observe: ({ state }) => readSync(state.position.right)[0] as number,
    });
    expect(ends).toEqual([1, 2, 3, 4, 5]);
  });
});
