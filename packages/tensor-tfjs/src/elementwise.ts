import { choose } from './arithmetic.js';
import { onHost } from './host.js';
import { type Kernel, plainOperand } from './kernel.js';
import { log1p, softplus } from './logarithms.js';

/** A kernel of TensorFlow.js with one operand `x`. */
function unary(kernel: string): Kernel {
  return (device, [x]) => device.call(kernel, { x: plainOperand(device, x) });
}

/** −1, 0 or 1, and NaN for NaN. */
const sign: Kernel = (device, [input], _, output) => {
  const x = plainOperand(device, input);
  const result = device.call('Sign', { x });
  if (output.dtype !== 'float32') return result;
  return choose(device, device.call('NotEqual', { a: x, b: x }), x, result);
};

/** Elementwise primitives of one operand, as every backend but cpu runs them. */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  neg: unary('Neg'),
  abs: unary('Abs'),
  sign,
  floor: unary('Floor'),
  ceil: unary('Ceil'),
  round: unary('Round'),
  sqrt: unary('Sqrt'),
  rsqrt: unary('Rsqrt'),
  exp: unary('Exp'),
  expm1: unary('Expm1'),
  log: unary('Log'),
  log1p,
  sin: unary('Sin'),
  cos: unary('Cos'),
  tanh: unary('Tanh'),
  sigmoid: unary('Sigmoid'),
  softplus,
  erf: onHost('erf'),
  erfinv: onHost('erfinv'),
  isFinite: unary('IsFinite'),
  isNaN: unary('IsNan'),
  logicalNot: unary('LogicalNot'),
  stopGradient: (device, [x]) => device.call('Identity', { x: plainOperand(device, x) }),
};
