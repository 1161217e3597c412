import {
  add,
  key,
  mapTree,
  mul,
  normal,
  readSync,
  reference,
  split,
  type Tensor,
  tensor,
  useBackend,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { welford } from './welford.js';

beforeAll(async () => {
  await useBackend(reference({ precision: 'float64' }));
});
afterAll(async () => {
  await useBackend(reference());
});

const [steps, chains, size] = [7, 5, 3];

/** Correlated draws far from 0, `[chains, size]` for each step. */
const batches = (): Tensor[] =>
  split(key(2), steps).map((k) => {
    const [a, b] = split(k, 2);
    return add(add(normal(a, [chains, size]), mul(normal(b, [chains, 1]), 2)), tensor([1e4, -3, 0]));
  });

/** Mean and covariance by two passes over plain numbers. */
function twoPass(rows: readonly (readonly number[])[]) {
  const mean = Array.from({ length: size }, (_, i) => rows.reduce((s, r) => s + (r[i] as number), 0) / rows.length);
  const covariance = mean.map((_, i) =>
    mean.map((_, j) => {
      const products = rows.map(
        (r) => ((r[i] as number) - (mean[i] as number)) * ((r[j] as number) - (mean[j] as number)),
      );
      return products.reduce((a, b) => a + b, 0) / (rows.length - 1);
    }),
  );
  return { mean, covariance };
}

const rowsOf = (x: Tensor): number[][] => {
  const numbers = Array.from(readSync(x));
  return Array.from({ length: chains }, (_, i) => numbers.slice(i * size, (i + 1) * size));
};
const expectNumbers = (x: Tensor, expected: readonly number[]): void => {
  const numbers = Array.from(readSync(x));
  expect(numbers.length).toBe(expected.length);
  numbers.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 7);
  });
};

describe.each(['diagonal', 'dense'] as const)('%s moments', (form) => {
  const moments = welford<Tensor>(form);
  const pick = (covariance: readonly (readonly number[])[]): number[] =>
    form === 'dense' ? covariance.flat() : covariance.map((row, i) => row[i] as number);

  test('equal those of two passes', () => {
    const seen = batches();
    const state = seen.reduce((s, x) => moments.update(s, x), moments.init(seen[0] as Tensor));
    const { mean, covariance } = twoPass(seen.flatMap(rowsOf));
    expectNumbers(state.count, [steps * chains]);
    expectNumbers(state.mean, mean);
    expectNumbers(moments.covariance(state), pick(covariance));
  });

  test('do not depend on how the batches are put together', () => {
    const seen = batches();
    const over = (part: Tensor[]) => part.reduce((s, x) => moments.update(s, x), moments.init(seen[0] as Tensor));
    const merged = moments.merge(over(seen.slice(0, 2)), over(seen.slice(2)));
    const covariance = moments.covariance(over(seen));
    expectNumbers(moments.covariance(merged), Array.from(readSync(covariance)));
    const none = moments.merge(moments.init(seen[0] as Tensor), over(seen));
    expectNumbers(moments.covariance(none), Array.from(readSync(covariance)));
  });

  test('are regularised as in Stan', () => {
    const seen = batches();
    const state = seen.reduce((s, x) => moments.update(s, x), moments.init(seen[0] as Tensor));
    const n = steps * chains;
    const { covariance } = twoPass(seen.flatMap(rowsOf));
    const expected = covariance.map((row, i) =>
      row.map((c, j) => (n / (n + 5)) * c + (i === j ? 1e-3 * (5 / (n + 5)) : 0)),
    );
    expectNumbers(moments.covariance(state, { regularise: true }), pick(expected));
  });
});

test('moments of a tree: variances in its structure, or one matrix over all of it', () => {
  const [a, b] = [normal(key(5), [chains, 2]), normal(key(6), [chains, 2, 2])];
  const position = { a, b };
  const variances = welford<typeof position>('diagonal');
  const byPart = variances.covariance(variances.update(variances.init(position), position));
  expect(mapTree((x) => x, byPart).b.shape).toEqual([2, 2]);
  const matrix = welford<typeof position>('dense');
  const whole = matrix.covariance(matrix.update(matrix.init(position), position));
  expect(whole.shape).toEqual([6, 6]);
  const numbers = readSync(whole);
  const diagonal = Array.from({ length: 6 }, (_, i) => numbers[i * 7] as number);
  expectNumbers(tensor(diagonal), [...readSync(byPart.a), ...readSync(byPart.b)]);
});

test('refuses forms that do not exist', () => {
  expect(() => welford('full' as 'dense')).toThrow(/form must be/);
});
