import type { EnergyModel } from '@ebmkit/energy';
import { ema, linearSchedule, sgd } from '@ebmkit/optim';
import {
  DivergedError,
  fold,
  free,
  fromPlain,
  jit,
  key,
  memory,
  mul,
  type Plain,
  readSync,
  sqrt,
  sub,
  sum,
  type Tensor,
  tensor,
  tensorsOf,
  uniform,
} from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import { binaryStates, freeEnergy, modelDistribution } from '../fixtures/exact-rbm.js';
import { type SmallRbmParameters, smallRbm } from '../fixtures/small-rbm.js';
import { runParts, train } from '../fixtures/training-run.js';
import {
  type BatchSource,
  contrastiveDivergence,
  type FitProgress,
  fit,
  type Objective,
  rowBatches,
  type SavedTraining,
  trainingStep,
} from './index.js';

const numbers = (tree: unknown): number[] => tensorsOf(tree).flatMap((x) => [...readSync(x)]);

/** Batches that are one number: the step. */
const counted = (batchesPerEpoch: number): BatchSource<Tensor> => ({
  batchesPerEpoch,
  batch: (_, epoch, index) => tensor([epoch * batchesPerEpoch + index]),
});
const scalarModel: EnergyModel<Tensor> = { init: () => tensor(1), energy: (a, x) => mul(x, a) };
/** Its gradient is the batch. */
const following: Objective<Tensor, Tensor, null> = {
  init: () => null,
  loss: (_, a, batch) => ({ loss: sum(mul(a, batch)), state: null, metrics: { seen: sum(batch) } }),
};

