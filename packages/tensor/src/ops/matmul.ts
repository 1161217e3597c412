import type { TensorType } from '../dtype.js';
import { ShapeError } from '../errors.js';
import { apply } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import { broadcastShapes, type Shape, sameShape, showShape, sizeOf } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { cast } from './cast.js';
import { broadcastTo, reshape } from './manipulation.js';
import { checkTensor } from './operands.js';

/** Which factors of a matrix product to transpose (swap their last two axes) on the way in. */
export interface MatMulOptions {
  /** Use the transpose of the first factor. */
  readonly transposeA?: boolean;
  /** Use the transpose of the second factor. */
  readonly transposeB?: boolean;
}

type MatMulAttributes = { readonly transposeA: boolean; readonly transposeB: boolean };

const rows = (shape: Shape, transposed: boolean): number => shape[shape.length - (transposed ? 1 : 2)] as number;
const columns = (shape: Shape, transposed: boolean): number => shape[shape.length - (transposed ? 2 : 1)] as number;

const matMulPrimitive: Primitive<MatMulAttributes> = {
  name: 'matMul',
  infer: (types, { transposeA, transposeB }) => {
    const [a, b] = types as readonly [TensorType, TensorType];
    return {
      shape: [...a.shape.slice(0, -2), rows(a.shape, transposeA), columns(b.shape, transposeB)],
      dtype: 'float32',
    };
  },
};

/**
 * The matrix product over the last two axes, $`C_{ij} = \sum_k A_{ik} B_{kj}`$; leading axes are batches and broadcast.
 * A bool factor stays bool: a backend may then add the rows that it picks instead of multiplying, so NaN and infinities in
 * rows that are not picked may or may not come through.
 *
 * @param a - Shape `[..., m, k]`.
 * @param b - Shape `[..., k, n]`.
 * @param options - Transpositions, which cost less than an explicit `transpose`.
 * @returns float32 of shape `[..., m, n]`.
 * @throws ShapeError when a factor has less than two axes or the inner lengths differ.
 */
export function matMul(a: Tensor, b: Tensor, options: MatMulOptions = {}): Tensor {
  checkTensor('matMul', a);
  checkTensor('matMul', b);
  const { transposeA = false, transposeB = false } = options;
  if (a.shape.length < 2 || b.shape.length < 2 || columns(a.shape, transposeA) !== rows(b.shape, transposeB))
    throw new ShapeError(
      `matMul: expected [..., m, k] and [..., k, n], got ${showShape(a.shape)}${transposeA ? ' transposed' : ''} and ${showShape(b.shape)}${transposeB ? ' transposed' : ''}. Reshape vectors to matrices and check the inner axis.`,
    );
  const x = a.dtype === 'int32' ? cast(a, 'float32') : a;
  const y = b.dtype === 'int32' || (a.dtype === 'bool' && b.dtype === 'bool') ? cast(b, 'float32') : b;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  if (sameShape(batchA, batchB)) return apply(matMulPrimitive, [x, y], { transposeA, transposeB });
  if (batchB.length === 0 && !transposeA) {
    const flat = reshape(x, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1) as number]);
    const product = apply(matMulPrimitive, [flat, y], { transposeA, transposeB });
    return reshape(product, [...a.shape.slice(0, -1), product.shape[1] as number]);
  }
  const batch = broadcastShapes('matMul', batchA, batchB);
  const spread = (t: Tensor): Tensor => broadcastTo(t, [...batch, ...t.shape.slice(-2)]);
  return apply(matMulPrimitive, [spread(x), spread(y)], { transposeA, transposeB });
}
