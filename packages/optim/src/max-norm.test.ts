import { jit, memory, readSync, reference, type Tensor, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyUpdates, chain, maxNorm, sgd } from './index.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

type Params = { readonly weight: Tensor; readonly bias: Tensor };
// Two units with two inputs each: after a step of −1 times the gradient their weights are (3, 4) and (0.6, 0.8).
const params = (): Params => ({
  weight: tensor([
    [2, 0.6],
    [4, 0.3],
  ]),
  bias: tensor([5, -7]),
});
const gradients = (): Params => ({
  weight: tensor([
    [-1, 0],
    [0, -0.5],
  ]),
  bias: tensor([-1, 1]),
});
const moved = (options: Parameters<typeof maxNorm>[0]) => {
  const optimiser = chain(sgd<Params>({ learningRate: 1 }), maxNorm(options));
  const from = params();
  const { updates } = optimiser.update(gradients(), optimiser.init(from), from);
  const { weight, bias } = applyUpdates(from, updates);
  return { weight: [...readSync(weight)], bias: [...readSync(bias)] };
};
const expectNumbers = (actual: readonly number[], expected: readonly number[]) => {
  expected.forEach((x, i) => {
    expect(actual[i]).toBeCloseTo(x, 12);
  });
};

describe('maxNorm', () => {
  it('scales back the weights of units that a step takes out of the ball, and no others', () => {
    const { weight, bias } = moved({ limit: 2 });
    expectNumbers(weight, [1.2, 0.6, 1.6, 0.8]);
    expectNumbers(bias, [6, -8]);
  });

  it('takes the norm along the axis that it is told, of the parameters that it is told', () => {
    // The rows after the step are (3, 0.6) and (4, 0.8), of which both are too long.
    const [first, second] = [Math.hypot(3, 0.6), Math.hypot(4, 0.8)];
    expectNumbers(moved({ limit: 2, axis: 1 }).weight, [6 / first, 1.2 / first, 8 / second, 1.6 / second]);
    const onlyBias = moved({ limit: 5, include: (path) => path === 'bias' });
    expectNumbers(onlyBias.weight, [3, 0.6, 4, 0.8]);
    expectNumbers(onlyBias.bias, [3, -4]);
  });

  it('leaves weights of 0 alone and lets NaN through', () => {
    const project = maxNorm<Tensor>({ limit: 1 });
    const step = (from: number[][], by: number[][]) => [
      ...readSync(project.update(tensor(by), null, tensor(from)).updates as Tensor),
    ];
    expect(step([[0, 0]], [[0, 0]])).toEqual([0, 0]);
    expect(step([[0, 0.5]], [[Number.NaN, 0.1]])).toEqual([Number.NaN, expect.closeTo(0.1, 12)]);
  });

  it('is the same when compiled, and leaves no tensor behind', () => {
    const project = maxNorm<Tensor>({ limit: 1 });
    const [from, by] = [tensor([[3, 0.1]]), tensor([[1, 0.1]])];
    const before = memory().tensors;
    const { updates } = project.update(by, null, from);
    expect(memory().tensors).toBe(before + 1);
    const compiled = jit((a: Tensor, b: Tensor) => project.update(a, null, b).updates as Tensor);
    expect([...readSync(compiled(by, from))]).toEqual([...readSync(updates as Tensor)]);
  });

  it('refuses settings that mean nothing', () => {
    expect(() => maxNorm({ limit: 0 })).toThrow('maxNorm: limit must be a finite number above 0, got 0.');
    expect(() => maxNorm({ limit: 1, axis: -1 })).toThrow(
      'maxNorm: axis must be a whole number of at least 0, got -1.',
    );
  });
});
