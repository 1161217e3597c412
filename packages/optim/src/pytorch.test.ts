import { readFileSync } from 'node:fs';
import { free, jit, readSync, reference, type Tensor, type Tree, tensor, withBackend } from '@ebmkit/tensor';
import { describe, expect, it } from 'vitest';
import {
  adam,
  applyUpdates,
  chain,
  clip,
  cosineSchedule,
  exponentialSchedule,
  linearSchedule,
  piecewiseSchedule,
  type Schedule,
  sgd,
  type Transform,
  warmupSchedule,
  weightDecay,
} from './index.js';

type Numbers = { readonly bias: readonly number[]; readonly weights: readonly number[] };
type Params = { readonly bias: Tensor; readonly weights: Tensor };

const fixture = JSON.parse(readFileSync(new URL('../fixtures/pytorch.json', import.meta.url), 'utf8')) as {
  readonly start: Numbers;
  readonly gradients: readonly Numbers[];
  readonly trajectories: Readonly<Record<string, readonly Numbers[]>>;
  readonly schedules: Readonly<Record<string, readonly number[]>>;
};

const erased = <S extends Tree>(transform: Transform<Params, S>) => transform as unknown as Transform<Params, Tree>;

const optimisers: Readonly<Record<string, Transform<Params, Tree>>> = {
  sgd: erased(sgd({ learningRate: 0.1 })),
  momentum: erased(sgd({ learningRate: 0.1, momentum: 0.9 })),
  nesterov: erased(sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })),
  'sgd with decay': erased(chain(weightDecay({ rate: 0.3 }), sgd({ learningRate: 0.1, momentum: 0.9 }))),
  clipped: erased(chain(clip({ maxNorm: 1.5 }), sgd({ learningRate: 0.1 }))),
  adam: erased(adam({ learningRate: 0.1 })),
  'adam with settings': erased(adam({ learningRate: 0.03, beta1: 0.5, beta2: 0.9, epsilon: 1e-3 })),
  'adam with decay': erased(chain(weightDecay({ rate: 0.3 }), adam({ learningRate: 0.1 }))),
  adamw: erased(adam({ learningRate: 0.1, weightDecay: 0.3 })),
  'adam with cosine': erased(adam({ learningRate: cosineSchedule({ from: 0.1, to: 0.01, steps: 12 }) })),
};

const schedules: Readonly<Record<string, Schedule>> = {
  cosine: cosineSchedule({ from: 0.5, to: 0.05, steps: 12 }),
  exponential: exponentialSchedule({ from: 0.5, factor: 0.8, steps: 1 }),
  linear: linearSchedule({ from: 0.5, to: 0.1, steps: 5 }),
  piecewise: piecewiseSchedule({ boundaries: [3, 7], pieces: [0.5, 0.05, 0.005] }),
  warmup: warmupSchedule({ steps: 4, after: 0.5 }),
};

const upload = ({ bias, weights }: Numbers): Params => ({ bias: tensor(bias), weights: tensor(weights, [3, 2]) });

function trajectory(optimiser: Transform<Params, Tree>, compiled: boolean): number[] {
  const step = (params: Params, state: Tree, gradients: Params) => {
    const { updates, state: next } = optimiser.update(gradients, state, params);
    return { params: applyUpdates(params, updates), state: next };
  };
  const run = compiled ? jit(step) : step;
  let params = upload(fixture.start);
  let state = optimiser.init(params);
  const out: number[] = [];
  for (const numbers of fixture.gradients) {
    const gradients = upload(numbers);
    const next = run(params, state, gradients);
    free([params, state, gradients]);
    ({ params, state } = next);
    out.push(...readSync(params.bias), ...readSync(params.weights));
  }
  free([params, state]);
  return out;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
}

describe.each([
  ['float64', 1e-12],
  ['float32', 2e-6],
] as const)('PyTorch trajectories in %s', (precision, tolerance) => {
  const backend = reference({ precision });

  it('cover every optimiser of the fixture', () => {
    expect(Object.keys(optimisers).sort()).toEqual(Object.keys(fixture.trajectories).sort());
    expect(Object.keys(schedules).sort()).toEqual(Object.keys(fixture.schedules).sort());
  });

  it.each(Object.keys(optimisers))('%s', (name) => {
    const expected = (fixture.trajectories[name] ?? []).flatMap(({ bias, weights }) => [...bias, ...weights]);
    const optimiser = optimisers[name] as Transform<Params, Tree>;
    const plain = withBackend(backend, () => trajectory(optimiser, false));
    expect(largestDifference(plain, expected)).toBeLessThan(tolerance);
    expect(withBackend(backend, () => trajectory(optimiser, true))).toEqual(plain);
  });

  it.each(Object.keys(schedules))('%s schedule', (name) => {
    const schedule = jit(schedules[name] as Schedule);
    const values = (fixture.schedules[name] as readonly number[]).map((_, step) =>
      withBackend(backend, () => readSync(schedule(tensor(step, [], 'int32')))[0] as number),
    );
    expect(largestDifference(values, fixture.schedules[name] as readonly number[])).toBeLessThan(tolerance);
  });
});
