import { free, jit, memory, readSync, type Tensor, tensor } from '@ebmkit/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adam,
  applyUpdates,
  chain,
  clip,
  constantSchedule,
  cosineSchedule,
  ema,
  exponentialSchedule,
  globalNorm,
  linearSchedule,
  piecewiseSchedule,
  scale,
  sgd,
  warmupSchedule,
  weightDecay,
} from './index.js';

type Params = { readonly weights: Tensor; readonly bias: Tensor };
const params = (): Params => ({ weights: tensor([[1, -2]]), bias: tensor([3]) });
const gradients = (): Params => ({ weights: tensor([[3, 0]]), bias: tensor([4]) });
const numbers = (x: Tensor): number[] => [...readSync(x)];
const at = (schedule: (step: Tensor) => Tensor, step: number) => readSync(schedule(tensor(step, [], 'int32')))[0];

describe('clip', () => {
  it('gives a gradient of the largest norm in the same direction', () => {
    const { updates } = clip<Params>({ maxNorm: 1 }).update(gradients(), null, params());
    const { weights, bias } = updates as Params;
    expect(numbers(weights)[0]).toBeCloseTo(0.6, 6);
    expect(numbers(bias)[0]).toBeCloseTo(0.8, 6);
    expect(numbers(globalNorm(gradients()))[0]).toBeCloseTo(5, 6);
  });

  it('leaves short, zero and empty gradients as they are', () => {
    const { updates } = clip<Params>({ maxNorm: 10 }).update(gradients(), null, params());
    expect(numbers((updates as Params).weights)).toEqual([3, 0]);
    const zero = clip<Tensor>({ maxNorm: 1 }).update(tensor([0, 0]), null, tensor([1, 1]));
    expect(numbers(zero.updates as Tensor)).toEqual([0, 0]);
    expect(numbers(globalNorm({}))).toEqual([0]);
  });

  it('lets NaN through, so that it is seen', () => {
    const { updates } = clip<Tensor>({ maxNorm: 1 }).update(tensor([Number.NaN, 1]), null, tensor([1, 1]));
    expect(numbers(updates as Tensor)).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('weightDecay', () => {
  it('decays only the parameters that are included, by path', () => {
    const only = weightDecay<Params>({ rate: 0.5, include: (path) => path === 'weights' });
    const { weights, bias } = only.update(gradients(), null, params()).updates as Params;
    expect(numbers(weights)).toEqual([3.5, -1]);
    expect(numbers(bias)).toEqual([4]);
  });

  it('pairs gradients and parameters by name, whatever the order of their fields', () => {
    const { weights, bias } = gradients();
    const { updates } = weightDecay<Params>({ rate: 0.5 }).update({ bias, weights }, null, params());
    expect(numbers((updates as Params).weights)).toEqual([3.5, -1]);
    expect(numbers((updates as Params).bias)).toEqual([5.5]);
  });
});

describe('scale and chain', () => {
  it('multiply in order and keep one state each', () => {
    const twice = chain(
      scale<Params>({ factor: 2 }),
      sgd({ learningRate: 0.5 }),
      scale({ factor: constantSchedule(3) }),
    );
    const { updates, state } = twice.update(gradients(), twice.init(params()), params());
    expect(numbers((updates as Params).weights)).toEqual([-9, -0]);
    expect(state.map((s) => numbers(s.step))).toEqual([[1], [1], [1]]);
  });

  it('minimise a quadratic', () => {
    const optimiser = chain(
      clip<Tensor>({ maxNorm: 1 }),
      adam({ learningRate: linearSchedule({ from: 0.1, to: 0, steps: 400 }) }),
    );
    const step = jit((x: Tensor, state: ReturnType<typeof optimiser.init>) => {
      const next = optimiser.update(x, state, x);
      return { x: applyUpdates(x, next.updates), state: next.state };
    });
    let x = tensor([5, -3]);
    let state = optimiser.init(x);
    for (let i = 0; i < 400; i++) ({ x, state } = step(x, state));
    for (const value of numbers(x)) expect(Math.abs(value)).toBeLessThan(1e-3);
  });
});

describe('ema', () => {
  it('is the plain mean until the window is full, then forgets exponentially', () => {
    const average = ema<Tensor>({ decay: 0.75 });
    let state = average.init(tensor([100]));
    expect(numbers(state.average)).toEqual([100]);
    const seen: number[] = [];
    for (const value of [1, 2, 3, 4, 8]) {
      state = average.update(tensor([value]), state);
      seen.push(numbers(state.average)[0] as number);
    }
    [1, 1.5, 2, 2.5, 3.875].forEach((value, i) => {
      expect(seen[i]).toBeCloseTo(value, 6);
    });
  });

  it('with decay 1 is the mean of everything', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 20 }), (values) => {
        const average = ema<Tensor>({ decay: 1 });
        const end = values.reduce((state, value) => average.update(tensor([value]), state), average.init(tensor([7])));
        const mean = values.reduce((a, b) => a + b) / values.length;
        expect(numbers(end.average)[0]).toBeCloseTo(mean, 3);
      }),
    );
  });
});

