import type { ContinuousEnergy } from '@ebmkit/energy';
import { matMul, mul, square, sumEvent, type Tensor, tensor } from '@ebmkit/tensor';

/** The correlation of neighbours in the Gaussian target. */
const correlation = 0.9;

/** A Gaussian whose covariances are $`0.9^{|i-j|}`$, as the square of a product with the inverse of its Cholesky factor. */
export function correlatedGaussian(size: number): ContinuousEnergy {
  const innovation = 1 / Math.sqrt(1 - correlation ** 2);
  const whitening = Float32Array.from({ length: size * size }, (_, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    if (row === column) return row === 0 ? 1 : innovation;
    return row === column + 1 ? -correlation * innovation : 0;
  });
  return {
    energy: (x: Tensor) => mul(sumEvent(square(matMul(x, tensor(whitening, [size, size]), { transposeB: true }))), 0.5),
  };
}
