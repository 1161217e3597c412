import {
  add,
  free,
  key,
  log,
  memory,
  mul,
  normal,
  readSync,
  reference,
  retire,
  square,
  squaredNorm,
  sub,
  sumEvent,
  type Tensor,
  tensor,
  useBackend,
  zeros,
} from '@ebmkit/tensor';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type AbortedMinimisation,
  type ContinuousEnergy,
  clamp,
  type DescentMethod,
  descent,
  doubleWell,
  gaussian,
  gradientDescent,
  lbfgs,
  minimise,
  nesterov,
} from '../index.js';

beforeAll(() => useBackend(reference({ precision: 'float64' })));
afterAll(() => useBackend(reference()));
let before = memory();
beforeEach(() => {
  before = memory();
});
afterEach(() => {
  expect(memory().tensors - before.tensors).toBeLessThan(16); // the starts and limits that tests make
});

/** A quadratic with the given curvatures around 1. */
const bowl = (...curvatures: number[]): ContinuousEnergy => ({
  energy: (x) => mul(sumEvent(mul(square(sub(x, 1)), tensor(curvatures))), 0.5),
});
const methods: [string, DescentMethod][] = [
  ['gradientDescent', gradientDescent()],
  ['gradientDescent with a step size', gradientDescent({ stepSize: 0.03 })],
  ['nesterov', nesterov()],
  ['nesterov with a step size', nesterov({ stepSize: 0.03 })],
  ['lbfgs', lbfgs()],
];
const distances = (x: ArrayLike<number>): number[] => Array.from(x, (v) => Math.abs(v - 1));

describe('rates of convergence', () => {
  test('gradient descent shrinks the error of a quadratic by (L - m) / (L + m) a step, to the digit', async () => {
    const [least, most] = [1, 9];
    const method = gradientDescent({ stepSize: 2 / (least + most) });
    for (const steps of [1, 7, 40]) {
      const { positions } = await minimise(bowl(least, most), tensor([[3, 0]]), {
        method,
        maxSteps: steps,
        gradientTolerance: 0,
      });
      const [a, b] = distances(positions.data) as [number, number];
      const share = ((most - least) / (most + least)) ** steps;
      expect(a).toBeCloseTo(2 * share, 12);
      expect(b).toBeCloseTo(share, 12);
    }
  });

  test('Nesterov stays below 2 L |x - x*|^2 / (k + 1)^2 and needs about the root of the steps of gradient descent', async () => {
    const curvatures = [1, 3, 10, 40, 100];
    const start = zeros([1, 5]);
    for (const steps of [5, 20, 60]) {
      const method = nesterov({ stepSize: 1e-2 });
      const { energies } = await minimise(bowl(...curvatures), start, { method, maxSteps: steps });
      expect(energies[0]).toBeLessThan((2 * 100 * 5) / (steps + 1) ** 2);
    }
    const stepsOf = async (method: DescentMethod): Promise<number> =>
      (await minimise(bowl(...curvatures), start, { method, maxSteps: 1e5 })).steps[0] as number;
    const plain = await stepsOf(gradientDescent({ stepSize: 1e-2 }));
    const fast = await stepsOf(nesterov({ stepSize: 1e-2 }));
    // Linear rates: log(1e4) L for gradient descent, a multiple of sqrt(L) for Nesterov with restarts.
    expect(plain / (100 * Math.log(1e4))).toBeGreaterThan(0.9);
    expect(plain / (100 * Math.log(1e4))).toBeLessThan(1.1);
    expect(fast).toBeLessThan(15 * Math.sqrt(100));
  });

  test('L-BFGS converges superlinearly: the shares of the error that steps leave go to 0', () => {
    const e: ContinuousEnergy = {
      energy: (x) => sumEvent(add(square(square(sub(x, 1))), mul(square(sub(x, 1)), tensor([1, 5])))),
    };
    const kernel = descent(e, { method: lbfgs(), gradientTolerance: 1e-12 });
    const start = tensor([[4, -1]]);
    let state = kernel.init(start);
    const errors: number[] = [];
    while (readSync(state.status)[0] === 0) {
      const next = kernel.step(undefined, state).state;
      retire(state, next);
      state = next;
      const error = Math.hypot(...distances(readSync(state.position)));
      if (error !== errors.at(-1)) errors.push(error);
    }
    free([state, start]);
    const shares = errors.slice(1).map((error, i) => error / (errors[i] as number));
    const late = shares.filter((_, i) => (errors[i + 1] as number) < 0.1 && (errors[i + 1] as number) > 1e-13);
    expect(late.length).toBeGreaterThan(2);
    expect(Math.min(...late)).toBeLessThan(0.01);
    expect(errors.length).toBeLessThan(25);
  });
});

