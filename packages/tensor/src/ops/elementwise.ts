import type { TensorType } from '../dtype.js';
import { apply } from '../interpreter.js';
import type { Primitive, TensorLike } from '../primitive.js';
import type { Tensor } from '../tensor.js';
import { mapTree } from '../tree.js';
import { numeric, toDType } from './operands.js';

const sameType = (name: string): Primitive => ({
  name,
  infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: (x as TensorType).dtype }),
});
const toBool = (name: string): Primitive => ({
  name,
  infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: 'bool' }),
});

/** An operation on floats; other dtypes are cast to float32 first. */
function floating(name: string): (x: TensorLike) => Tensor {
  const primitive = sameType(name);
  return (x) => apply(primitive, [toDType(name, x, 'float32')]);
}

/** An operation that keeps int32; bool is cast to int32 first. */
function integral(name: string): (x: TensorLike) => Tensor {
  const primitive = sameType(name);
  return (x) => apply(primitive, [numeric(name, x)]);
}

function predicate(name: string): (x: TensorLike) => Tensor {
  const primitive = toBool(name);
  return (x) => apply(primitive, [toDType(name, x, 'float32')]);
}

/** Elementwise $`-x`$. */
export const neg = /* @__PURE__ */ integral('neg');
/** Elementwise $`|x|`$; the derivative at 0 is 0. */
export const abs = /* @__PURE__ */ integral('abs');
/** Elementwise sign: −1, 0 or 1; NaN stays NaN. Its derivative is 0. */
export const sign = /* @__PURE__ */ integral('sign');
/** Elementwise largest whole number that is not above $`x`$. Its derivative is 0. */
export const floor = /* @__PURE__ */ floating('floor');
/** Elementwise smallest whole number that is not below $`x`$. Its derivative is 0. */
export const ceil = /* @__PURE__ */ floating('ceil');
/** Elementwise nearest whole number, halves to even. Its derivative is 0. */
export const round = /* @__PURE__ */ floating('round');
/** Elementwise square root; NaN below 0. */
export const sqrt = /* @__PURE__ */ floating('sqrt');
/** Elementwise $`x^{-1/2}`$. */
export const rsqrt = /* @__PURE__ */ floating('rsqrt');
/** Elementwise $`e^x`$. */
export const exp = /* @__PURE__ */ floating('exp');
/** Elementwise $`e^x - 1`$, accurate near 0. */
export const expm1 = /* @__PURE__ */ floating('expm1');
/** Elementwise natural logarithm; −Infinity at 0, NaN below. */
export const log = /* @__PURE__ */ floating('log');
/** Elementwise $`\log(1 + x)`$, accurate near 0. */
export const log1p = /* @__PURE__ */ floating('log1p');
/** Elementwise sine, in radians. */
export const sin = /* @__PURE__ */ floating('sin');
/** Elementwise cosine, in radians. */
export const cos = /* @__PURE__ */ floating('cos');
/** Elementwise hyperbolic tangent. */
export const tanh = /* @__PURE__ */ floating('tanh');
/** Elementwise logistic function $`1 / (1 + e^{-x})`$. */
export const sigmoid = /* @__PURE__ */ floating('sigmoid');
/** Elementwise $`\log(1 + e^x)`$, without overflow: finite for every finite $`x`$. */
export const softplus = /* @__PURE__ */ floating('softplus');
/** Elementwise error function $`2 \pi^{-1/2} \int_0^x e^{-t^2} dt`$. */
export const erf = /* @__PURE__ */ floating('erf');
/** Elementwise inverse of `erf`; ±Infinity at ±1, NaN outside. */
export const erfinv = /* @__PURE__ */ floating('erfinv');
/** Elementwise: is it neither infinite nor NaN? */
export const isFinite = /* @__PURE__ */ predicate('isFinite');
/** Elementwise: is it NaN? */
export const isNaN = /* @__PURE__ */ predicate('isNaN');

const notPrimitive = /* @__PURE__ */ toBool('logicalNot');
/** Elementwise logical not of a bool tensor (other dtypes: is it zero?). */
export function logicalNot(x: TensorLike): Tensor {
  return apply(notPrimitive, [toDType('logicalNot', x, 'bool')]);
}

const stop = /* @__PURE__ */ sameType('stopGradient');
/**
 * The same numbers, through which no derivative passes.
 *
 * @param tree - A tensor, or any tree of tensors.
 * @returns The same tree with tensors that count as constants.
 */
export function stopGradient<T>(tree: T): T {
  return mapTree((x) => apply(stop, [x]), tree);
}
