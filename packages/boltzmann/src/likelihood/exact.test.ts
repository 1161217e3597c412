import { grad, jit, logSumExp, mean, neg, readSync, reference, sub, sum, tensor, useBackend } from '@ebmkit/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { bits, jointEnergy, jointTable, smallMachine, tensorsFor } from '../../fixtures/small-machine.js';
import { bernoulli, enumerateStates, exactLogLikelihood, exactLogZ, rbm } from '../index.js';

const [V, H] = [6, 4];
const machine = rbm({ visible: bernoulli(V), hidden: bernoulli(H) });
const total = (numbers: readonly number[]) => numbers.reduce((s, x) => s + x, 0);

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-10): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(Math.abs((actual[i] as number) - x), `number ${i}`).toBeLessThan(tolerance);
  });
}

describe.each([1, 2, 3])('a 6-4 machine, number %i, against sums over all 2^10 states', (seed) => {
  const plain = smallMachine(seed);
  const { logZ, p } = jointTable(plain);
  const setup = () => ({
    params: tensorsFor(plain),
    visible: enumerateStates(bernoulli(V)),
    hidden: enumerateStates(bernoulli(H)),
  });

  it('free energy', () => {
    const { params, visible } = setup();
    expectClose(
      readSync(machine.freeEnergy(params, visible)),
      p.map((row) => -Math.log(total(row)) - logZ),
    );
  });

  it('energy of joint states', () => {
    const { params } = setup();
    const pairs = Array.from({ length: 1024 }, (_, i) => ({ v: bits(i % 64, V), h: bits(i >> 6, H) }));
    const state = {
      visible: tensor(
        pairs.map(({ v }) => v),
        undefined,
        'bool',
      ),
      hidden: tensor(pairs.map(({ h }) => h)),
    };
    expectClose(
      readSync(machine.jointEnergy(params, state)),
      pairs.map(({ v, h }) => jointEnergy(plain, v, h)),
    );
  });

  it('mean of each layer given the other', () => {
    const { params, visible, hidden } = setup();
    const up = p.flatMap((row) =>
      Array.from({ length: H }, (_, j) => total(row.filter((_, h) => (h >> j) & 1)) / total(row)),
    );
    expectClose(readSync(machine.hiddenMean(params, visible)), up);
    const columns = Array.from({ length: 2 ** H }, (_, h) => p.map((row) => row[h] as number));
    const down = columns.flatMap((column) =>
      Array.from({ length: V }, (_, i) => total(column.filter((_, v) => (v >> i) & 1)) / total(column)),
    );
    expectClose(readSync(machine.visibleMean(params, hidden)), down);
  });

  it('log Z from either side', async () => {
    const { params } = setup();
    expect(Math.abs((await exactLogZ(machine, params)) - logZ)).toBeLessThan(1e-10);
    expect(Math.abs((await exactLogZ(machine, params, { side: 'visible' })) - logZ)).toBeLessThan(1e-10);
    expect(Math.abs((await exactLogZ(machine, params, { side: 'hidden' })) - logZ)).toBeLessThan(1e-10);
  });

  it('log-likelihood of data', async () => {
    const { params } = setup();
    const rows = [3, 17, 17, 60];
    const logs = rows.map((v) => Math.log(total(p[v] as readonly number[])));
    const { mean: average, standardError } = await exactLogLikelihood(
      machine,
      params,
      Uint8Array.from(rows.flatMap((v) => bits(v, V))),
    );
    const m = total(logs) / 4;
    expect(average).toBeCloseTo(m, 10);
    expect(standardError).toBeCloseTo(Math.sqrt(total(logs.map((x) => (x - m) ** 2)) / 3 / 4), 10);
  });

  it('gradient of the free energy: minus the expected statistics given the visible state', () => {
    const { params } = setup();
    const v = 37;
    const row = p[v] as readonly number[];
    const on = bits(v, V);
    const hiddenOn = Array.from({ length: H }, (_, j) => total(row.filter((_, h) => (h >> j) & 1)) / total(row));
    for (const state of [tensor([on], undefined, 'bool'), tensor([on])]) {
      const slope = grad((q: typeof params) => sum(machine.freeEnergy(q, state)))(params);
      expectClose(
        readSync(slope.visibleBias),
        on.map((x) => -x),
      );
      expectClose(
        readSync(slope.hiddenBias),
        hiddenOn.map((x) => -x),
      );
      expectClose(
        readSync(slope.weight),
        on.flatMap((x) => hiddenOn.map((y) => -x * y)),
      );
    }
  });

  it('gradient of the log-likelihood: data minus model', () => {
    const { params, visible } = setup();
    const data = tensor([bits(5, V), bits(44, V)], undefined, 'bool');
    const slope = jit(
      grad((q: typeof params) => {
        const logZOf = logSumExp(neg(machine.freeEnergy(q, visible)));
        return sub(neg(mean(machine.freeEnergy(q, data))), logZOf);
      }),
    )(params);
    const hiddenOn = (v: number, j: number) => {
      const row = p[v] as readonly number[];
      return total(row.filter((_, h) => (h >> j) & 1)) / total(row);
    };
    const expected = Array.from({ length: V * H }, (_, k) => {
      const [i, j] = [Math.floor(k / H), k % H];
      const fromData = total([5, 44].map((v) => ((v >> i) & 1) * hiddenOn(v, j))) / 2;
      const fromModel = total(p.map((row, v) => total(row) * ((v >> i) & 1) * hiddenOn(v, j)));
      return fromData - fromModel;
    });
    expectClose(readSync(slope.weight), expected);
  });
});
