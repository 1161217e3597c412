import type { TensorType } from '../dtype.js';
import { apply } from '../interpreter.js';
import type { Primitive, TensorLike } from '../primitive.js';
import { broadcastShapes } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkOperand, toDType, unify } from './operands.js';

function broadcasting(name: string, dtype?: TensorType['dtype']): Primitive {
  return {
    name,
    infer: (types) => {
      const [a, b] = types as readonly [TensorType, TensorType];
      return { shape: broadcastShapes(name, a.shape, b.shape), dtype: dtype ?? a.dtype };
    },
  };
}

type Binary = (a: TensorLike, b: TensorLike) => Tensor;

/** Keeps int32 where both sides are integers; bool counts as int32. */
function arithmetic(name: string): Binary {
  const primitive = broadcasting(name);
  return (a, b) => {
    const [x, y] = unify(name, a, b);
    const isBool = [x, y].every((o) => 'dtype' in o && o.dtype === 'bool');
    return isBool ? apply(primitive, [toDType(name, a, 'int32'), toDType(name, b, 'int32')]) : apply(primitive, [x, y]);
  };
}

/** Always gives float32. */
function floating(name: string): Binary {
  const primitive = broadcasting(name);
  return (a, b) => apply(primitive, [toDType(name, a, 'float32'), toDType(name, b, 'float32')]);
}

function comparison(name: string): Binary {
  const primitive = broadcasting(name, 'bool');
  return (a, b) => apply(primitive, unify(name, a, b));
}

function logical(name: string): Binary {
  const primitive = broadcasting(name, 'bool');
  return (a, b) => apply(primitive, [toDType(name, a, 'bool'), toDType(name, b, 'bool')]);
}

/** Elementwise $`a + b`$, with broadcasting. */
export const add = /* @__PURE__ */ arithmetic('add');
/** Elementwise $`a - b`$, with broadcasting. */
export const sub = /* @__PURE__ */ arithmetic('sub');
/** Elementwise $`a b`$, with broadcasting. */
export const mul = /* @__PURE__ */ arithmetic('mul');
/** Elementwise $`a / b`$ in float32, with broadcasting. */
export const div = /* @__PURE__ */ floating('div');
/** Elementwise $`a^b`$ in float32, with broadcasting; NaN for a negative base with a fractional exponent. */
export const pow = /* @__PURE__ */ floating('pow');
/** Elementwise remainder with the sign of the divisor: $`a - b \lfloor a / b \rfloor`$. */
export const mod = /* @__PURE__ */ arithmetic('mod');
/** Elementwise smaller value; NaN if either is; at a tie each side gets half the derivative. */
export const minimum = /* @__PURE__ */ arithmetic('minimum');
/** Elementwise larger value; NaN if either is; at a tie each side gets half the derivative. */
export const maximum = /* @__PURE__ */ arithmetic('maximum');
/** Elementwise $`a = b`$. */
export const equal = /* @__PURE__ */ comparison('equal');
/** Elementwise $`a \ne b`$. */
export const notEqual = /* @__PURE__ */ comparison('notEqual');
/** Elementwise: is $`a`$ below $`b`$? */
export const less = /* @__PURE__ */ comparison('less');
/** Elementwise: is $`a`$ at most $`b`$? */
export const lessEqual = /* @__PURE__ */ comparison('lessEqual');
/** Elementwise: is $`a`$ above $`b`$? */
export const greater = /* @__PURE__ */ comparison('greater');
/** Elementwise: is $`a`$ at least $`b`$? */
export const greaterEqual = /* @__PURE__ */ comparison('greaterEqual');
/** Elementwise: are both true? */
export const logicalAnd = /* @__PURE__ */ logical('logicalAnd');
/** Elementwise: is either true? */
export const logicalOr = /* @__PURE__ */ logical('logicalOr');

const selectPrimitive: Primitive = {
  name: 'select',
  infer: (types) => {
    const [condition, a, b] = types as readonly [TensorType, TensorType, TensorType];
    return {
      shape: broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape)),
      dtype: a.dtype,
    };
  },
};

/**
 * Elementwise choice: `a` where the condition holds, else `b`. A NaN on the side that is not chosen does not come through,
 * neither in the value nor in the derivative of `where` itself.
 *
 * @param condition - A bool tensor (other dtypes: is it non-zero?).
 * @param a - Value where true.
 * @param b - Value where false.
 * @returns A tensor of the common broadcast shape.
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  checkOperand('where', condition);
  return apply(selectPrimitive, [toDType('where', condition, 'bool'), ...unify('where', a, b)]);
}
