import { doubleWell, gaussian, temper } from '@ebmkit/energy';
import {
  add,
  cast,
  concat,
  div,
  full,
  key,
  logSumExp,
  mul,
  neg,
  readSync,
  sqrt,
  square,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  zeros,
} from '@ebmkit/tensor';
import { describeKernel } from '@ebmkit/test-kit';
import { describe, expect, test } from 'vitest';
import { backends } from '../../fixtures/both-backends.js';
import { beginsBroken, cliff, cliffStart } from '../../fixtures/cliff.js';
import { annealedLangevin } from '../continuous/annealed-langevin.js';
import { langevin } from '../continuous/langevin.js';
import { mala } from '../continuous/mala.js';
import { run } from '../drive/run.js';
import { sample } from '../drive/sample.js';
import { anneal } from './anneal.js';
import { scheduled } from './scheduled.js';

const target = gaussian({ mean: [1, -1], diagonal: [1, 0.5] });
const shrinking = (step: Tensor): Tensor => div(0.3, add(cast(step, 'float32'), 1));

describe('scheduled', () => {
  test('each step is one of the kernel with the settings at that step', () => {
    const kernel = scheduled({ stepSize: shrinking }, (settings) => langevin(target, settings));
    let state = kernel.init(zeros([3, 2]), key(0));
    let plain = langevin(target, { stepSize: 0.1 }).init(zeros([3, 2]), key(0));
    for (let i = 0; i < 5; i++) {
      state = kernel.step(key(i), state).state;
      plain = langevin(target, { stepSize: tensor(Math.fround(0.3 / (i + 1))) }).step(key(i), plain).state;
      readSync(plain.position).forEach((x, at) => {
        expect(readSync(state.position)[at]).toBeCloseTo(x, 6);
      });
    }
    expect(readSync(state.step)[0]).toBe(5);
  });

  test('leaves the target of an exact kernel invariant', async () => {
    const { draws } = await sample(target, {
      sampler: (e) =>
        scheduled({ stepSize: (step) => add(0.3, mul(0.25, sqrt(div(1, add(1, cast(step, 'float32')))))) }, (s) =>
          mala(e, s),
        ),
      chains: 400,
      steps: 40,
      warmup: 40,
      thin: 10,
      key: key(2),
    });
    const first = draws.data.filter((_, i) => i % 2 === 0);
    const variance = first.reduce((a, x) => a + (x - 1) ** 2, 0) / first.length;
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt((2 / first.length) * 3));
  });

  test('refuses what is not a schedule', () => {
    // @ts-expect-error a number is not a function of the step
    expect(() => scheduled({ stepSize: 0.1 }, (s) => langevin(target, s))).toThrow(
      /schedule of stepSize must be a function/,
    );
    const vector = { stepSize: () => zeros([2]) };
    expect(() => scheduled(vector, (s) => langevin(target, s))).toThrow(/scalar tensor/);
  });
});

describe('anneal', () => {
  test('each step is one of the kernel for the target at that step, whatever was cached', () => {
    const beta = (step: Tensor): Tensor => add(1, cast(step, 'float32'));
    const kernel = anneal(beta, (b) => mala(temper(target, b), { stepSize: 0.1 }));
    let state = kernel.init(zeros([4, 2]), key(0));
    let position: Tensor = zeros([4, 2]);
    for (let i = 0; i < 4; i++) {
      state = kernel.step(key(i), state).state;
      const plain = mala(temper(target, i + 1), { stepSize: 0.1 });
      position = plain.step(key(i), plain.init(position, key(0))).state.position;
      readSync(position).forEach((x, at) => {
        expect(readSync(state.position)[at]).toBeCloseTo(x, 5);
      });
    }
  });

  test('cooling brings chains to the bottom of the wells', async () => {
    const wells = doubleWell({ barrierHeight: 2 });
    const beta = (step: Tensor): Tensor => mul(0.1, add(1, cast(step, 'float32')));
    const ends = await run(
      anneal(beta, (b) => mala(temper(wells, b), { stepSize: 0.004 })),
      zeros([50, 1]),
      {
        steps: 3000,
        key: key(4),
        observe: ({ state }, step) => (step === 2999 ? readSync(state.position) : undefined),
      },
    );
    for (const x of ends.at(-1) as Float32Array) expect(Math.abs(Math.abs(x) - 1)).toBeLessThan(0.1);
  });

  test('refuses a schedule that gives no scalar', () => {
    expect(() =>
      anneal(
        () => zeros([2]),
        (b) => mala(temper(target, b), { stepSize: 0.1 }),
      ),
    ).toThrow(/must give a scalar/);
  });
});

