import {
  add,
  cast,
  div,
  equal,
  eye,
  greaterEqual,
  less,
  matMul,
  mul,
  neg,
  normal,
  range,
  reshape,
  type Shape,
  ShapeError,
  sizeOf,
  slice,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
  where,
} from '@ebmkit/tensor';
import { checkPositive, showShape } from '../checks.js';
import { scopedTree } from '../layer.js';
import type { Initialiser } from './initialiser.js';

/** The inverse of $`I - N`$ for a strictly upper triangular $`N`$: $`(I + N)(I + N^2)(I + N^4) \cdots`$, exact once the power is 0. */
function inverseOfUnitTriangular(n: Tensor): Tensor {
  const size = n.shape[0] as number;
  let power = n;
  let inverse = add(eye(size), n);
  for (let reach = 2; reach < size; reach *= 2) {
    power = matMul(power, power);
    inverse = add(inverse, matMul(inverse, power));
  }
  return inverse;
}

/**
 * Orthonormal columns, uniform over all of them, from a matrix of standard normal draws, at least as high as wide. Column $`j`$ from
 * its $`j`$-th row down is a Householder vector, which carries a random direction to an axis; the product of the reflections is
 * $`I - V T V^T`$ with $`T^{-1} = I + U`$, where $`U`$ is the part of $`V^T V`$ above its diagonal and columns of $`V`$ have length $`\sqrt 2`$.
 */
function orthonormalColumns(draws: Tensor): Tensor {
  const [height, width] = draws.shape as readonly [number, number];
  const [row, column] = [reshape(range(height), [height, 1]), range(width)];
  const onDiagonal = equal(row, column);
  const below = where(greaterEqual(row, column), draws, 0);
  const signs = where(less(sum(where(onDiagonal, below, 0), 0), 0), -1, 1);
  const lengths = sqrt(sum(square(below), 0));
  const reflected = add(below, where(onDiagonal, mul(signs, lengths), 0));
  const v = mul(reflected, sqrt(div(2, sum(square(reflected), 0))));
  const gram = matMul(v, v, { transposeA: true });
  const above = where(less(reshape(range(width), [width, 1]), column), gram, 0);
  const t = inverseOfUnitTriangular(neg(above));
  const first = slice(v, [0, 0], [width, width]);
  const reflections = matMul(v, matMul(t, first, { transposeB: true }));
  return mul(sub(cast(onDiagonal, 'float32'), reflections), signs);
}

/**
 * Weights with orthonormal columns (rows, where there are more columns), drawn uniformly from all such matrices, times a gain. Weights
 * with a window count as matrices `[height * width * channels, filters]`. Signals keep their length through a square one.
 *
 * Drawn as a product of Householder reflections along random directions, all at once: exact, by matrix products only, of the order of
 * rows × columns² operations.
 *
 * @param options - `gain`, above 0; 1 unless given.
 * @returns The initialiser, for shapes of at least two axes.
 * @throws EbmError when the gain is not above 0; the initialiser throws ShapeError for fewer than two axes.
 *
 * @example
 * ```ts
 * const layer = dense({ inputs: 128, outputs: 128, weight: orthogonal({ gain: Math.SQRT2 }) });
 * ```
 * @see Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014, https://arxiv.org/abs/1312.6120; Stewart, "The efficient generation of random orthogonal matrices", 1980, https://doi.org/10.1137/0717034
 */
export function orthogonal({ gain = 1 }: { readonly gain?: number } = {}): Initialiser {
  checkPositive('orthogonal', 'gain', gain);
  return (key, shape: Shape) => {
    if (shape.length < 2)
      throw new ShapeError(`orthogonal: expected a shape [..., inputs, outputs], got ${showShape(shape)}.`);
    const [rows, columns] = [sizeOf(shape.slice(0, -1)), shape.at(-1) as number];
    return scopedTree(() => {
      const tall = orthonormalColumns(normal(key, [Math.max(rows, columns), Math.min(rows, columns)]));
      return mul(reshape(rows < columns ? transpose(tall) : tall, shape), gain);
    });
  };
}
