import {
  grad,
  key,
  logSumExp,
  mean,
  memory,
  mul,
  neg,
  normal,
  type PlainTensor,
  readSync,
  reference,
  sub,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { wasm } from '@ebmkit/tensor-wasm';
import { beforeEach, describe, expect, it } from 'vitest';
import { bits, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import {
  bernoulli,
  count,
  enumerateStates,
  exactLogZ,
  exactRbmMoments,
  gaussian,
  rbm,
  softmax,
  spin,
} from '../index.js';

beforeEach(() => useBackend(reference({ precision: 'float64' })));

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs((actual[i] as number) - (expected[i] as number)), `number ${i}`).toBeLessThan(tolerance);
}

describe.each([
  { name: 'bits', units: bernoulli, value: (bit: number) => bit },
  { name: 'spins', units: spin, value: (bit: number) => 2 * bit - 1 },
])('exact moments of a 4-3 machine of $name', ({ units, value }) => {
  const [V, H] = [4, 3];
  const machine = rbm({ visible: units(V), hidden: units(H) });
  const plain = smallMachine(3, V, H);
  // Every joint state, by the definition, in plain numbers.
  const joint = Array.from({ length: 2 ** (V + H) }, (_, s) => {
    const x = bits(s, V + H).map(value);
    const [v, h] = [x.slice(0, V), x.slice(V)];
    const met = plain.weight.flatMap((row, i) => row.map((w, j) => w * (v[i] as number) * (h[j] as number)));
    const own = [...plain.visibleBias, ...plain.hiddenBias].map((b, i) => b * (x[i] as number));
    return { v, h, weight: Math.exp([...met, ...own].reduce((a, b) => a + b, 0)) };
  });
  const z = joint.reduce((sum, { weight }) => sum + weight, 0);
  const expected = (f: (state: (typeof joint)[number]) => number): number =>
    joint.reduce((sum, state) => sum + (f(state) * state.weight) / z, 0);

  it.each(['visible', 'hidden'] as const)('equal sums over all 2^7 states, listing the %s layer', async (side) => {
    const { logZ, visible, hidden, gradient } = await exactRbmMoments(machine, tensorsFor(plain), { side });
    const meanV = bits(0, V).map((_, i) => expected(({ v }) => v[i] as number));
    const meanH = bits(0, H).map((_, j) => expected(({ h }) => h[j] as number));
    const pairs = bits(0, V * H).map((_, k) =>
      expected(({ v, h }) => (v[Math.floor(k / H)] as number) * (h[k % H] as number)),
    );
    expect(logZ).toBeCloseTo(Math.log(z), 12);
    expectClose(visible.data, meanV, 1e-12);
    expectClose(hidden.data, meanH, 1e-12);
    expectClose(gradient.visibleBias.data, meanV, 1e-12);
    expectClose(gradient.hiddenBias.data, meanH, 1e-12);
    expectClose(gradient.weight.data, pairs, 1e-12);
    expect(gradient.weight.shape).toEqual([V, H]);
  });

  it('make the gradient of the mean log-likelihood with the data term', async () => {
    const params = tensorsFor(plain);
    const rows = tensor([bits(5, V).map(value), bits(12, V).map(value), bits(12, V).map(value)]);
    const all = enumerateStates(units(V));
    type P = typeof params;
    const wanted = grad((p: P) => sub(neg(mean(machine.energy(p, rows))), logSumExp(neg(machine.energy(p, all)))))(
      params,
    );
    const data = grad((p: P) => neg(mean(machine.energy(p, rows))))(params);
    const { gradient } = await exactRbmMoments(machine, params);
    for (const name of ['weight', 'visibleBias', 'hiddenBias'] as const) {
      const model = gradient[name].data;
      expectClose(
        Array.from(readSync(data[name]), (x, i) => x - (model[i] as number)),
        readSync(wanted[name]),
        1e-12,
      );
    }
  });
});

