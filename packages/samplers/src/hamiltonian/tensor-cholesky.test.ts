import {
  grad,
  key,
  matMul,
  normal,
  readSync,
  reference,
  reshape,
  sum,
  type Tensor,
  tensor,
  transpose,
  useBackend,
} from '@ebmkit/tensor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { choleskyOf, invertLower } from './positive-definite.js';
import { choleskyColumns, lowerTimes, pivotOf, solveLower, solveUpper } from './tensor-cholesky.js';

const [batch, size] = [3, 5];

describe('Cholesky factors in tensor ops', () => {
  beforeAll(() => useBackend(reference({ precision: 'float64' })));
  afterAll(() => useBackend(reference()));

  /** Positive definite matrices, [batch, size, size]. */
  const matrices = (): Tensor => {
    const b = normal(key(2), [batch, size, 2 * size]);
    return matMul(b, b, { transposeB: true });
  };
  const vectors = (): Tensor => normal(key(3), [batch, size]);
  const times = (a: Tensor, x: Tensor): Tensor => reshape(matMul(a, reshape(x, [batch, size, 1])), [batch, size]);
  const expectEqual = (a: Tensor, b: Tensor): void => {
    const expected = readSync(b);
    readSync(a).forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i] as number, 10);
    });
  };

  test('L Lᵀ z = A z', () => {
    const columns = choleskyColumns(matrices());
    const identity = lowerTimes(columns, solveLower(columns, vectors()));
    expectEqual(identity, vectors());
    const solution = solveUpper(columns, solveLower(columns, vectors()));
    expectEqual(times(matrices(), solution), vectors());
  });

  test('the columns are those of the factor in plain numbers', () => {
    const columns = choleskyColumns(matrices()).map((column) => readSync(column));
    const all = readSync(matrices());
    for (let n = 0; n < batch; n++) {
      const own = Float64Array.from(all.slice(n * size * size, (n + 1) * size * size));
      const lower = choleskyOf('test', 'A', own, size);
      for (let j = 0; j < size; j++)
        for (let i = j; i < size; i++)
          expect(columns[j]?.[n * (size - j) + i - j]).toBeCloseTo(lower[i * size + j] as number, 10);
      const inverse = matMul(tensor(lower, [size, size]), tensor(invertLower(lower, size), [size, size]));
      readSync(inverse).forEach((v, at) => {
        expect(v).toBeCloseTo(at % (size + 1) === 0 ? 1 : 0, 10);
      });
    }
  });

  test('the derivative of |L⁻¹ b|² = bᵀ A⁻¹ b is -x xᵀ with x = A⁻¹ b', () => {
    const b = vectors();
    const squares = grad((a: Tensor) => {
      const y = solveLower(choleskyColumns(a), b);
      return sum(reshape(matMul(reshape(y, [batch, 1, size]), reshape(y, [batch, size, 1])), [batch]));
    })(matrices());
    const columns = choleskyColumns(matrices());
    const x = solveUpper(columns, solveLower(columns, b));
    const outer = readSync(matMul(reshape(x, [batch, size, 1]), reshape(x, [batch, 1, size])));
    const both = readSync(squares);
    const mirrored = readSync(transpose(squares, [0, 2, 1]));
    both.forEach((v, i) => {
      expect((v + (mirrored[i] as number)) / 2).toBeCloseTo(-(outer[i] as number), 9);
    });
  });

  test('a matrix that is not positive definite gives NaN, and leaves the others alone', () => {
    const [bad, good] = [
      [
        [1, 2],
        [2, 1],
      ],
      [
        [4, 2],
        [2, 2],
      ],
    ];
    const pivots = choleskyColumns(tensor([bad, good] as number[][][])).map((column) => readSync(pivotOf(column)));
    expect(pivots[1]?.[0]).toBeNaN();
    expect([pivots[0]?.[1], pivots[1]?.[1]]).toEqual([2, 1]);
  });
});