describe('fit', () => {
  it('goes through every batch of every epoch once, in order', async () => {
    const { params, history, status, steps } = await fit(scalarModel, {
      objective: following,
      optimiser: sgd({ learningRate: 1 }),
      data: counted(5),
      epochs: 3,
      key: key(1),
      recordEvery: 1,
    });
    expect(history.map(({ metrics }) => metrics.seen)).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(history.map(({ step }) => step)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(history.at(4)?.epoch).toBe(1);
    expect([...params.data]).toEqual([1 - 105]);
    expect([status, steps]).toEqual(['finished', 15]);
  });

  it('raises the exact log-likelihood of a machine close to the best one', async () => {
    const machine = smallRbm(4, 4, 0.1);
    const rows = Uint8Array.from(Array.from({ length: 80 }, (_, i) => (i % 2 ? [1, 1, 0, 0] : [0, 0, 1, 1])).flat());
    const { params } = await fit(machine, {
      objective: contrastiveDivergence(machine, { k: 3, kernel: machine.kernel }),
      optimiser: sgd({ learningRate: linearSchedule({ from: 0.3, to: 0, steps: 600 }) }),
      data: rowBatches(rows, { eventShape: [4], batchSize: 20 }),
      epochs: 150,
      key: key(3),
    });
    const exact = {
      visible: 4,
      hidden: 4,
      weights: [...params.weights.data],
      visibleBias: [...params.visibleBias.data],
      hiddenBias: [...params.hiddenBias.data],
    };
    const probabilities = modelDistribution(exact);
    const wanted = binaryStates(4).map((v) => (['1,1,0,0', '0,0,1,1'].includes(v.join()) ? 0.5 : 0));
    const mean = wanted.reduce<number>(
      (total, share, i) => total + (share ? share * Math.log(probabilities[i] as number) : 0),
      0,
    );
    expect(mean).toBeGreaterThan(-0.8);
    expect(mean).toBeLessThan(-Math.log(2));
    expect(freeEnergy(exact, [1, 1, 0, 0])).toBeLessThan(freeEnergy(exact, [1, 0, 1, 0]));
  });

  it('keeps an average of the parameters', async () => {
    const { average, params } = await fit(scalarModel, {
      objective: following,
      optimiser: sgd({ learningRate: 1 }),
      average: ema({ decay: 1 }),
      data: counted(4),
      epochs: 1,
      key: key(1),
    });
    expect([...params.data]).toEqual([-5]);
    expect(average?.data[0]).toBeCloseTo((1 + 0 - 2 - 5) / 4, 6);
    expect(await train(1)).toHaveProperty('average.weights.shape', [8, 5]);
  });

  it('begins with given parameters, which it leaves alone', async () => {
    const mine = tensor(10);
    const options = {
      objective: following,
      optimiser: sgd<Tensor>({ learningRate: 1 }),
      data: counted(2),
      key: key(1),
    };
    const { params } = await fit(scalarModel, { ...options, epochs: 1, params: mine });
    expect([...params.data, ...readSync(mine)]).toEqual([9, 10]);
    expect([...(await fit(scalarModel, { ...options, epochs: 0, params: mine })).params.data]).toEqual([10]);
  });

  it('compiles its step: jit gives the bits of the plain function', () => {
    const { objective, optimiser, average, data, key: forRun } = runParts(1);
    const step = trainingStep({ objective, optimiser, average, ...(data.prepare ? { prepare: data.prepare } : {}) });
    const compiled = jit(step);
    const params: SmallRbmParameters = smallRbm(8, 5, 0.1).init(key(4));
    const state = {
      params,
      optimiser: optimiser.init(params),
      objective: objective.init(params, key(5)),
      average: average.init(params),
    };
    const batch = data.batch(forRun, 0, 0);
    let [plain, fast] = [step(key(6), state, batch), compiled(key(6), state, batch)];
    for (let i = 0; i < 3; i++) {
      expect(numbers(fast)).toEqual(numbers(plain));
      expect(numbers(plain.state.params)).not.toEqual(numbers(params));
      [plain, fast] = [step(fold(key(6), i), plain.state, batch), compiled(fold(key(6), i), fast.state, batch)];
    }
  });
});

describe('progress and abort', () => {
  it('reports steps, epochs, pace and the newest metrics', async () => {
    const heard: FitProgress[] = [];
    await train(60, { onProgress: (progress) => heard.push(progress), recordEvery: 1 });
    const last = heard.at(-1) as FitProgress;
    expect([last.step, last.steps, last.epoch, last.remaining]).toEqual([240, 240, 60, 0]);
    expect(Object.keys(last.metrics)).toContain('loss');
    expect(last.rate).toBeCloseTo(240 / last.elapsed, 6);
    expect(heard.map(({ step }) => step)).toEqual(heard.map(({ step }) => step).toSorted((a, b) => a - b));
  });

  it('lets timers run while it trains', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await train(100);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  it('stops after the current step and goes on to the same end', async () => {
    const whole = await train(6);
    const stop = new AbortController();
    const first = await train(6, {
      signal: stop.signal,
      recordEvery: 1,
      checkpoint: { every: 1, save: ({ step }: SavedTraining) => (step === 7 ? stop.abort() : undefined) },
    });
    expect([first.status, first.steps, first.saved.step]).toEqual(['aborted', 7, 7]);
    const second = await train(6, { resume: structuredClone(first.saved) });
    expect(second.status).toBe('finished');
    expect(second.params).toEqual(whole.params);
    expect(second.saved.state).toEqual(whole.saved.state);
    expect(second.history.slice(0, 7)).toEqual(first.history);
    const before = await train(6, { signal: AbortSignal.abort() });
    expect([before.status, before.steps]).toEqual(['aborted', 0]);
  });

  it('goes on with more epochs as if they had been asked for at once', async () => {
    const short = await train(2);
    const long = await train(5, { resume: short.saved });
    expect(long.saved.state).toEqual((await train(5)).saved.state);
    expect(long.saved.state).not.toEqual(short.saved.state);
  });

  it('saves every few steps and at the end', async () => {
    const steps: number[] = [];
    await train(3, { checkpoint: { every: 5, save: ({ step }: SavedTraining) => void steps.push(step) } });
    expect(steps).toEqual([5, 10, 12]);
  });
});

describe('numbers that go bad', () => {
  const options = { optimiser: sgd<Tensor>({ learningRate: 1 }), epochs: 1, key: key(1), recordEvery: 3 };

  it('in the loss stop the run with the last finite state, which can be resumed', async () => {
    const objective: Objective<Tensor, Tensor, null> = {
      init: () => null,
      loss: (_, a, batch) => ({ loss: sum(mul(a, sqrt(sub(7, batch)))), state: null, metrics: {} }),
    };
    const error = await fit(scalarModel, { ...options, objective, data: counted(20) }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DivergedError);
    const { message, lastFinite } = error as DivergedError<SavedTraining>;
    expect(message).toContain('between steps 6 and 9');
    expect(lastFinite.step).toBe(6);
    const expected = Array.from({ length: 6 }, (_, i) => Math.sqrt(7 - i)).reduce((a, b) => a - b, 1);
    const { params } = lastFinite.state as { params: Plain<Tensor> };
    expect(params.data[0]).toBeCloseTo(expected, 4);
    const resumed = await fit(scalarModel, { ...options, objective: following, data: counted(20), resume: lastFinite });
    expect(resumed.status).toBe('finished');
  });

  it('in the parameters are seen although the loss is still finite', async () => {
    const objective: Objective<Tensor, Tensor, null> = {
      init: () => null,
      loss: (_, a, batch) => ({ loss: sum(sqrt(mul(a, sub(batch, 5)))), state: null, metrics: {} }),
    };
    const run = fit(tensorModel(0), { ...options, objective, data: counted(9), recordEvery: 1 });
    await expect(run).rejects.toThrow('between steps 0 and 1 params became NaN or infinite (the loss is 0)');
    await expect(run).rejects.toMatchObject({
      lastFinite: { step: 0, state: { params: { data: new Float32Array([0]) } } },
    });
  });

  it('at the start are refused', async () => {
    const run = fit(tensorModel(Number.NaN), { ...options, objective: following, data: counted(2) });
    await expect(run).rejects.toThrow('fit: params holds NaN or an infinity before the first step');
  });
});

function tensorModel(value: number): EnergyModel<Tensor> {
  return { init: () => tensor(value), energy: (a, x) => mul(x, a) };
}

describe('memory', () => {
  it('1,000 steps leave nothing behind, nor do abort, divergence and errors', async () => {
    const before = memory();
    await train(250, { recordEvery: 7, checkpoint: { every: 100, save: () => undefined } });
    expect(memory()).toEqual(before);
    await train(5, { signal: AbortSignal.timeout(5) });
    expect(memory()).toEqual(before);
    const failing = { ...counted(9), batch: () => tensor([Number.NaN]) };
    const options = { optimiser: sgd<Tensor>({ learningRate: 1 }), epochs: 1, key: key(1) };
    await expect(fit(scalarModel, { ...options, objective: following, data: failing })).rejects.toThrow(DivergedError);
    const refuse = () => {
      throw new Error('disk full');
    };
    await expect(train(5, { checkpoint: { every: 2, save: refuse } })).rejects.toThrow('disk full');
    const broken: typeof following = {
      ...following,
      loss: () => {
        throw new Error('no such loss');
      },
    };
    await expect(fit(scalarModel, { ...options, objective: broken, data: counted(2) })).rejects.toThrow('no such loss');
    expect(memory()).toEqual(before);
  });

  it('a batch that becomes the state is kept', async () => {
    const keeping: Objective<Tensor, Tensor, { last: Tensor }> = {
      init: () => ({ last: tensor([0]) }),
      loss: (_, a, batch, { last }) => ({ loss: sum(mul(a, last)), state: { last: batch }, metrics: {} }),
    };
    const options = { optimiser: sgd<Tensor>({ learningRate: 1 }), data: counted(4), epochs: 1, key: key(1) };
    expect([...(await fit(scalarModel, { ...options, objective: keeping })).params.data]).toEqual([1 - 3]);
  });

  it('results need no freeing and come back as tensors that do', async () => {
    const { params } = await train(1);
    const before = memory().tensors;
    const tensors = fromPlain(params);
    expect(memory().tensors).toBe(before + 3);
    free(tensors);
  });
});

describe('rowBatches', () => {
  const source = rowBatches(
    Float32Array.from({ length: 14 }, (_, i) => i),
    { eventShape: [2], batchSize: 3 },
  );

  it('hold each row at most once an epoch, in an order of its own, the same for the same key', () => {
    const rowsOf = (epoch: number, seed = 1) =>
      [0, 1].flatMap((index) => numbers(source.batch(key(seed), epoch, index)).filter((v) => v % 2 === 0));
    expect(source.batchesPerEpoch).toBe(2);
    expect(new Set(rowsOf(0)).size).toBe(6);
    expect(rowsOf(0)).not.toEqual(rowsOf(1));
    expect(rowsOf(0)).not.toEqual(rowsOf(0, 2));
    expect(rowsOf(4)).toEqual(rowsOf(4));
    expect(numbers(source.batch(key(1), 0, 0))[1]).toBe((numbers(source.batch(key(1), 0, 0))[0] as number) + 1);
  });

  it('leave out each row equally often', () => {
    const seen = new Map<number, number>();
    for (let epoch = 0; epoch < 700; epoch++)
      for (const index of [0, 1])
        for (const value of numbers(source.batch(key(9), epoch, index)).filter((v) => v % 2 === 0))
          seen.set(value, (seen.get(value) ?? 0) + 1);
    for (const count of seen.values()) expect(Math.abs(count - 600)).toBeLessThan(5 * Math.sqrt(700 * (6 / 49)));
  });

  it('take bytes as bool or as numbers, and leave a Buffer alone', () => {
    const bytes = Buffer.from([0, 200, 3]);
    const bool = rowBatches(bytes, { eventShape: [], batchSize: 3 }).batch(key(1), 0, 0);
    const grey = rowBatches(bytes, { eventShape: [], batchSize: 3, dtype: 'float32' }).batch(key(1), 0, 0);
    expect([bool.dtype, ...numbers(bool).toSorted()]).toEqual(['bool', 0, 1, 1]);
    expect([grey.dtype, ...numbers(grey).toSorted((a, b) => a - b)]).toEqual(['float32', 0, 3, 200]);
    expect([...bytes]).toEqual([0, 200, 3]);
  });

  it('prepare batches with a key that is new in every step', async () => {
    const { history } = await fit(scalarModel, {
      objective: following,
      optimiser: sgd({ learningRate: 0 }),
      data: { ...counted(4), prepare: (forBatch) => uniform(forBatch, [1]) },
      epochs: 2,
      key: key(1),
      recordEvery: 1,
    });
    expect(new Set(history.map(({ metrics }) => metrics.seen)).size).toBe(8);
  });
});

describe('wrong arguments', () => {
  it.each([
    ['epochs must be', { epochs: 1.5 }],
    ['expected a key', { key: 3 }],
    ['recordEvery must be', { recordEvery: 0 }],
    ['checkpoint.every must be', { checkpoint: { every: 0, path: 'x' } }],
    ['either path or save', { checkpoint: { every: 1 } }],
    ['params and resume exclude', { params: 1, resume: 2 }],
    ['must be a saved training run', { resume: { step: 1 } }],
  ])('%s', async (message, options) => {
    await expect(train(2, options as object)).rejects.toThrow(message);
  });

  it('a run of another key, more steps or other parts cannot be resumed', async () => {
    const { saved } = await train(2);
    await expect(train(2, { resume: saved, key: key(5) })).rejects.toThrow('Pass key: saved.key');
    await expect(train(1, { resume: saved })).rejects.toThrow('has done 8 steps already, more than the 4');
    await expect(train(2, { resume: saved, average: undefined } as object)).rejects.toThrow('does not fit the model');
    const before = memory();
    await expect(train(2, { resume: saved, optimiser: sgd({ learningRate: 1 }) } as object)).rejects.toThrow(
      'Resume with the same parts',
    );
    expect(memory()).toEqual(before);
  });

  it('rowBatches says what does not fit', () => {
    expect(() => rowBatches(new Float32Array(5), { eventShape: [2], batchSize: 1 })).toThrow('do not divide into rows');
    expect(() => rowBatches(new Float32Array(4), { eventShape: [2], batchSize: 3 })).toThrow('from 1 to the 2 rows');
  });
});