describe('exact moments', () => {
  it('have the slopes of exactLogZ on a 30-12 machine', async () => {
    const machine = rbm({ visible: bernoulli(30), hidden: bernoulli(12) });
    const { weight, visibleBias, hiddenBias } = tensorsFor(smallMachine(4, 30, 12));
    const params = { weight: mul(weight, 0.5), visibleBias, hiddenBias };
    const { logZ, gradient } = await exactRbmMoments(machine, params);
    expect(Math.abs(logZ - (await exactLogZ(machine, params)))).toBeLessThan(1e-10);
    const step = 1e-4;
    for (const [name, entry] of [
      ['weight', 0],
      ['weight', 177],
      ['weight', 359],
      ['visibleBias', 11],
      ['hiddenBias', 7],
    ] as const) {
      const moved = (by: number): Promise<number> => {
        const numbers = Float64Array.from(readSync(params[name]));
        numbers[entry] = (numbers[entry] as number) + by;
        return exactLogZ(machine, { ...params, [name]: tensor(numbers, params[name].shape) });
      };
      const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
      expectClose([gradient[name].data[entry] as number], [slope], 1e-7);
    }
  });

  it('come from any units: a group, real units with learned variances, counts', async () => {
    const machines = [
      rbm({ visible: softmax(3), hidden: spin(4) }),
      rbm({ visible: gaussian(3, { learnVariance: true }), hidden: bernoulli(4) }),
      rbm({ visible: count(3, { length: 5 }), hidden: bernoulli(4) }),
    ];
    for (const machine of machines) {
      const params = Object.fromEntries(
        Object.entries(machine.init(key(1))).map(([name, x], i) => [name, normal(key(i), x.shape)]),
      ) as never;
      const { logZ, gradient } = await exactRbmMoments(machine as never, params);
      expect(logZ).toBeCloseTo(await exactLogZ(machine as never, params), 10);
      for (const [name, x] of Object.entries<Tensor>(params)) {
        const slopes: number[] = [];
        for (let entry = 0; entry < readSync(x).length; entry++) {
          const moved = (by: number): Promise<number> => {
            const numbers = readSync(x).map((y, i) => (i === entry ? y + by : y));
            return exactLogZ(machine as never, { ...(params as object), [name]: tensor(numbers, x.shape) } as never);
          };
          slopes.push(((await moved(1e-4)) - (await moved(-1e-4))) / 2e-4);
        }
        expectClose((gradient as unknown as Readonly<Record<string, PlainTensor>>)[name]?.data as never, slopes, 1e-6);
      }
    }
  });

  it('are put together from batches in bounded memory, with progress and an end on request', async () => {
    await useBackend(wasm({ threads: 1 }));
    const [V, H] = [300, 12];
    const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
    const small = smallMachine(6, V, H);
    const { weight, visibleBias, hiddenBias } = tensorsFor(small);
    const params = { weight: mul(weight, 0.1), visibleBias, hiddenBias };
    const before = memory().tensors;
    const shares: number[] = [];
    const { logZ, visible, hidden, gradient } = await exactRbmMoments(machine, params, {
      onProgress: (done) => shares.push(done),
    });
    expect(memory().tensors).toBe(before);
    expect(shares.length).toBeGreaterThan(1);
    expect(shares.at(-1)).toBe(1);
    expect(Math.abs(logZ - (await exactLogZ(machine, params)))).toBeLessThan(1e-3);
    const step = 2 ** -6;
    for (const [name, entry] of [
      ['weight', 1234],
      ['visibleBias', 11],
      ['hiddenBias', 7],
    ] as const) {
      const moved = (by: number): Promise<number> => {
        const numbers = readSync(params[name]).map((x, i) => (i === entry ? x + by : x));
        return exactLogZ(machine, { ...params, [name]: tensor(numbers, params[name].shape) });
      };
      const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
      expectClose([gradient[name].data[entry] as number], [slope], 1e-4);
    }
    expectClose(visible.data, gradient.visibleBias.data, 1e-5);
    expectClose(hidden.data, gradient.hiddenBias.data, 1e-5);
    await expect(exactRbmMoments(machine, params, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
      message: 'exactRbmMoments: aborted when 0 % of the states were done.',
    });
  });

  it('are NaN where a parameter is, and refuse machines without a small layer', async () => {
    const machine = rbm({ visible: bernoulli(4), hidden: bernoulli(3) });
    const params = { ...tensorsFor(smallMachine(1, 4, 3)), hiddenBias: tensor([0, Number.NaN, 0]) };
    const { logZ, visible, gradient } = await exactRbmMoments(machine, params);
    expect(logZ).toBeNaN();
    expect([...visible.data, ...gradient.weight.data].every(Number.isNaN)).toBe(true);
    const large = rbm({ visible: bernoulli(30), hidden: bernoulli(25) });
    await expect(exactRbmMoments(large, large.init(key(1)))).rejects.toThrow(
      'exactRbmMoments: the smaller layer must have at most 2^24 states (24 binary units), got 25 bernoulli units. Estimate moments from fantasies instead.',
    );
  });
});
