import { cos, memory, mul, neg, ones, reference, square, sub, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bosh3, dopri5, dopri8, euler, heun, rungeKutta4 } from './runge-kutta-methods.js';
import { solveOde } from './solve-ode.js';

/** $`\dot x = -x^2 \cos t`$ from 1: $`x = 1 / (1 + \sin t)`$. */
const field = (time: Tensor, x: Tensor): Tensor => neg(mul(square(x), cos(time)));
const exact = (time: number): number => 1 / (1 + Math.sin(time));

describe('solveOde', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));
  let start: Tensor;
  beforeEach(() => {
    start = tensor([[1]]);
  });

  test.each([heun, bosh3, dopri5, dopri8])(
    '$name keeps within its tolerance, and costs more for less error',
    async (method) => {
      const loose = await solveOde(field, start, { to: 3, method, tolerance: { relative: 1e-3, absolute: 1e-4 } });
      const tight = await solveOde(field, start, { to: 3, method, tolerance: { relative: 1e-6, absolute: 1e-7 } });
      expect(loose.status).toBe('ok');
      expect(Math.abs((loose.states.data[0] as number) - exact(3))).toBeLessThan(1e-2);
      expect(Math.abs((tight.states.data[0] as number) - exact(3))).toBeLessThan(1e-5);
      expect(tight.steps).toBeGreaterThan(loose.steps);
    },
  );

  test.each([euler, heun, rungeKutta4, bosh3, dopri5, dopri8])('$name counts its evaluations', async (method) => {
    let calls = 0;
    const counted = (time: Tensor, x: Tensor): Tensor => {
      calls++;
      return field(time, x);
    };
    const { evaluations, steps } = await solveOde(counted, start, { to: 1, method, steps: 4 });
    expect(steps).toBe(4);
    const traced = calls - 1; // the velocity at the start; a step is traced once
    expect(evaluations).toBe(1 + 4 * traced);
  });

  test('a stretch of little change takes long steps', async () => {
    const { steps, rejected } = await solveOde((_, x) => mul(x, -1e-3), start, { to: 100 });
    expect(steps).toBeLessThan(12);
    expect(rejected).toBeLessThan(3);
  });

  test('gives the states at the times that are asked for, forwards and back', async () => {
    const saveAt = [0, 0.5, 1.7, 3];
    const there = await solveOde(field, start, { to: 3, saveAt, tolerance: { relative: 1e-8, absolute: 1e-9 } });
    expect(Array.from(there.times)).toEqual(saveAt);
    expect(there.states.shape).toEqual([4, 1, 1]);
    saveAt.forEach((time, i) => {
      expect(there.states.data[i]).toBeCloseTo(exact(time), 6);
    });
    const end = tensor([[exact(3)]]);
    const back = await solveOde(field, end, { from: 3, to: 0, tolerance: { relative: 1e-8, absolute: 1e-9 } });
    expect(back.states.data[0]).toBeCloseTo(1, 6);
  });

  test('equal steps end at the same place however many times are saved', async () => {
    const once = await solveOde(field, start, { to: 1, method: rungeKutta4, steps: 8 });
    const often = await solveOde(field, start, { to: 1, method: rungeKutta4, steps: 8, saveAt: [0.25, 0.5, 1] });
    expect(often.states.data[2]).toBe(once.states.data[0]);
    expect(often.steps).toBe(8);
  });

  test('says when states blow up and when there are too many steps', async () => {
    const explosion = await solveOde((_, x) => square(x), start, { to: 2, saveAt: [0.5, 2] });
    expect(explosion.status).not.toBe('ok');
    expect(Array.from(explosion.times)).toEqual([0.5]);
    expect(explosion.states.data[0]).toBeCloseTo(2, 2);
    const fixed = await solveOde((_, x) => mul(x, 1e300), start, { to: 2, method: euler, steps: 5 });
    expect(fixed.status).toBe('diverged');
    const slow = await solveOde((_, x) => mul(sub(x, 1), -1e6), start, { to: 5, maxSteps: 20, firstStep: 1e-7 });
    expect(['ok', 'maxSteps']).toContain(slow.status);
    const few = await solveOde(field, start, { to: 3, maxSteps: 2, tolerance: { relative: 1e-9 } });
    expect(few.status).toBe('maxSteps');
    expect(few.message).toMatch(/after 2 steps/);
  });

  test('refuses wrong options', async () => {
    await expect(solveOde(field, start, { to: 1, method: rungeKutta4 })).rejects.toThrow(/no error estimate/);
    await expect(solveOde(field, start, { to: 0 })).rejects.toThrow(/two finite times/);
    await expect(solveOde(field, start, { to: 1, saveAt: [0.5, 0.2] })).rejects.toThrow(/in the order/);
    await expect(solveOde(field, start, { to: 1, steps: 0 })).rejects.toThrow(/steps must be/);
    await expect(solveOde(field, start, { to: 1, firstStep: -1 })).rejects.toThrow(/firstStep/);
    await expect(solveOde(field, start, { to: 1, tolerance: { relative: 0, absolute: 0 } })).rejects.toThrow(
      /tolerances/,
    );
  });

  test('stops when it is told to, reports progress, and leaves nothing behind', async () => {
    const before = memory();
    const controller = new AbortController();
    const seen: number[] = [];
    const options = { to: 1, steps: 50, onProgress: ({ step }: { step: number }) => void seen.push(step) };
    await solveOde(field, start, options);
    expect(seen.at(-1)).toBe(1000);
    controller.abort();
    await expect(solveOde(field, start, { to: 1, signal: controller.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(memory()).toEqual(before);
  });

  test('takes trees', async () => {
    type Pair = { readonly x: Tensor; readonly y: Tensor };
    const rotation = (_: Tensor, { x, y }: Pair): Pair => ({ x: y, y: neg(x) });
    const { states } = await solveOde(rotation, { x: ones([2, 1]), y: mul(ones([2, 1]), 0) }, { to: Math.PI });
    expect(states.x.shape).toEqual([1, 2, 1]);
    expect(states.x.data[1]).toBeCloseTo(-1, 3);
  });
});