const annealing = { sigmas: [4, 2, 0.8], stepsPerLevel: 20, stepSize: 0.5 };
describeKernel('annealed Langevin dynamics, whose stationary variance at the last level is known', {
  make: () =>
    annealedLangevin(
      (sigma) => ({ energy: (x: Tensor) => sumEvent(div(square(sub(x, 1)), mul(square(sigma), 2))) }),
      annealing,
    ),
  start: () => full([96, 2], 6),
  statistics: (x) => concat([x, square(sub(x, 1))], 1),
  // At noise level σ the variance is σ² / (1 - ε / 2).
  expected: [1, 1, 0.64 / 0.75, 0.64 / 0.75],
  broken: () => ({ kernel: annealedLangevin(() => cliff, annealing), start: cliffStart(), diverges: beginsBroken }),
  backends,
});

describe('annealed Langevin dynamics', () => {
  /** Two points at -3 and 3, blurred by noise of a level. */
  const blurred = (sigma: Tensor) => {
    const at = (x: Tensor, centre: number): Tensor => div(square(sub(x, centre)), mul(square(sigma), 2));
    return { energy: (x: Tensor) => neg(logSumExp(neg(concat([at(x, 3), at(x, -3)], 1)), 1)) };
  };

  test('moves with a step size of epsilon sigma squared, level by level, and stays at the last', () => {
    const seen: number[] = [];
    const flat = (sigma: Tensor) => {
      seen.push(readSync(sigma)[0] as number);
      return { energy: (x: Tensor) => zeros([x.shape[0] as number]), gradient: (x: Tensor) => zeros(x.shape) };
    };
    const kernel = annealedLangevin(flat, { sigmas: [4, 2, 1], stepsPerLevel: 3, stepSize: 0.5 });
    let state = kernel.init(zeros([2000, 1]), key(0));
    const spreads: number[] = [];
    seen.length = 0;
    for (let i = 0; i < 11; i++) {
      const before = readSync(state.position);
      state = kernel.step(key(i), state).state;
      const after = readSync(state.position);
      spreads.push(Array.from(after, (x, at) => (x - (before[at] as number)) ** 2).reduce((a, b) => a + b, 0) / 2000);
    }
    expect(seen).toEqual([4, 4, 4, 2, 2, 2, 1, 1, 1, 1, 1]);
    spreads.forEach((spread, i) => {
      const sigma = seen[i] as number;
      expect(Math.abs(spread / (2 * 0.5 * sigma ** 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
    });
  });

  test('finds both of two far modes, each by half of the chains', async () => {
    const options = { sigmas: [6, 4, 2.7, 1.8, 1.2, 0.8, 0.5, 0.35, 0.2], stepsPerLevel: 60, stepSize: 0.1 };
    const { draws } = await sample(
      {},
      {
        sampler: () => annealedLangevin(blurred, options),
        start: full([400, 1], 10),
        warmup: 539,
        steps: 1,
        key: key(6),
      },
    );
    const right = draws.data.filter((x) => x > 0).length / 400;
    expect(Math.abs(right - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 400));
    for (const x of draws.data) expect(Math.abs(Math.abs(x) - 3)).toBeLessThan(5.5 * 0.2 * Math.sqrt(1 / (1 - 0.05)));
  });

  test('refuses levels that do not fall', () => {
    expect(() => annealedLangevin(blurred, { sigmas: [1, 2], stepsPerLevel: 1, stepSize: 0.1 })).toThrow(/that fall/);
    expect(() => annealedLangevin(blurred, { sigmas: [1], stepsPerLevel: 0, stepSize: 0.1 })).toThrow(/stepsPerLevel/);
  });
});
