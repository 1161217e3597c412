import type { TensorType } from '../dtype.js';
import { apply } from '../interpreter.js';
import type { Primitive } from '../primitive.js';
import type { Tensor } from '../tensor.js';
import { add, mul, sub } from './arithmetic.js';
import { cast } from './cast.js';
import { neg, sigmoid } from './elementwise.js';
import { checkTensor } from './operands.js';

/** An operation of one tensor that knows its slope as one expression: recorded whole, so that going back needs that slope alone. */
function withSlope(name: string, value: (x: Tensor) => Tensor, slope: (x: Tensor) => Tensor): (x: Tensor) => Tensor {
  const primitive: Primitive = {
    name,
    infer: ([x]) => ({ shape: (x as TensorType).shape, dtype: 'float32' }),
    fallback: ([x]) => value(x as Tensor),
    derivative: (cotangent, { inputs }) => mul(cotangent, slope(inputs[0] as Tensor)),
  };
  return (x) => apply(primitive, [x], {});
}

/** The second derivative: $`\sigma(x) \sigma(-x) (2 + x (\sigma(-x) - \sigma(x)))`$. */
function curvature(x: Tensor): Tensor {
  const [share, rest] = [sigmoid(x), sigmoid(neg(x))];
  return mul(mul(share, rest), add(mul(x, sub(rest, share)), 2));
}

/** The first derivative: $`\sigma(x) (1 + x \sigma(-x))`$. */
const slope = /* @__PURE__ */ withSlope(
  'siluSlope',
  (x) => mul(sigmoid(x), add(mul(x, sigmoid(neg(x))), 1)),
  curvature,
);

const whole = /* @__PURE__ */ withSlope('silu', (x) => mul(x, sigmoid(x)), slope);

/** Elementwise $`x / (1 + e^{-x})`$, also called swish. */
export function silu(x: Tensor): Tensor {
  checkTensor('silu', x);
  return whole(cast(x, 'float32'));
}
