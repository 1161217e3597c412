import { type DType, promote } from '../dtype.js';
import { EbmError } from '../errors.js';
import type { Literal, Operand, TensorLike } from '../primitive.js';
import { isTensor, type Tensor } from '../tensor.js';
import { cast } from './cast.js';

/** Throws unless the value is a tensor or a number. */
export function checkOperand(where: string, value: unknown): void {
  if (typeof value !== 'number' && !isTensor(value))
    throw new EbmError(
      'argument',
      `${where}: expected a tensor or a number, got ${value === null ? 'null' : typeof value}. Make one with tensor(data).`,
    );
}

/** The dtype that a number takes beside a tensor: int32 keeps whole numbers, bool and float32 give float32. */
function literalType(value: number, beside: DType): DType {
  return beside === 'int32' && Number.isInteger(value) ? 'int32' : 'float32';
}

function literal(value: number, dtype: DType): Literal {
  return { literal: value, dtype };
}

/** Brings two operands of an arithmetic operation to the larger dtype, in the order bool, int32, float32. */
export function unify(where: string, a: TensorLike, b: TensorLike): readonly [Operand, Operand] {
  checkOperand(where, a);
  checkOperand(where, b);
  if (isTensor(a) && isTensor(b)) {
    if (a.dtype === b.dtype) return [a, b];
    const dtype = promote(a.dtype, b.dtype);
    return [cast(a, dtype), cast(b, dtype)];
  }
  if (isTensor(a)) {
    const dtype = literalType(b as number, a.dtype);
    return [cast(a, dtype), literal(b as number, dtype)];
  }
  if (isTensor(b)) {
    const dtype = literalType(a, b.dtype);
    return [literal(a, dtype), cast(b, dtype)];
  }
  return [literal(a, 'float32'), literal(b, 'float32')];
}

/** The operand as a tensor or literal of the given dtype. */
export function toDType(where: string, x: TensorLike, dtype: DType): Operand {
  checkOperand(where, x);
  return isTensor(x) ? cast(x, dtype) : literal(x, dtype);
}

/** The tensor itself, with bool made int32: what arithmetic that keeps integers takes. */
export function numeric(where: string, x: TensorLike): Operand {
  checkOperand(where, x);
  if (!isTensor(x)) return literal(x, 'float32');
  return x.dtype === 'bool' ? cast(x, 'int32') : x;
}

/** Throws unless the value is a tensor. */
export function checkTensor(where: string, value: unknown): asserts value is Tensor {
  if (!isTensor(value))
    throw new EbmError(
      'argument',
      `${where}: expected a tensor, got ${value === null ? 'null' : typeof value}. Make one with tensor(data).`,
    );
}