describe('schedules', () => {
  it('stay at the last value after the end', () => {
    expect(at(linearSchedule({ from: 1, to: 0.25, steps: 4 }), 1000)).toBe(0.25);
    expect(at(cosineSchedule({ from: 1, to: 0.25, steps: 4 }), 1000)).toBe(0.25);
    expect(at(exponentialSchedule({ from: 8, factor: 0.5, steps: 10 }), 30)).toBe(1);
  });

  it('join: a warm-up hands over to a schedule that begins at its own step 0', () => {
    const schedule = warmupSchedule({ steps: 4, after: linearSchedule({ from: 1, to: 0, steps: 4 }) });
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((step) => at(schedule, step))).toEqual([
      0.25, 0.5, 0.75, 1, 1, 0.75, 0.5, 0.25, 0, 0,
    ]);
  });

  it('in pieces see the steps since their boundary', () => {
    const falling = linearSchedule({ from: 1, to: 0, steps: 2 });
    const schedule = piecewiseSchedule({ boundaries: [2, 5], pieces: [7, falling, constantSchedule(9)] });
    expect([0, 1, 2, 3, 4, 5, 6].map((step) => at(schedule, step))).toEqual([7, 7, 1, 0.5, 0, 9, 9]);
  });
});

describe('contract', () => {
  it('transforms are pure, do not retrace and leak nothing', () => {
    const optimiser = chain(
      clip<Params>({ maxNorm: 1 }),
      weightDecay({ rate: 0.1 }),
      adam({ learningRate: warmupSchedule({ steps: 3, after: 0.1 }), weightDecay: 0.1 }),
    );
    let traces = 0;
    const step = jit((p: Params, state: ReturnType<typeof optimiser.init>, g: Params) => {
      traces++;
      const next = optimiser.update(g, state, p);
      return { params: applyUpdates(p, next.updates), state: next.state };
    });
    const start = memory().tensors;
    const g = gradients();
    let p = params();
    let state = optimiser.init(p);
    const first = optimiser.update(g, state, p);
    const again = optimiser.update(g, state, p);
    expect(numbers((again.updates as Params).weights)).toEqual(numbers((first.updates as Params).weights));
    free([first, again]);
    const held = memory().tensors;
    for (let i = 0; i < 1000; i++) {
      const next = step(p, state, g);
      free([p, state]);
      ({ params: p, state } = next);
    }
    expect(memory().tensors).toBe(held);
    expect(traces).toBe(1);
    free([p, state, g]);
    expect(memory().tensors).toBe(start);
  });

  it('eager calls free what they make on the way', () => {
    const optimiser = adam<Params>({ learningRate: 0.1 });
    const [p, g] = [params(), gradients()];
    const state = optimiser.init(p);
    const before = memory().tensors;
    const result = optimiser.update(g, state, p);
    expect(memory().tensors - before).toBe(2 + 5);
    free([result, p, g, state]);
  });

  it.each([
    ['sgd: learningRate', () => sgd({ learningRate: -1 })],
    ['sgd: learningRate', () => sgd({ learningRate: Number.NaN })],
    ['sgd: momentum', () => sgd({ learningRate: 1, momentum: 1 })],
    ['sgd: nesterov', () => sgd({ learningRate: 1, nesterov: true })],
    ['adam: beta1', () => adam({ learningRate: 1, beta1: 1 })],
    ['adam: beta2', () => adam({ learningRate: 1, beta2: -0.1 })],
    ['adam: epsilon', () => adam({ learningRate: 1, epsilon: 0 })],
    ['adam: weightDecay', () => adam({ learningRate: 1, weightDecay: -1 })],
    ['clip: maxNorm', () => clip({ maxNorm: 0 })],
    ['ema: decay', () => ema({ decay: 1.1 })],
    ['scale: factor', () => scale({ factor: Number.POSITIVE_INFINITY })],
    ['weightDecay: rate', () => weightDecay({ rate: -1 })],
    ['chain: expected at least one', () => (chain as unknown as () => unknown)()],
    ['linearSchedule: steps', () => linearSchedule({ from: 1, to: 0, steps: 0 })],
    ['exponentialSchedule: factor', () => exponentialSchedule({ from: 1, factor: 0, steps: 1 })],
    ['warmupSchedule: steps', () => warmupSchedule({ steps: 1.5, after: 1 })],
    ['piecewiseSchedule: boundaries must increase', () => piecewiseSchedule({ boundaries: [3, 3], pieces: [1, 2, 3] })],
    ['piecewiseSchedule: expected one piece more', () => piecewiseSchedule({ boundaries: [3], pieces: [1] })],
  ])('%s is checked at construction', (message, make) => {
    expect(make).toThrow(message);
  });
});
