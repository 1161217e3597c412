import { free, matMul, readSync, tensor } from '@ebmkit/tensor';
import { normals } from '../inputs.js';
import { type Expectation, type Quality, workload } from '../workload.js';

/** The sizes of $`C = A B`$, and which factor is stored transposed. */
export type ProductSize = {
  /** Rows of the result. */
  readonly m: number;
  /** The inner length. */
  readonly k: number;
  /** Columns of the result. */
  readonly n: number;
  /** Which factor is stored transposed: `none`, `a` or `b`. */
  readonly transposed: string;
};

const shapeOf = (rows: number, columns: number, transposed: boolean): [number, number] =>
  transposed ? [columns, rows] : [rows, columns];

/** The sum of all elements, and that in which row i and column j have weight cos(i) cos(j): a wrong layout changes it. */
function sumsOf(c: ArrayLike<number>, n: number): Quality {
  let [plain, weighted] = [0, 0];
  for (let i = 0; i < c.length; i++) {
    plain += c[i] as number;
    weighted += (c[i] as number) * Math.cos(Math.floor(i / n)) * Math.cos(i % n);
  }
  return { sum: { mean: plain, error: 0 }, weightedSum: { mean: weighted, error: 0 } };
}

/** The same sums from the factors alone, in float64. */
function expectedSum(
  { m, k, n, transposed }: ProductSize,
  a: Float32Array,
  b: Float32Array,
  weight: (i: number) => number,
): Expectation {
  let mean = 0;
  for (let inner = 0; inner < k; inner++) {
    let [left, right] = [0, 0];
    for (let i = 0; i < m; i++) left += weight(i) * (a[transposed === 'a' ? inner * m + i : i * k + inner] as number);
    for (let j = 0; j < n; j++) right += weight(j) * (b[transposed === 'b' ? j * k + inner : inner * n + j] as number);
    mean += left * right;
  }
  return { mean, error: 1e-6 * Math.sqrt(m * n) * k };
}

/** Products of dense float32 matrices. */
export const matrixProduct = workload<ProductSize>({
  name: 'matrix-product',
  group: 'Loops that energy-based models consist of',
  title: 'Matrix product, float32',
  rows: [
    { size: '512x512x512', parameters: { m: 512, k: 512, n: 512, transposed: 'none' } },
    { size: '512x512x512 a transposed', parameters: { m: 512, k: 512, n: 512, transposed: 'a' } },
    { size: '512x512x512 b transposed', parameters: { m: 512, k: 512, n: 512, transposed: 'b' } },
    { size: '100x784x500', parameters: { m: 100, k: 784, n: 500, transposed: 'none' } },
    { size: '100x500x784 b transposed', parameters: { m: 100, k: 500, n: 784, transposed: 'b' } },
    { size: '784x100x500 a transposed', parameters: { m: 784, k: 100, n: 500, transposed: 'a' } },
  ],
  tiny: { m: 5, k: 7, n: 3, transposed: 'b' },
  peers: ['torch', 'numpy', 'jax', 'jax-js'],
  inputs: ({ m, k, n }) => ({ a: normals(51, m * k), b: normals(52, k * n) }),
  prepare: ({ m, k, n, transposed }, { a, b }) => {
    const left = tensor(a as Float32Array, shapeOf(m, k, transposed === 'a'));
    const right = tensor(b as Float32Array, shapeOf(k, n, transposed === 'b'));
    const product = () => matMul(left, right, { transposeA: transposed === 'a', transposeB: transposed === 'b' });
    return {
      run: () => free(product()),
      quality: () => {
        const result = product();
        const sums = sumsOf(readSync(result), n);
        free(result);
        return sums;
      },
      release: () => free([left, right]),
    };
  },
  demand: ({ m, k, n }) => ({ flops: 2 * m * k * n }),
  throughput: ({ m, k, n }) => ({ unit: 'GFLOP/s', perRun: (2 * m * k * n) / 1e9 }),
  expected: (size, { a, b }) => ({
    sum: expectedSum(size, a as Float32Array, b as Float32Array, () => 1),
    weightedSum: expectedSum(size, a as Float32Array, b as Float32Array, Math.cos),
  }),
});