describe('minimise', () => {
  test.each(methods)('%s: every start goes to its own minimum, alone or among others', async (_, method) => {
    const e = doubleWell({ barrierHeight: 1 });
    const starts = [[0.2], [-0.4], [1.7], [-1]];
    const together = await minimise(e, tensor(starts), { method });
    expect(together.status).toEqual(['converged', 'converged', 'converged', 'converged']);
    Array.from(together.positions.data).forEach((v, i) => {
      expect(Math.abs(v - ([1, -1, 1, -1][i] as number))).toBeLessThan(1e-4);
    });
    expect(together.steps[3]).toBe(0);
    expect(together.evaluations[3]).toBe(1);
    for (const [i, start] of starts.entries()) {
      const alone = await minimise(e, tensor([start]), { method, compile: false });
      expect(alone.positions.data[0]).toBe(together.positions.data[i]);
      expect(alone.evaluations[0]).toBe(together.evaluations[i]);
    }
  });

  test.each(methods)('%s: trees, with limits for parts of them', async (_, method) => {
    type Parts = { readonly a: Tensor; readonly b: readonly [Tensor] };
    const e: ContinuousEnergy<Parts> = {
      energy: ({ a, b: [b] }) => add(squaredNorm(sub(a, 3)), mul(squaredNorm(sub(b, tensor([-1, 2]))), 2)),
    };
    const start = { a: zeros([2]), b: [zeros([2, 2])] } as const;
    const lower = { a: 0, b: [tensor([0, -5])] } as const;
    const { positions, status } = await minimise(e, start, { method, lower, upper: 2 });
    expect(status).toEqual(['converged', 'converged']);
    expect(positions.a.shape).toEqual([2]);
    expect(Array.from(positions.a.data)).toEqual([2, 2]);
    Array.from(positions.b[0].data).forEach((v, i) => {
      expect(v).toBeCloseTo(i % 2 === 0 ? 0 : 2, 3);
    });
  });

  test.each(methods)('%s: what is clamped stays, and the rest goes to its conditional mode', async (_, method) => {
    const covariance = [
      [1.5, 0.8],
      [0.8, 0.6],
    ];
    const e = clamp(gaussian({ mean: [2, -1], covariance }), tensor([false, true]), 1);
    const { positions, status } = await minimise(e, normal(key(1), [3, 2]), { method, upper: 4.5 });
    expect(status).toEqual(['converged', 'converged', 'converged']);
    Array.from(positions.data).forEach((v, i) => {
      expect(v).toBeCloseTo(i % 2 === 1 ? 1 : Math.min(4.5, 2 + (0.8 / 0.6) * 2), 3);
    });
  });

  test.each(methods)('%s: a domain that ends is not left', async (name, method) => {
    const e: ContinuousEnergy = { energy: (x) => sumEvent(sub(x, log(x))) };
    const { positions, status } = await minimise(e, tensor([[5], [0.3]]), { method, maxSteps: 2000 });
    if (name.endsWith('size')) expect(status[0]).toBe('converged');
    else expect(status).toEqual(['converged', 'converged']);
    expect(positions.data[0]).toBeCloseTo(1, 3);
  });

  test('says how each search ended', async () => {
    const options = { maxSteps: 3, method: gradientDescent({ stepSize: 0.01 }) };
    const e: ContinuousEnergy = { energy: (x) => sumEvent(add(square(x), log(x))) };
    const found = await minimise(bowl(1), tensor([[1], [9]]), options);
    expect(found.status).toEqual(['converged', 'maxSteps']);
    expect(found.messages[1]).toMatch(/maxSteps steps were taken/);
    expect((await minimise(e, tensor([[-1]]))).status).toEqual(['diverged']);
    for (const [name, method] of methods) {
      const hill: ContinuousEnergy = { energy: (x) => mul(squaredNorm(x), -1) };
      expect([name, ...(await minimise(hill, tensor([[1e140, 2e140]]), { method, maxSteps: 4000 })).status]).toEqual([
        name,
        'diverged',
      ]);
    }
    const wrong: ContinuousEnergy = { ...bowl(1), gradient: (x) => sub(1, x) };
    expect((await minimise(wrong, tensor([[3]]))).status).toEqual(['stalled']);
    const loose = await minimise(bowl(1, 50), zeros([1, 2]), {
      energyTolerance: 1e-2,
      method: gradientDescent({ stepSize: 0.01 }),
    });
    expect(loose.status).toEqual(['converged']);
    expect(loose.gradientNorms[0]).toBeGreaterThan(0.01);
    expect((await minimise(bowl(1), tensor([[9]]), { maxSteps: 0 })).status).toEqual(['maxSteps']);
  });

  test.each(methods)('%s: a start beside its limit ends on it', async (_, method) => {
    const e: ContinuousEnergy = { energy: (x) => mul(sumEvent(mul(square(add(x, 1)), tensor([1, 9]))), 0.5) };
    const { positions, status } = await minimise(e, tensor([[4e-4, 2]]), { method, lower: 0 });
    expect(status).toEqual(['converged']);
    expect(Array.from(positions.data)).toEqual([0, 0]);
  });

  test('reports progress, and stops when it is told to', async () => {
    const seen: number[] = [];
    await minimise(bowl(1, 4), zeros([1, 2]), { onProgress: ({ step }) => seen.push(step) });
    expect(seen.at(-1)).toBeGreaterThan(0);
    const stop = new AbortController();
    const e: ContinuousEnergy = {
      energy: (x) => {
        stop.abort('enough');
        return bowl(1, 4).energy(x);
      },
    };
    const error = await minimise(e, zeros([1, 2]), { signal: stop.signal }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'aborted', cause: 'enough' });
    expect((error as AbortedMinimisation<Tensor>).minima).toMatchObject({
      status: ['aborted'],
      positions: { shape: [1, 2] },
    });
  });

  test.each([
    [
      () => minimise(bowl(1), zeros([1, 1]), { gradientTolerance: -1 }),
      /lbfgs: gradientTolerance must be a number of at least 0/,
    ],
    [
      () => minimise(bowl(1), zeros([1, 1]), { maxSteps: 1.5 }),
      /maxSteps must be a whole number of at least 0, got 1.5/,
    ],
    [() => minimise(bowl(1), zeros([1, 1]), { lower: 1, upper: tensor([0]) }), /expected lower to be at most upper/],
    [() => minimise(bowl(1), zeros([1, 1], 'int32')), /expected float32 tensors, got int32/],
    [
      () => minimise({ energy: (x) => x }, zeros([2, 1])),
      /expected the energy to give float32 \[2\], .* got float32 \[2, 1\]/,
    ],
    [
      () => minimise(bowl(1), zeros([1, 1]), { method: lbfgs({ memory: 0 }) }),
      /lbfgs: memory must be a whole number of at least 1/,
    ],
    [
      () => minimise(bowl(1), zeros([1, 1]), { method: nesterov({ stepSize: 0 }) }),
      /nesterov: stepSize must be a positive number, got 0/,
    ],
  ])('wrong arguments say what is right: %#', async (run, message) => {
    await expect(async () => run()).rejects.toThrow(message);
  });
});
