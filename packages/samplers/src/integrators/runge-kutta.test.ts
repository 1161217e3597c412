import { cos, mul, neg, readSync, reference, square, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RungeKutta, rungeKuttaStep } from './runge-kutta.js';
import { bosh3, dopri5, dopri8, euler, heun, rungeKutta4 } from './runge-kutta-methods.js';

const methods = { euler, heun, bosh3, rungeKutta4, dopri5, dopri8 };

/** $`\dot x = -x^2 \cos t`$ from 1: $`x = 1 / (1 + \sin t)`$. */
const field = (time: Tensor, x: Tensor): Tensor => neg(mul(square(x), cos(time)));
const exact = (time: number): number => 1 / (1 + Math.sin(time));

/** The error at time 2 after so many equal steps. */
function errorAfter(method: RungeKutta, steps: number): number {
  const h = 2 / steps;
  let x = tensor([[1]]);
  let velocity = field(tensor(0), x);
  for (let i = 0; i < steps; i++) ({ x, velocity } = rungeKuttaStep(method, field, tensor(i * h), x, velocity, h));
  return Math.abs((readSync(x)[0] as number) - exact(2));
}

/** The method whose steps are those of the embedded one. */
function embedded(method: RungeKutta): RungeKutta {
  const weights = method.weights.map((b, i) => b - (method.errorWeights?.[i] ?? 0));
  const beyond = method.errorWeights?.[method.weights.length];
  expect(beyond).toBeUndefined();
  return {
    name: method.name,
    order: method.embeddedOrder as number,
    nodes: method.nodes,
    stages: method.stages,
    weights,
  };
}

beforeAll(() => useBackend(reference({ precision: 'float64' })));
afterAll(() => useBackend(reference()));

describe.each(Object.values(methods))('$name', (method) => {
  test('its tableau is consistent', () => {
    expect(method.weights.length).toBe(method.nodes.length);
    expect(method.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 14);
    method.stages.forEach((row, i) => {
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(method.nodes[i + 1] as number, 14);
    });
    if (method.errorWeights) expect(method.errorWeights.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 14);
  });

  test('its error falls as the step size to its order', () => {
    const steps = method.order > 6 ? [4, 8] : [32, 64];
    const [coarse, fine] = steps.map((n) => errorAfter(method, n)) as [number, number];
    expect(Math.log2(coarse / fine)).toBeGreaterThan(method.order - 0.35);
    expect(Math.log2(coarse / fine)).toBeLessThan(method.order + 1.2);
  });
});

test.each([heun, bosh3, dopri5, dopri8])('the error of the method within $name falls as it should', (method) => {
  const lower = embedded(method);
  const steps = method.order > 6 ? [8, 16] : [32, 64];
  const [coarse, fine] = steps.map((n) => errorAfter(lower, n)) as [number, number];
  expect(Math.log2(coarse / fine)).toBeGreaterThan(lower.order - 0.35);
  expect(Math.log2(coarse / fine)).toBeLessThan(lower.order + 1.2);
});

test('a tree, a time that goes back, and a step size that is a tensor', () => {
  type Pair = { readonly x: Tensor; readonly y: Tensor };
  const rotation = (_: Tensor, { x, y }: Pair): Pair => ({ x: y, y: neg(x) });
  const start: Pair = { x: tensor([1, 0]), y: tensor([0, 2]) };
  const there = rungeKuttaStep(dopri8, rotation, tensor(0), start, rotation(tensor(0), start), tensor(0.3));
  expect(readSync(there.x.x)[0]).toBeCloseTo(Math.cos(0.3), 12);
  expect(readSync(there.x.y)[1]).toBeCloseTo(2 * Math.cos(0.3), 12);
  const back = rungeKuttaStep(dopri8, rotation, tensor(0.3), there.x, there.velocity, -0.3);
  expect(readSync(back.x.x)[0]).toBeCloseTo(1, 12);
});
