import { add, mapTree, mul, type TensorLike, type Tree } from '@ebmkit/tensor';

/** The sum of two trees, tensor by tensor. */
export function plus<X extends Tree>(a: X, b: X): X {
  return mapTree((p, q) => add(p, q), a, b);
}

/** A tree times a number or a scalar. */
export function times<X extends Tree>(a: X, factor: TensorLike): X {
  return mapTree((p) => mul(p, factor), a);
}
