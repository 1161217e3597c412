import { type DType, isDType, type TensorType } from '../dtype.js';
import { EbmError } from '../errors.js';
import { apply } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import { isTensor, type Tensor } from '../tensor.js';

const castPrimitive: Primitive<{ readonly dtype: DType }> = {
  name: 'cast',
  infer: ([x], { dtype }) => ({ shape: (x as TensorType).shape, dtype }),
};

/**
 * Converts a tensor to another dtype. To `int32` truncates towards zero (values beyond int32, and NaN, give some integer); to `bool` is `x != 0`; from `bool` gives 0 and 1.
 * Float to float passes gradients on; conversions from or to integers stop them.
 *
 * @param x - Any tensor.
 * @param dtype - The wanted dtype.
 * @returns `x` itself when it has that dtype already.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (!isTensor(x))
    throw new EbmError('argument', `cast: expected a tensor, got ${typeof x}. Make one with tensor(data).`);
  if (!isDType(dtype)) throw new EbmError('dtype', `cast: dtype must be float32, int32 or bool, got ${String(dtype)}.`);
  return x.dtype === dtype ? x : apply(castPrimitive, [x], { dtype });
}
