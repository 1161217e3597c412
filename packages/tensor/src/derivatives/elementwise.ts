import { div, equal, greater, less, mul, pow, sub, where } from '../ops/arithmetic.js';
import { square } from '../ops/composites.js';
import { cos, exp, floor, log, neg, sigmoid, sign, sin } from '../ops/elementwise.js';
import type { Derivative, DerivativeContext, TensorLike } from '../primitive.js';
import type { Tensor } from '../tensor.js';

/** A rule from the factor that multiplies the cotangent. */
function factor(f: (x: Tensor, output: Tensor) => Tensor): Derivative {
  return (cotangent, { inputs, output }) => mul(cotangent, f(inputs[0] as Tensor, output));
}

/** Shares the cotangent between the two sides of `minimum` and `maximum`: the chosen side gets it, a tie halves it. */
function chosenSide(chosen: (a: Tensor, b: Tensor) => Tensor): Derivative {
  return (cotangent, { inputs }, index) => {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    const mine = index === 0 ? chosen(a, b) : chosen(b, a);
    return mul(cotangent, where(mine, 1, where(equal(a, b), 0.5, 0)));
  };
}

/** With respect to the base: $`y x^{y-1}`$, and 0 where $`y = 0`$, also at $`x = 0`$. */
function powBase(cotangent: Tensor, x: TensorLike, y: TensorLike): Tensor {
  if (typeof y === 'number') return y === 0 ? mul(cotangent, 0) : mul(cotangent, mul(pow(x, y - 1), y));
  const isZero = equal(y, 0);
  return mul(cotangent, where(isZero, 0, mul(y, pow(x, sub(where(isZero, 1, y), 1)))));
}

/** With respect to the exponent: $`x^y \log x`$, and 0 where $`x = 0`$. */
function powExponent(cotangent: Tensor, x: TensorLike, output: Tensor): Tensor {
  if (typeof x === 'number') return mul(cotangent, x === 0 ? 0 : mul(output, Math.log(x)));
  const isZero = equal(x, 0);
  return mul(cotangent, where(isZero, 0, mul(output, log(where(isZero, 1, x)))));
}

function powRule(cotangent: Tensor, { inputs, output }: DerivativeContext, index: number): Tensor {
  const [x, y] = inputs as readonly [TensorLike, TensorLike];
  return index === 0 ? powBase(cotangent, x, y) : powExponent(cotangent, x, output);
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** Rules of elementwise operations of one operand. */
export const unaryDerivatives: Readonly<Record<string, Derivative>> = {
  neg: (cotangent) => neg(cotangent),
  abs: factor((x) => sign(x)),
  sqrt: (cotangent, { output }) => div(cotangent, mul(output, 2)),
  rsqrt: factor((x, y) => mul(div(y, x), -0.5)),
  exp: factor((_, y) => y),
  expm1: factor((x) => exp(x)),
  log: (cotangent, { inputs }) => div(cotangent, inputs[0] as Tensor),
  log1p: (cotangent, { inputs }) => div(cotangent, sub(inputs[0] as Tensor, -1)),
  sin: factor((x) => cos(x)),
  cos: factor((x) => neg(sin(x))),
  tanh: factor((_, y) => sub(1, square(y))),
  sigmoid: factor((x) => mul(sigmoid(x), sigmoid(neg(x)))),
  softplus: factor((x) => sigmoid(x)),
  erf: factor((x) => mul(exp(neg(square(x))), twoOverRootPi)),
  erfinv: factor((_, y) => mul(exp(square(y)), 1 / twoOverRootPi)),
  cast: (cotangent) => cotangent,
};

/** Rules of elementwise operations of several operands. */
export const arithmeticDerivatives: Readonly<Record<string, Derivative>> = {
  add: (cotangent) => cotangent,
  sub: (cotangent, _, index) => (index === 0 ? cotangent : neg(cotangent)),
  mul: (cotangent, { inputs }, index) => mul(cotangent, inputs[1 - index] as Tensor),
  div: (cotangent, { inputs, output }, index) => {
    const share = div(cotangent, inputs[1] as Tensor);
    return index === 0 ? share : neg(mul(share, output));
  },
  pow: powRule,
  mod: (cotangent, { inputs }, index) => {
    const [a, b] = inputs as readonly [Tensor, Tensor];
    return index === 0 ? cotangent : neg(mul(cotangent, floor(div(a, b))));
  },
  minimum: chosenSide(less),
  maximum: chosenSide(greater),
  select: (cotangent, { inputs }, index) => {
    const condition = inputs[0] as Tensor;
    return index === 1 ? where(condition, cotangent, 0) : where(condition, 0, cotangent);
  },
};
